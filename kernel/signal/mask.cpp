// What a thread does not want to be told of now: its mask.
#include "kernel/signal/locked.hpp"
#include "kernel/signal/stop.hpp"
#include "kernel/syscall/syscall.hpp"

namespace {

enum mask_how : u32 { SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK };

result<signal_set> changed_mask(signal_set now, u32 how, signal_set by) {
    switch (how) {
        case SIG_BLOCK: return now | by;
        case SIG_UNBLOCK: return now & ~by;
        case SIG_SETMASK: return by;
    }
    return err{EINVAL};
}

constexpr signal_set low_word = 0xffffffff;

signal_set waiting_and_blocked() {
    task_struct& task = *current_task();
    const lock_guard held(task.sighand->siglock);
    return (task.pending.signal | task.signal->shared_pending.signal) & task.blocked;
}

}  // namespace

void recalc_sigpending(task_struct& task) {
    const signal_set waiting = task.pending.signal | task.signal->shared_pending.signal;
    task.signal_pending =
        (waiting & ~task.blocked) != 0 || (task.jobctl & JOBCTL_STOP_PENDING) != 0;
}

void retarget_shared_locked(task_struct& task, signal_set which) {
    signal_set left = task.signal->shared_pending.signal & which;
    each_thread_locked(task, [&](task_struct& thread) {
        if (&thread == &task || (thread.flags & PF_EXITING) || !(left & ~thread.blocked)) return;
        left &= thread.blocked;
        if (!thread.signal_pending) signal_wake_up(thread, false);
    });
}

void set_blocked_locked(task_struct& task, signal_set mask) {
    if (task.signal_pending) retarget_shared_locked(task, mask & ~task.blocked);
    task.blocked = mask & ~SIG_KERNEL_ONLY;
    recalc_sigpending(task);
}

void set_current_blocked(signal_set mask) {
    task_struct& task = *current_task();
    const lock_guard held(task.sighand->siglock);
    set_blocked_locked(task, mask);
}

void set_temporary_mask(signal_set mask) {
    task_struct& task = *current_task();
    task.saved_sigmask = task.blocked;
    task.restore_sigmask = true;
    set_current_blocked(mask);
}

bool keep_temporary_mask(bool interrupted) {
    task_struct& task = *current_task();
    if (!interrupted && task.restore_sigmask) {
        task.restore_sigmask = false;
        set_current_blocked(task.saved_sigmask);
    }
    return interrupted;
}

bool fatal_signal_pending(const task_struct& task) {
    return task.signal_pending && (task.pending.signal & sigmask(SIGKILL));
}

SYSCALL_DEFINE(175, rt_sigprocmask, u32 how, user_ptr<const signal_set> set,
               user_ptr<signal_set> old, u32 bytes) {
    if (bytes != sizeof(signal_set)) return err{EINVAL};
    const signal_set before = current_task()->blocked;
    if (set) {
        signal_set wanted;
        if (const auto read = get_user(wanted, set); !read) return read;
        const auto mask = changed_mask(before, how, wanted & ~SIG_KERNEL_ONLY);
        if (!mask) return err{mask.error()};
        set_current_blocked(*mask);
    }
    if (old) return put_user(before, old);
    return 0u;
}

// The old calls know 32 signals: what is blocked of the others stays so.
SYSCALL_DEFINE(126, sigprocmask, u32 how, user_ptr<const u32> set, user_ptr<u32> old) {
    const signal_set before = current_task()->blocked;
    if (set) {
        u32 wanted;
        if (const auto read = get_user(wanted, set); !read) return read;
        const auto mask = changed_mask(before, how, wanted);
        if (!mask) return err{mask.error()};
        set_current_blocked((*mask & low_word) | (before & ~low_word));
    }
    if (old) return put_user(static_cast<u32>(before), old);
    return 0u;
}

SYSCALL_DEFINE(68, sgetmask) { return static_cast<u32>(current_task()->blocked); }

SYSCALL_DEFINE(69, ssetmask, u32 mask) {
    const auto before = static_cast<u32>(current_task()->blocked);
    set_current_blocked(mask);
    return before;
}

SYSCALL_DEFINE(176, rt_sigpending, user_ptr<void> to, u32 bytes) {
    if (bytes > sizeof(signal_set)) return err{EINVAL};
    const signal_set set = waiting_and_blocked();
    if (copy_to_user(to, &set, bytes) > 0) return err{EFAULT};
    return 0u;
}

SYSCALL_DEFINE(73, sigpending, user_ptr<u32> to) {
    return put_user(static_cast<u32>(waiting_and_blocked()), to);
}
