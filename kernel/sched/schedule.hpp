// The scheduler over the machine: who runs, from when on, and how it comes to that.
//
//     runs --- schedule() in a state of sleep ---> sleeps --- try_to_wake_up() ---> queues
//      ^ |                                                                            |
//      | `--- preempted: need_resched, and one of the places below ------------------>|
//      `------------------------------ its turn (runqueue.hpp) -----------------------'
//
// A task gives the CPU away by schedule(), or it is taken at the end of an interrupt and in
// preempt_enable() (lib/sync/preempt.hpp). So the kernel, too, is preempted anywhere but
// where preempt_count or the interrupt flag forbid it. Who is preempted stays in its queue,
// whatever its state: it may be between saying that it will sleep and doing so.
//
// The idle task (pid 0, the one that booted) is in no queue: it runs when nobody else wants
// to, halts the CPU, and never sleeps.
//
// I1: the run queue's lock is held from before the choice to behind the switch: the task that
//     comes releases what the one that went has taken.
// I2: at a switch preempt_count is 0 for who went and who comes, so the CPU's count is right
//     for both.
// I3: CR3 is loaded only if the next task has an mm, and another one than is loaded.
//
// Left out: balancing between CPUs (one is started for now).
#pragma once

#include "kernel/sched/task.hpp"

// Preemption begins: until then schedule() is a bug, but for TASK_RUNNING.
void sched_init();
// The rest of the task that booted.
[[noreturn]] void cpu_idle();

// Each tick, in the interrupt.
void scheduler_tick();

// The others go first. Not a wait: a task alone goes on at once.
void yield();
// -20 to 19.
void set_user_nice(task_struct& task, s32 nice);
inline s32 task_nice(const task_struct& task) { return prio_to_nice(task.static_prio); }

// The current task's last call. Its switch_to() does not return.
[[noreturn]] void schedule_for_ever();

// So far, on all CPUs.
u32 nr_context_switches();
// Runnable tasks but the idle ones.
u32 nr_running();
void check_run_queues();
