#include "arch/i386/traps.hpp"

#include <cpu/io.hpp>
#include <cpu/percpu.hpp>
#include "arch/i386/control.hpp"
#include "arch/i386/extable.hpp"
#include "arch/i386/irq.hpp"
#include "arch/i386/restart.hpp"
#include "arch/i386/segments.hpp"
#include "arch/i386/thread.hpp"
#include "lib/log.hpp"
#include "lib/sync/preempt.hpp"

extern "C" const u32 trap_stubs[IRQ_VECTOR_BASE + IRQ_VECTORS];
extern "C" const u32 spurious_stub_address;
extern "C" void double_fault_entry();
extern "C" void system_call_entry();

DEFINE_PER_CPU(trap_frame*, innermost_trap) = {};

namespace {

struct gate {
    u16 offset_low;
    u16 selector;
    u16 access;
    u16 offset_high;
};
static_assert(sizeof(gate) == 8);

constexpr u16 interrupt_gate = 0x8e00;  // present, ring 0, 32 bits, interrupts off
constexpr u16 trap_gate = 0x8f00;       // likewise, interrupts as they were
constexpr u16 user_trap_gate = 0xef00;  // ring 3 may raise it by an instruction
constexpr u16 task_gate = 0x8500;

alignas(8) gate idt[256];

trap_observer observer;
page_fault_handler resolves_page_faults = [](trap_frame&, u32) { return false; };
DEFINE_PER_CPU(u32, nmis_unreported) = {};

void set_gate(unsigned vector, u32 handler, u16 access) {
    idt[vector] = {static_cast<u16>(handler), KERNEL_CS, access,
                   static_cast<u16>(handler >> 16)};
}

// An NMI is the hardware's complaint, not a bug of ours. It comes whatever lock is
// held, so it is only counted; the next ordinary interrupt tells of it.
void report_nmi() {
    if (this_cpu_read(nmis_unreported) == 0) return;
    this_cpu_write(nmis_unreported, 0);
    pr_emerg("non-maskable interrupt: the hardware reports a fault (port 0x61: {:#04x})",
             inb(0x61));
}

constexpr std::string_view names[32] = {
    "divide error",
    "debug exception",
    "non-maskable interrupt",
    "breakpoint",
    "overflow",
    "bound range exceeded",
    "invalid opcode",
    "device not available",
    "double fault",
    "coprocessor segment overrun",
    "invalid TSS",
    "segment not present",
    "stack-segment fault",
    "general protection fault",
    "page fault",
    "reserved exception 15",
    "x87 floating-point exception",
    "alignment check",
    "machine check",
    "SIMD floating-point exception",
    "virtualization exception",
    "control protection exception",
    "reserved exception 22",
    "reserved exception 23",
    "reserved exception 24",
    "reserved exception 25",
    "reserved exception 26",
    "reserved exception 27",
    "hypervisor injection exception",
    "VMM communication exception",
    "security exception",
    "reserved exception 31",
};

}  // namespace

std::string_view trap_name(unsigned vector) {
    if (vector < 32) return names[vector];
    return vector == SPURIOUS_VECTOR ? "spurious interrupt" : "interrupt";
}

bool trap_has_error_code(unsigned vector) {
    return vector < 32 && (0x60227d00u >> vector & 1);
}

void traps_init(u32 base) {
    for (unsigned vector = 0; vector < IRQ_VECTOR_BASE + IRQ_VECTORS; ++vector) {
        const bool by_user = vector == TRAP_BREAKPOINT || vector == TRAP_OVERFLOW;
        // A page fault's handler reads CR2 before another fault can change it; an
        // NMI and a debug trap may hit anywhere.
        const bool irqs_off = vector >= IRQ_VECTOR_BASE || vector == TRAP_PAGE_FAULT ||
                              vector == TRAP_NMI || vector == TRAP_DEBUG;
        set_gate(vector, trap_stubs[vector],
                 by_user ? user_trap_gate : irqs_off ? interrupt_gate : trap_gate);
    }
    set_gate(SYSCALL_VECTOR, reinterpret_cast<u32>(system_call_entry), user_trap_gate);
    set_gate(SPURIOUS_VECTOR, spurious_stub_address, interrupt_gate);

    const struct [[gnu::packed]] {
        u16 limit;
        u32 base;
    } pointer = {sizeof(idt) - 1, reinterpret_cast<u32>(idt) + base};
    asm volatile("lidt %0" ::"m"(pointer));
}

void double_fault_gate_init() {
    idt[TRAP_DOUBLE_FAULT] = {0, DOUBLE_FAULT_TSS_SELECTOR, task_gate, 0};
}

trap_observer set_trap_observer(trap_observer next) {
    const trap_observer before = observer;
    observer = next;
    return before;
}

void set_page_fault_handler(page_fault_handler handler) { resolves_page_faults = handler; }

uintptr_t trap_stub(unsigned vector) {
    return vector == SPURIOUS_VECTOR ? spurious_stub_address : trap_stubs[vector];
}

// What nobody has dealt with: an instruction that may fail goes on at its fix-up.
static void fail(trap_frame& frame) {
    if (frame.from_user() && frame.vector != TRAP_MACHINE_CHECK) return user_trap(frame);
    if (!fixup_exception(frame)) unhandled_trap(frame);
}

// Where the interrupted code had interrupts off, it holds a lock or is about to sleep. On
// its way to ring 3 a task offers the CPU anyhow.
static void preempt_interrupted(const trap_frame& frame) {
    constexpr u32 EFLAGS_IF = 1u << 9;
    if (need_resched() && preempt_count() == 0 && (frame.eflags & EFLAGS_IF) &&
        !frame.from_user())
        preempt_schedule_irq();
}

static void handle_other_trap(trap_frame& frame) {
    if (frame.vector >= IRQ_VECTOR_BASE) {
        if (frame.vector == SPURIOUS_VECTOR)
            handle_spurious_interrupt();
        else
            handle_irq(frame.vector - IRQ_VECTOR_BASE);
        restart_interrupted(frame);
        report_nmi();
    } else if (frame.vector == TRAP_NMI && !observer) {
        this_cpu_add(nmis_unreported, 1);
    } else if (!(observer && observer(frame)) &&
               !(frame.vector == TRAP_PAGE_FAULT &&
                 resolves_page_faults(frame, read_cr2()))) {
        fail(frame);
    }
}

// Page faults are the most, and programs wait for them.
extern "C" void handle_trap(trap_frame* frame) {
    trap_frame* const outer = set_current_trap_frame(frame);
    if (frame->vector == TRAP_PAGE_FAULT && !observer) [[likely]] {
        if (!resolves_page_faults(*frame, read_cr2())) fail(*frame);
        this_cpu_write(innermost_trap, outer);
    } else {
        handle_other_trap(*frame);
        this_cpu_write(innermost_trap, outer);
        if (frame->vector >= IRQ_VECTOR_BASE) preempt_interrupted(*frame);
    }
    if (frame->from_user()) prepare_return_to_user(*frame);
}

extern "C" void double_fault_from_task() { double_fault(); }
