// Delivery: what a task does about its signals before it goes on in ring 3.
#include "kernel/signal/altstack.hpp"
#include "kernel/signal/frame.hpp"
#include "kernel/signal/locked.hpp"
#include "kernel/signal/restart.hpp"
#include "kernel/signal/stop.hpp"

namespace {

// What the next signal calls for, where siglock cannot be held.
struct step {
    enum kind : u8 {
        none,         // no more signals
        handle,       // a handler is to be called
        die,          // the program ends, or this thread
        stop,         // this thread stops; `last`: the parent is told
        may_stop,     // a stop that an orphaned group does not make
        tell_parent,  // that it had stopped, or goes on
    } what;
    bool last = false;
    child_news news = child_news::none;
};

step default_action_locked(task_struct& task, u32 signal) {
    if (!(SIG_KERNEL_STOP & sigmask(signal))) return {step::die};
    if (signal != SIGSTOP) return {step::may_stop};
    if (begin_group_stop_locked(task, signal)) return {step::stop, enter_stop_locked(task)};
    return {step::none};
}

// One signal off the queues; `taken.info.si_signo` is 0 if there was none.
step take_signal_locked(task_struct& task, ksignal& taken) {
    for (;;) {
        taken.info.si_signo = 0;
        if (!dequeue_signal_locked(task, task.blocked, taken.info)) return {step::none};
        const auto signal = static_cast<u32>(taken.info.si_signo);
        k_sigaction& action = action_of(*task.sighand, signal);
        if (action.handler == SIG_IGN) continue;
        if (action.handler != SIG_DFL) {
            taken.action = action;
            if (action.flags & SA_RESETHAND) action.handler = SIG_DFL;
            return {step::handle};
        }
        if (SIG_KERNEL_IGNORE & sigmask(signal)) continue;
        if (task.signal->unkillable && !(SIG_KERNEL_ONLY & sigmask(signal))) continue;
        const step next = default_action_locked(task, signal);
        if (next.what != step::none) return next;
    }
}

bool is_to_die(const task_struct& task) {
    const signal_struct& signal = *task.signal;
    return signal.group_exit || (signal.group_exec_task && signal.group_exec_task != &task);
}

step next_step(task_struct& task, ksignal& taken) {
    const lock_guard held(task.sighand->siglock);
    signal_struct& signal = *task.signal;
    if (signal.news != child_news::none) {
        const child_news news = signal.news;
        signal.news = child_news::none;
        return {step::tell_parent, false, news};
    }
    if (is_to_die(task)) return {step::die};
    if (task.jobctl & JOBCTL_STOP_PENDING) return {step::stop, enter_stop_locked(task)};
    return take_signal_locked(task, taken);
}

[[noreturn]] void end_program(const task_struct& task, u32 signal) {
    const signal_struct& group = *task.signal;
    if (!group.group_exit && group.group_exec_task) exit_task(SIGKILL);
    do_group_exit(group.group_exit ? group.group_exit_code : static_cast<int>(signal));
}

void sleep_stopped(task_struct& task, bool last) {
    if (last) notify_parent_stopped(*task.group_leader, false);
    schedule();
}

// From a terminal: a group that nobody could continue goes on, as if nothing had come. Signals
// may have come meanwhile.
void stop_unless_orphaned(task_struct& task, u32 signal) {
    if (is_orphaned_pgrp(task.signal->pgrp)) return;
    bool last;
    {
        const lock_guard held(task.sighand->siglock);
        if (!begin_group_stop_locked(task, signal)) return;
        last = enter_stop_locked(task);
    }
    sleep_stopped(task, last);
}

// A handler is to be called: for which signal. False: nothing is left to do.
bool get_signal(task_struct& task, ksignal& taken) {
    for (;;) {
        const step next = next_step(task, taken);
        const auto signal = static_cast<u32>(taken.info.si_signo);
        switch (next.what) {
            case step::none: return false;
            case step::handle: return true;
            case step::die: end_program(task, signal);
            case step::stop: sleep_stopped(task, next.last); break;
            case step::may_stop: stop_unless_orphaned(task, signal); break;
            case step::tell_parent:
                notify_parent_stopped(*task.group_leader,
                                      next.news == child_news::continued);
                break;
        }
    }
}

void finish_call(trap_frame& frame, bool handler, u32 handler_flags) {
    constexpr u32 bytes_of_int_0x80 = 2, restart_syscall_number = 0;
    if (frame.vector != SYSCALL_VECTOR || frame.error_code == ~0u) return;
    switch (end_of_call(static_cast<s32>(frame.eax), handler, handler_flags)) {
        case call_end::as_it_is: return;
        case call_end::eintr: frame.eax = static_cast<u32>(-EINTR); return;
        case call_end::once_more: frame.eax = frame.error_code; break;
        case call_end::by_block: frame.eax = restart_syscall_number; break;
    }
    frame.eip -= bytes_of_int_0x80;
}

// What is blocked while the handler runs.
void signal_delivered(task_struct& task, const ksignal& signal) {
    task.restore_sigmask = false;  // the frame has it
    signal_set mask = task.blocked | signal.action.mask;
    if (!(signal.action.flags & SA_NODEFER))
        mask |= sigmask(static_cast<u32>(signal.info.si_signo));
    set_current_blocked(mask);
    if (task.sas_ss_flags & SS_AUTODISARM) sas_ss_reset(task);
}

// A handler that cannot be called is a fault; SIGSEGV's own, and the program ends.
void handler_failed(task_struct& task, const ksignal& signal) {
    if (signal.info.si_signo == SIGSEGV) {
        const lock_guard held(task.sighand->siglock);
        action_of(*task.sighand, SIGSEGV).handler = SIG_DFL;
    }
    force_signal(kernel_signal(SIGSEGV));
}

void handle_signal(task_struct& task, trap_frame& frame, const ksignal& signal) {
    finish_call(frame, true, signal.action.flags);
    const signal_set mask = task.restore_sigmask ? task.saved_sigmask : task.blocked;
    if (setup_frame(frame, signal, mask))
        signal_delivered(task, signal);
    else
        handler_failed(task, signal);
}

}  // namespace

// A fault first, so that its frame is the one of the instruction that made it; then what is
// for this thread; then what is for any.
u32 dequeue_signal_locked(task_struct& task, signal_set blocked, kernel_siginfo& info) {
    if (collect_fault(task.pending, blocked, info)) {
        recalc_sigpending(task);
        return static_cast<u32>(info.si_signo);
    }
    sigpending* const queues[] = {&task.pending, &task.signal->shared_pending};
    u32 signal = 0;
    for (sigpending* const queue : queues) {
        if (signal) break;
        signal = next_signal(queue->signal, blocked);
        if (signal) info = collect_signal(*queue, signal);
    }
    recalc_sigpending(task);
    if (signal && (SIG_KERNEL_STOP & sigmask(signal))) task.jobctl |= JOBCTL_STOP_DEQUEUED;
    return signal;
}

void do_signal(trap_frame& frame) {
    task_struct& task = *current_task();
    ksignal signal{};
    if (get_signal(task, signal)) return handle_signal(task, frame, signal);
    finish_call(frame, false, 0);
    static_cast<void>(keep_temporary_mask(false));
}
