// Sending: what becomes of a signal before the one whom it is for knows of it.
#include "kernel/signal/locked.hpp"
#include "kernel/signal/stop.hpp"
#include "lib/sync/preempt.hpp"

namespace {

// Held while a task's sighand is looked up or taken away; siglock comes behind it.
constinit irq_spinlock sighand_lookup{"the lookup of a sighand"};

bool is_kernels(const kernel_siginfo& info) { return info.si_code == SI_KERNEL; }

// What is blocked is never ignored: the action may be another one when it no longer is.
bool is_ignored(task_struct& task, u32 signal, bool by_kernel) {
    if ((task.blocked | task.real_blocked) & sigmask(signal)) return false;
    const u32 handler = action_of(*task.sighand, signal).handler;
    if (task.signal->unkillable && handler == SIG_DFL &&
        !(by_kernel && (SIG_KERNEL_ONLY & sigmask(signal))))
        return true;
    return is_ignored_by(handler, signal);
}

// What happens at once. Whether the signal is to be delivered, too.
bool prepare_signal_locked(task_struct& task, u32 signal, bool by_kernel) {
    if (task.signal->group_exit) return false;
    if (SIG_KERNEL_STOP & sigmask(signal))
        flush_group_signals_locked(task, sigmask(SIGCONT));
    else if (signal == SIGCONT)
        continue_group_locked(task);
    return !is_ignored(task, signal, by_kernel);
}

bool wants_signal(const task_struct& task, u32 signal) {
    if ((task.blocked & sigmask(signal)) || (task.flags & PF_EXITING)) return false;
    if (signal == SIGKILL) return true;
    if (task.state == TASK_STOPPED) return false;
    return &task == current_task() || !task.signal_pending;
}

// The one that it was sent to, else any that has nothing else to do. Null: it waits until
// somebody looks.
task_struct* choose_thread_locked(task_struct& task, u32 signal, bool to_group) {
    if (wants_signal(task, signal)) return &task;
    task_struct* chosen = nullptr;
    if (to_group)
        each_thread_locked(task, [&](task_struct& thread) {
            if (!chosen && wants_signal(thread, signal)) chosen = &thread;
        });
    return chosen;
}

bool is_fatal(task_struct& task, u32 signal) {
    return !((SIG_KERNEL_IGNORE | SIG_KERNEL_STOP) & sigmask(signal)) &&
           action_of(*task.sighand, signal).handler == SIG_DFL;
}

void kill_thread_locked(task_struct& thread) {
    thread.pending.signal |= sigmask(SIGKILL);
    signal_wake_up(thread, true);
}

// All threads, whatever they do: what ends the program is known from here on.
void begin_group_exit_locked(task_struct& task, u32 signal) {
    task.signal->group_exit = true;
    task.signal->group_exit_code = static_cast<int>(signal);
    each_thread_locked(task, [](task_struct& thread) {
        forget_stop_locked(thread);
        kill_thread_locked(thread);
    });
    task.signal->group_stop_count = 0;
}

void complete_signal_locked(task_struct& task, u32 signal, bool to_group) {
    task_struct* const chosen = choose_thread_locked(task, signal, to_group);
    if (!chosen) return;
    if (is_fatal(task, signal) && !(chosen->real_blocked & sigmask(signal)))
        return begin_group_exit_locked(task, signal);
    signal_wake_up(*chosen, signal == SIGKILL);
}

result<> send(task_struct& task, const kernel_siginfo& info, bool to_group) {
    result<> outcome;
    {
        const sighand_guard held(task);
        if (held) outcome = send_signal_locked(task, info, to_group);
    }
    preempt_check_resched();
    return outcome;
}

}  // namespace

sighand_guard::sighand_guard(task_struct& task) NO_THREAD_SAFETY_ANALYSIS {
    const irq_state before = local_irq_save();
    sighand_lookup.lock();
    sighand_ = task.sighand;
    if (sighand_) sighand_->siglock.lock();
    sighand_lookup.unlock();
    // Interrupts stay off between the two, and until siglock is given back.
    before_ = before;
    if (!sighand_) local_irq_restore(before_);
}

sighand_guard::~sighand_guard() NO_THREAD_SAFETY_ANALYSIS {
    if (!sighand_) return;
    sighand_->siglock.unlock();
    local_irq_restore(before_);
}

sighand_struct* take_sighand(task_struct& task, sighand_struct* instead) {
    const lock_guard held(sighand_lookup);
    sighand_struct* const before = task.sighand;
    if (!before) return nullptr;
    const lock_guard nobody_looks(before->siglock);
    task.sighand = instead;
    return before;
}

bool is_ignored_by(u32 handler, u32 signal) {
    return handler == SIG_IGN ||
           (handler == SIG_DFL && (SIG_KERNEL_IGNORE & sigmask(signal)));
}

void flush_group_signals_locked(task_struct& task, signal_set which) {
    flush_signals(task.signal->shared_pending, which);
    each_thread_locked(task, [&](task_struct& thread) { flush_signals(thread.pending, which); });
}

void signal_wake_up(task_struct& task, bool fatal) {
    task.signal_pending = true;
    try_to_wake_up(task, TASK_INTERRUPTIBLE | (fatal ? TASK_STOPPED | TASK_WAKEKILL : 0));
}

result<> send_signal_locked(task_struct& task, const kernel_siginfo& info, bool to_group) {
    const auto signal = static_cast<u32>(info.si_signo);
    if (signal == SIGKILL && is_kernels(info) && !to_group) {
        kill_thread_locked(task);
        return {};
    }
    if (!prepare_signal_locked(task, signal, is_kernels(info))) return {};
    sigpending& pending = to_group ? task.signal->shared_pending : task.pending;
    const sigqueue_limit limit{task.cred.ruid, task.signal->rlim[RLIMIT_SIGPENDING].cur};
    const auto fresh = enqueue_signal(pending, info, limit);
    if (!fresh) return err{fresh.error()};
    if (*fresh) complete_signal_locked(task, signal, to_group);
    return {};
}

kernel_siginfo kernel_signal(u32 signal) {
    return {static_cast<s32>(signal), 0, SI_KERNEL, {}};
}

result<> send_signal_to_thread(task_struct& task, const kernel_siginfo& info) {
    return send(task, info, false);
}

result<> send_signal_to_group(task_struct& task, const kernel_siginfo& info) {
    return send(task, info, true);
}

result<> send_signal_to_pgrp(u32 pgrp, const kernel_siginfo& info) {
    bool found = false, sent = false;
    result<> outcome = err{ESRCH};
    {
        const lock_guard held(tasklist_lock);
        each_task_locked([&](task_struct& task) {
            if (!task.signal || task.signal->pgrp != pgrp || task.group_leader != &task) return;
            found = true;
            outcome = send_signal_to_group(task, info);
            sent |= static_cast<bool>(outcome);
        });
    }
    preempt_check_resched();
    return found && sent ? result<>{} : outcome;
}

// A program that blocks or ignores what its own instruction has done would do it for ever.
void force_signal(const kernel_siginfo& info) {
    task_struct& task = *current_task();
    const auto signal = static_cast<u32>(info.si_signo);
    const lock_guard held(task.sighand->siglock);
    k_sigaction& action = action_of(*task.sighand, signal);
    const bool blocked = task.blocked & sigmask(signal);
    if (blocked || action.handler == SIG_IGN) action.handler = SIG_DFL;
    task.blocked &= ~sigmask(signal);
    if (action.handler == SIG_DFL) task.signal->unkillable = false;
    static_cast<void>(send_signal_locked(task, info, false));
    // One of its kind may have waited, blocked: nobody was woken for this one.
    task.signal_pending = true;
}
