// Stopping and going on (job control).
//
//     SIGSTOP, SIGTSTP ... dequeued by a thread
//        |  each thread is to stop: JOBCTL_STOP_PENDING, group_stop_count of them
//        v
//     each one, on its way to ring 3, stops there: TASK_STOPPED; count 0: the parent is told
//        |
//        |  SIGCONT is *sent*: all wake, stop signals that wait are dropped
//        v
//     they go on; the first one tells the parent
//
// It goes on when SIGCONT is sent, not when it is delivered: whether it is blocked or ignored
// makes no difference. A stop signal in turn drops each SIGCONT that waits.
//
// I1: group_stop_count is the number of threads with JOBCTL_STOP_PENDING.
// I2: a thread has TASK_STOPPED only from within do_signal().
#pragma once

#include "kernel/signal/signal.hpp"

// task.jobctl: it is to stop; it has dequeued a stop signal, and no SIGCONT was sent since.
inline constexpr u32 JOBCTL_STOP_PENDING = 1, JOBCTL_STOP_DEQUEUED = 2;

// siglock is held for all of these.
//
// The current task's whole program is to stop. False: a SIGCONT came in between, or it ends.
bool begin_group_stop_locked(task_struct& task, u32 signal);
// The current task stops: its state says so, and the caller gives the CPU away without the
// lock. Whether it was the last one, so that the parent is told.
bool enter_stop_locked(task_struct& task);
// One thread less is to stop. Whether all others have.
bool leave_group_stop_locked(task_struct& task);
// Somebody sends SIGCONT to the task's program.
void continue_group_locked(task_struct& task);
void forget_stop_locked(task_struct& task);

// Without siglock. To the parent: SIGCHLD, unless it has said SA_NOCLDSTOP; and it looks
// again if it waits.
void notify_parent_stopped(task_struct& group_leader, bool continued);
