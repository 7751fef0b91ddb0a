// What the files of this folder share: how siglock is taken of a task that may be ending, and
// what is done while it is held.
#pragma once

#include "kernel/signal/pending.hpp"
#include "kernel/signal/signal.hpp"

// siglock of any task's sighand, which cannot go away meanwhile. None, if the task has none:
// it has ended, or is a kernel thread.
class sighand_guard {
public:
    explicit sighand_guard(task_struct& task);
    ~sighand_guard();
    sighand_guard(const sighand_guard&) = delete;
    sighand_guard& operator=(const sighand_guard&) = delete;

    explicit operator bool() const { return sighand_ != nullptr; }

private:
    sighand_struct* sighand_;
    irq_state before_;
};
// From here on the task has that one; nobody is in the middle of using the one before, which
// is the answer, unless others share it.
sighand_struct* take_sighand(task_struct& task, sighand_struct* instead);

inline k_sigaction& action_of(sighand_struct& sighand, u32 signal) {
    sighand.siglock.assert_held();
    return sighand.action[signal - 1];
}

// All threads of the program, the task itself included.
template <class Visit>
void each_thread_locked(task_struct& task, Visit visit) {
    if (!task.group_leader) return visit(task);
    for (task_struct& thread : task.group_leader->thread_group) visit(thread);
}

// send.cpp. `info.si_signo` is a signal.
result<> send_signal_locked(task_struct& task, const kernel_siginfo& info, bool to_group);
// It looks at its signals before it goes on in ring 3, and does not sleep till then; SIGKILL
// gets it out of a stop, too.
void signal_wake_up(task_struct& task, bool fatal);
// Whether such an action does nothing.
bool is_ignored_by(u32 handler, u32 signal);
// Gone from the program, and from each of its threads.
void flush_group_signals_locked(task_struct& task, signal_set which);

// mask.cpp
void set_blocked_locked(task_struct& task, signal_set mask);
// Others may take what this thread blocks from now on, of what waits for any of them.
void retarget_shared_locked(task_struct& task, signal_set which);

// deliver.cpp: the next one that is not in `blocked`; 0: none.
u32 dequeue_signal_locked(task_struct& task, signal_set blocked, kernel_siginfo& info);

// itimer.cpp: of a program that is gone.
void drop_real_timer(signal_struct& signal);
