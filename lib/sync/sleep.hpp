// Sleeping and waking, seen from below. kernel/sched defines it over its run queues; on the
// host a thread plays a task (host-tests/support/tasks.hpp).
//
// A task sleeps in two steps, so that no wakeup is lost between looking and sleeping:
//
//     set_current_state(TASK_UNINTERRUPTIBLE);    says: I am about to sleep
//     if (!condition) schedule();                 nobody has woken me since: I do
//     set_current_state(TASK_RUNNING);
//
// Who makes the condition true calls try_to_wake_up() afterwards. That makes the state
// TASK_RUNNING again, and schedule() returns at once if it came first. Nearly everybody
// uses these through wait_queue.hpp, mutex.hpp, rw_semaphore.hpp and completion.hpp.
//
// I1: the CPU goes to somebody else only where preempt_count is 0 and, unless it is
//     schedule() itself, interrupts are on.
// I2: schedule() in TASK_RUNNING is a mere offer: the task goes on, now or later.
//
// Until there are tasks nobody could wake a sleeper: to sleep is a bug then, and is
// reported as one.
#pragma once

#include <cpu/percpu.hpp>
#include "lib/types.hpp"

struct task_struct;

// What a task is doing, one bit each but for running: a waker names those that it ends.
inline constexpr u32 TASK_RUNNING = 0;
inline constexpr u32 TASK_INTERRUPTIBLE = 1;
inline constexpr u32 TASK_UNINTERRUPTIBLE = 2;
inline constexpr u32 TASK_WAKEKILL = 128;
inline constexpr u32 TASK_KILLABLE = TASK_UNINTERRUPTIBLE | TASK_WAKEKILL;
inline constexpr u32 TASK_NORMAL = TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE;

DECLARE_PER_CPU(task_struct*, current_task_of_cpu);

// Never null in the kernel: booting, too, is a task's work.
inline task_struct* current_task() { return this_cpu_read(current_task_of_cpu); }

// Of the current task.
void set_current_state(u32 state);
// A signal waits for it, so that an interruptible sleep has to end.
bool signal_pending();
// One that ends it: a killable sleep has to end.
bool fatal_signal_pending();

// The CPU may go to somebody else, and must if the current task's state says so.
void schedule();

// Ticks are of HZ, lib/clock.hpp. With this many there is no timeout.
inline constexpr s32 MAX_SCHEDULE_TIMEOUT = 0x7fffffff;
// Like schedule(), but after so many ticks the task is woken. The ticks that were left, 0
// if none were; never negative.
s32 schedule_timeout(s32 ticks);
// At least so long, whatever happens meanwhile.
void msleep(u32 milliseconds);

// If the task is in one of these states, it becomes runnable, and that was this call's
// doing. From any context.
bool try_to_wake_up(task_struct& task, u32 states);
inline bool wake_up_process(task_struct& task) { return try_to_wake_up(task, TASK_NORMAL); }
