// Whose turn it is on one CPU: the O(1) scheduler of Linux 2.6, in a structure that knows no
// tasks, no clock and no lock. kernel/sched/schedule.cpp runs the machine by it.
//
//                 tick: its slice is over
//      active  -------------------------->  expired
//     prio_array                           prio_array
//         ^                                     |
//         `------- active is empty: the two ----'
//                  change places
//
// A task has a *time slice*, and queues in `active` while there is something left of it; one
// that is used up is filled again and its task goes to `expired`. So in each round everybody
// who wants to run runs for his slice: of equals each gets the same, and a low priority means
// later and for shorter, never not at all. Niceness n from -20 to 19 is static_prio 120 + n:
//
//     nice      -20    -10      0     10     19
//     slice   800 ms  600 ms  100 ms  50 ms  10 ms
//
// *Bonus*: who sleeps much (an editor, a shell) comes before its equals who compute. Each tick
// slept counts for one, each tick run against; at most a second. That gives from -5 to +5:
//
//     prio = static_prio - bonus        real-time priorities stay as they are
//
// I1: `active` and `expired` together hold every runnable task but the idle one, the running
//     one too.
// I2: who is queued has 1 tick left at least, at most its static_prio's whole slice.
// I3: whoever wakes has what was left of its slice when it slept, so the slices in `active`
//     only become less until it is empty: nobody in `expired` starves.
// I4: a new task has half of what its maker had: to make many gains no time.
//
// Left out: SCHED_FIFO and round robin with slices of their own (all real-time tasks share
// by slice), and putting interactive tasks back into `active`, by which 2.6 gave up I3.
#pragma once

#include "kernel/sched/prio_array.hpp"

inline constexpr s32 NICE_MIN = -20, NICE_MAX = 19;
inline constexpr u32 MAX_SLEEP_AVG = 100;  // ticks
inline constexpr s32 MAX_BONUS = 10;

inline constexpr u8 nice_to_prio(s32 nice) { return static_cast<u8>(MAX_RT_PRIO + 20 + nice); }
inline constexpr s32 prio_to_nice(u8 static_prio) {
    return static_cast<s32>(static_prio) - static_cast<s32>(MAX_RT_PRIO) - 20;
}
// A whole slice, in ticks.
u32 task_timeslice(u8 static_prio);
u8 effective_prio(const sched_entity& task);

class runqueue {
public:
    constexpr runqueue() = default;
    runqueue(const runqueue&) = delete;
    runqueue& operator=(const runqueue&) = delete;

    // It has become runnable, after so many ticks of sleep.
    void activate(sched_entity& task, u32 slept = 0);
    void deactivate(sched_entity& task);

    // Whose turn it is; null: nobody's. Changes nothing but which array is which.
    sched_entity* pick_next();
    // A tick has passed in which this one ran. True: its time is over, somebody else's turn.
    bool tick(sched_entity& running);
    // It lets the others of this round go first, though it has time left.
    void yield(sched_entity& running);
    void set_nice(sched_entity& task, s32 nice);

    // Whether who has just become runnable goes before the one that runs.
    static bool preempts(const sched_entity& woken, const sched_entity& running) {
        return woken.prio < running.prio;
    }

    u32 nr_running() const { return active_->nr_active() + expired_->nr_active(); }
    bool is_expired(const sched_entity& task) const { return task.array == expired_; }
    void check_invariants() const;

private:
    void expire(sched_entity& task);

    prio_array arrays_[2];
    prio_array* active_ = &arrays_[0];
    prio_array* expired_ = &arrays_[1];
};

// The child's entity, its slice out of the parent's (I4); neither is in a queue for it.
void split_time_slice(sched_entity& parent, sched_entity& child);
// The child ends with that much left; its maker has it back, up to a whole slice.
void return_time_slice(sched_entity& parent, const sched_entity& child);
