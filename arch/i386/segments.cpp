#include "arch/i386/segments.hpp"

#include <cpu/layout.hpp>
#include <cpu/percpu.hpp>
#include "arch/i386/control.hpp"

extern "C" char __per_cpu_start[], __per_cpu_area0[];

uintptr_t __per_cpu_offset[NR_CPUS];
DEFINE_PER_CPU(uintptr_t, this_cpu_offset) = {};

// The linker puts it behind CPU 0's copy of the template.
[[gnu::used, gnu::section(".bss.percpu_dynamic")]] alignas(64)
char per_cpu_dynamic_area0[PERCPU_DYNAMIC_SIZE];

namespace {

alignas(8) segment_descriptor gdt[GDT_ENTRIES];
task_state main_task;
task_state double_fault_task;
alignas(16) char double_fault_stack[4096];

struct [[gnu::packed]] table_pointer {
    u16 limit;
    u32 base;
};

// CPU 0's variables start as a copy of the template.
void per_cpu_area_init() {
    if (__per_cpu_offset[0] != 0) return;
    const size_t size = static_cast<size_t>(__per_cpu_end - __per_cpu_start);
    for (size_t i = 0; i < size; ++i) __per_cpu_area0[i] = __per_cpu_start[i];
    __per_cpu_offset[0] = static_cast<uintptr_t>(__per_cpu_area0 - __per_cpu_start);
    per_cpu(this_cpu_offset, 0) = __per_cpu_offset[0];
}

u32 linear(const void* pointer, u32 base) { return reinterpret_cast<u32>(pointer) + base; }

}  // namespace

void segments_init(u32 base) {
    per_cpu_area_init();
    gdt[KERNEL_CS / 8] = segment_descriptor::code(base, 0);
    gdt[KERNEL_DS / 8] = segment_descriptor::data(base, 0);
    gdt[USER_CS / 8] = segment_descriptor::code(0, 3);
    gdt[USER_DS / 8] = segment_descriptor::data(0, 3);
    gdt[PERCPU_SELECTOR / 8] = segment_descriptor::data(base + __per_cpu_offset[0], 0);

    const table_pointer pointer = {sizeof(gdt) - 1, linear(gdt, base)};
    asm volatile(
        "lgdt %0\n\t"
        "ljmp %1, $1f\n"
        "1:\n\t"
        "movl %2, %%ds\n\t"
        "movl %2, %%es\n\t"
        "movl %2, %%ss\n\t"
        "movl %3, %%fs\n\t"
        "movl %4, %%gs"
        ::"m"(pointer), "i"(KERNEL_CS), "r"(u32{KERNEL_DS}), "r"(u32{PERCPU_SELECTOR}),
        "r"(0u)
        : "memory");
}

void task_states_init(u32 esp0, void (*double_fault_handler)()) {
    main_task.ss0 = KERNEL_DS;
    main_task.esp0 = esp0;
    main_task.io_map = sizeof(task_state);  // no port is user's
    gdt[TSS_SELECTOR / 8] = segment_descriptor::tss(linear(&main_task, 0));

    double_fault_task.cr3 = read_cr3();
    double_fault_task.eip = reinterpret_cast<u32>(double_fault_handler);
    double_fault_task.eflags = 2;
    double_fault_task.esp = reinterpret_cast<u32>(double_fault_stack + sizeof(double_fault_stack));
    double_fault_task.cs = KERNEL_CS;
    double_fault_task.ss = double_fault_task.ds = double_fault_task.es = KERNEL_DS;
    double_fault_task.fs = PERCPU_SELECTOR;
    double_fault_task.io_map = sizeof(task_state);
    gdt[DOUBLE_FAULT_TSS_SELECTOR / 8] = segment_descriptor::tss(linear(&double_fault_task, 0));

    asm volatile("ltr %0" ::"r"(TSS_SELECTOR));
}

void set_gdt_entry(unsigned index, segment_descriptor descriptor) { gdt[index] = descriptor; }
segment_descriptor gdt_entry(unsigned index) {
    return index < GDT_ENTRIES ? gdt[index] : segment_descriptor();
}
task_state& this_cpu_task_state() { return main_task; }
task_state& double_fault_task_state() { return double_fault_task; }
