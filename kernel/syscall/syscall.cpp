#include "kernel/syscall/syscall.hpp"

#include "kernel/sched/task.hpp"
#include "kernel/signal/signal.hpp"
#include "lib/bitmap.hpp"
#include "lib/log.hpp"

namespace {

constinit const system_call* table[NR_syscalls] = {};
constinit bitmap::word told[bitmap::words_for(NR_syscalls)] = {};

// Once a number: a program that asks for what there is not does so often.
[[gnu::noinline]] s32 no_such_call(u32 number) {
    bitmap already(told, NR_syscalls);
    if (number < NR_syscalls && !already.test(number)) {
        already.set(number);
        pr_info("{} ({}): there is no system call {}", current_task()->comm,
                current_task()->pid, number);
    }
    return -ENOSYS;
}

}  // namespace

void system_calls_init() {
    for (const system_call* call : registered<system_call>()) {
        kassert(call->number < NR_syscalls && !table[call->number],
                "system call {} ({}) is there already", call->number, call->name);
        table[call->number] = call;
    }
}

const char* system_call_name(u32 number) {
    return number < NR_syscalls && table[number] ? table[number]->name : nullptr;
}

extern "C" void handle_system_call(trap_frame* frame) {
    set_current_trap_frame(frame);
    const u32 number = frame->eax;
    const system_call* const call = number < NR_syscalls ? table[number] : nullptr;
    frame->eax = static_cast<u32>(call ? call->handle(*frame) : no_such_call(number));
    local_irq_disable();
    if (has_work_before_return(*current_task())) [[unlikely]] {
        local_irq_enable();
        prepare_return_to_user(*frame);
    }
    set_current_trap_frame(nullptr);
}
