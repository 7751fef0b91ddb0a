#include "kernel/signal/stop.hpp"

#include "kernel/signal/locked.hpp"
#include "lib/sync/preempt.hpp"

namespace {

constexpr s32 code_stopped = 5, code_continued = 6;  // CLD_STOPPED, CLD_CONTINUED

// Who is ending, or has stopped already, does not stop any more.
bool can_stop(const task_struct& thread) {
    return thread.state != TASK_STOPPED && !(thread.flags & PF_EXITING) &&
           !(thread.pending.signal & sigmask(SIGKILL));
}

kernel_siginfo story_of(const task_struct& leader, bool continued) {
    const signal_struct& signal = *leader.signal;
    return {SIGCHLD, 0, continued ? code_continued : code_stopped,
            {leader.pid, leader.cred.ruid, continued ? SIGCONT : signal.stop_signal,
             leader.utime + signal.utime, leader.stime + signal.stime}};
}

bool wants_to_know(task_struct& parent) {
    const k_sigaction& action = action_of(*parent.sighand, SIGCHLD);
    return action.handler != SIG_IGN && !(action.flags & SA_NOCLDSTOP);
}

}  // namespace

bool begin_group_stop_locked(task_struct& task, u32 stop_signal) {
    signal_struct& signal = *task.signal;
    if (!(task.jobctl & JOBCTL_STOP_DEQUEUED) || signal.group_exit || signal.group_exec_task)
        return false;
    if (!signal.stopped) signal.stop_signal = stop_signal;
    signal.group_stop_count = 0;
    each_thread_locked(task, [&](task_struct& thread) {
        if (!can_stop(thread)) return;
        thread.jobctl |= JOBCTL_STOP_PENDING;
        ++signal.group_stop_count;
        if (&thread != &task) signal_wake_up(thread, false);
    });
    return task.jobctl & JOBCTL_STOP_PENDING;
}

bool leave_group_stop_locked(task_struct& task) {
    signal_struct& signal = *task.signal;
    forget_stop_locked(task);
    if (signal.group_stop_count > 0) --signal.group_stop_count;
    if (signal.group_stop_count > 0 || signal.stopped) return false;
    signal.stopped = true;
    signal.told_stopped = false;
    signal.told_continued = true;
    signal.news = child_news::none;
    return true;
}

bool enter_stop_locked(task_struct& task) {
    const bool last = leave_group_stop_locked(task);
    set_current_state(TASK_STOPPED);
    return last;
}

void forget_stop_locked(task_struct& task) { task.jobctl = 0; }

// The parent is told by the first thread that goes on: not here, where anybody's locks may
// be held.
void continue_group_locked(task_struct& task) {
    flush_group_signals_locked(task, SIG_KERNEL_STOP);
    each_thread_locked(task, [](task_struct& thread) {
        forget_stop_locked(thread);
        try_to_wake_up(thread, TASK_STOPPED);
    });
    signal_struct& signal = *task.signal;
    if (!signal.stopped && signal.group_stop_count == 0) return;
    signal.news = signal.stopped ? child_news::continued : child_news::stopped;
    signal.stopped = false;
    signal.group_stop_count = 0;
    signal.told_stopped = true;
    signal.told_continued = false;
}

void notify_parent_stopped(task_struct& group_leader, bool continued) {
    {
        const lock_guard held(tasklist_lock);
        task_struct* const first = group_leader.parent;
        task_struct& parent = first->group_leader ? *first->group_leader : *first;
        if (parent.signal) {
            const kernel_siginfo info = story_of(group_leader, continued);
            const sighand_guard siglock(parent);
            if (siglock && wants_to_know(parent))
                static_cast<void>(send_signal_locked(parent, info, true));
            wake_up_all(parent.signal->wait_chldexit);
        }
    }
    preempt_check_resched();
}

// Its parents are all of another session, and know nothing of it, or are of the group itself,
// and would stop with it.
bool is_orphaned_pgrp_locked(u32 pgrp) {
    bool orphaned = true;
    each_task_locked([&](const task_struct& task) {
        if (!task.signal || task.group_leader != &task || task.signal->pgrp != pgrp ||
            (task.flags & PF_EXITING) || task.parent->pid <= 1)
            return;
        const signal_struct* const parents = task.parent->signal;
        if (parents && parents->pgrp != pgrp && parents->session == task.signal->session)
            orphaned = false;
    });
    return orphaned;
}

bool is_orphaned_pgrp(u32 pgrp) {
    const lock_guard held(tasklist_lock);
    return is_orphaned_pgrp_locked(pgrp);
}
