#include "arch/i386/thread.hpp"

#include <cpu/irqflags.hpp>
#include "arch/i386/fpu.hpp"
#include "arch/i386/segments.hpp"
#include "lib/assert.hpp"

extern "C" {
thread_struct* switch_stacks(thread_struct* prev, thread_struct* next);
void kernel_thread_start();
}

namespace {

// What switch_stacks() pops, lowest address first, and where it returns to.
struct switch_frame {
    u32 eflags;
    u32 edi, esi, ebx, ebp;
    u32 eip;
};

u32 address_of(const void* pointer) { return static_cast<u32>(reinterpret_cast<uintptr_t>(pointer)); }

}  // namespace

void prepare_thread(thread_struct& thread, void* stack, u32 stack_size,
                    void (*function)(void*), void* argument) {
    char* const end = static_cast<char*>(stack) + stack_size;
    auto* const frame = reinterpret_cast<switch_frame*>(end) - 1;
    *frame = {.eflags = 2,  // the bit that is always set
              .edi = 0,
              .esi = address_of(argument),
              .ebx = address_of(reinterpret_cast<void*>(function)),
              .ebp = 0,
              .eip = address_of(reinterpret_cast<void*>(kernel_thread_start))};
    thread.esp = address_of(frame);
    thread.esp0 = address_of(end);
}

static void go_to_user(void* frame) {
    user_thread_starts(*static_cast<trap_frame*>(frame));
    leave_to_user(static_cast<trap_frame*>(frame));
}

void prepare_user_thread(thread_struct& thread, void* stack, u32 stack_size,
                         const trap_frame& frame) {
    auto* const end = reinterpret_cast<trap_frame*>(static_cast<char*>(stack) + stack_size);
    end[-1] = frame;
    prepare_thread(thread, stack, stack_size - sizeof(trap_frame), go_to_user, end - 1);
    thread.esp0 = address_of(end);
}

void load_tls(const thread_struct& thread) {
    for (u32 i = 0; i < thread_struct::tls_entries; ++i)
        set_gdt_entry(GDT_ENTRY_TLS_MIN + i, thread.tls[i]);
}

thread_struct& switch_to(thread_struct& prev, thread_struct& next) {
    kassert(!irqs_enabled(), "tasks are switched with interrupts on");
    prev.trap = set_current_trap_frame(next.trap);
    if (prev.fpu) fpu_save(*prev.fpu);
    if (next.fpu) {
        if (!prev.fpu) fpu_on();
        fpu_restore(*next.fpu);
    } else if (prev.fpu) {
        fpu_off();
    }
    if (prev.uses_tls || next.uses_tls) load_tls(next);
    this_cpu_task_state().esp0 = next.esp0;
    return *switch_stacks(&prev, &next);
}
