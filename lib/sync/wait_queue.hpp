// Wait queues: where tasks sleep until something has become true.
//
//     wait_queue_head has_data;
//
//     consumer                                      producer, or an interrupt
//     wait_event(has_data, [&] { return n > 0; });  ++n; wake_up(has_data);
//
//     head ---> entry ---> entry ---> entry ---> entry
//               task A     task B     task C     task D
//               `- all of these -'    `- exclusive: one a wakeup -'
//
// Entries lie on their sleepers' stacks. A wakeup makes the tasks runnable, and takes nobody
// off the queue: each looks at its condition again, and sleeps on or leaves. So a wakeup
// too many is harmless, and one that comes between the look and the sleep is not lost
// (lib/sync/sleep.hpp).
//
// Exclusive waiters are those of whom only one can have what there is: to wake all would
// make the others run in vain. They stand last, first come first woken.
//
// I1: an entry is on the queue from prepare_to_wait() to finish_wait(), no longer than the
//     function call in which it lies.
// I2: the condition is made true before wake_up() is called.
//
// An entry may have a function, which a wakeup calls in the place of waking a task: who polls
// waits on many queues at once, by such entries (fs/vfs/poll.hpp).
//
// I3: an entry with a function is on the queue from add() to remove(). The function runs with
//     the queue's lock held; it does not sleep, and leaves the queue as it is.
//
// The condition is called in the state in which the task will sleep: it does not sleep
// itself.
#pragma once

#include "lib/list.hpp"
#include "lib/result.hpp"
#include "lib/spinlock.hpp"
#include "lib/sync/preempt.hpp"
#include "lib/sync/sleep.hpp"

// What an interruptible wait that a signal ended returns inside the kernel: the system
// call begins again, or ends with EINTR. No program ever sees it.
inline constexpr int ERESTARTSYS = 512;

struct wait_queue_entry {
    task_struct* task = nullptr;
    bool exclusive = false;
    void (*function)(wait_queue_entry& entry) = nullptr;
    list_head entry{};
};

class wait_queue_head {
public:
    constexpr explicit wait_queue_head(const char* name = "a wait queue") : lock(name) {}

    // The current task is on the queue, once, and in that state. To be repeated each
    // time round.
    void prepare_to_wait(wait_queue_entry& entry, u32 state) EXCLUDES(lock);
    void prepare_to_wait_locked(wait_queue_entry& entry, u32 state) REQUIRES(lock);
    // ... and is neither any more.
    void finish_wait(wait_queue_entry& entry) EXCLUDES(lock);
    void finish_wait_locked(wait_queue_entry& entry) REQUIRES(lock);

    // Of one that has a function (I3).
    void add(wait_queue_entry& entry) EXCLUDES(lock);
    void remove(wait_queue_entry& entry) EXCLUDES(lock);

    // Wakes those in one of the states: all, but of the exclusive ones at most so many.
    // From any context.
    void wake(u32 states, u32 exclusive) EXCLUDES(lock);
    void wake_locked(u32 states, u32 exclusive) REQUIRES(lock);

    // Whether anybody waits; of use to who made the condition true before he asks.
    bool active() EXCLUDES(lock);

    irq_spinlock lock;

private:
    list<wait_queue_entry, &wait_queue_entry::entry> entries_ GUARDED_BY(lock);
};

inline constexpr u32 all_exclusive = ~0u;
inline void wake_up(wait_queue_head& head) { head.wake(TASK_NORMAL, 1); }
inline void wake_up_all(wait_queue_head& head) { head.wake(TASK_NORMAL, all_exclusive); }
inline void wake_up_interruptible(wait_queue_head& head) { head.wake(TASK_INTERRUPTIBLE, 1); }

namespace wait_detail {

// How a wait ended: the ticks that were left, or an errno.
template <class Condition>
result<s32> wait(wait_queue_head& head, Condition condition, u32 state, s32 ticks,
                 bool exclusive) {
    might_sleep("wait_event");
    if (condition()) return ticks;
    wait_queue_entry entry{.exclusive = exclusive};
    result<s32> outcome = ticks;
    for (;;) {
        head.prepare_to_wait(entry, state);
        if (condition()) break;
        outcome = ticks;
        if (ticks == 0) break;
        if (state == TASK_INTERRUPTIBLE && signal_pending()) {
            outcome = err{ERESTARTSYS};
            break;
        }
        ticks = schedule_timeout(ticks);
        // True at the last moment is true.
        outcome = max_of(ticks, s32{1});
    }
    head.finish_wait(entry);
    return outcome;
}

}  // namespace wait_detail

// Until the condition is true.
template <class Condition>
void wait_event(wait_queue_head& head, Condition condition) {
    static_cast<void>(wait_detail::wait(head, condition, TASK_UNINTERRUPTIBLE,
                                        MAX_SCHEDULE_TIMEOUT, false));
}
// One of those of whom a wakeup wakes one.
template <class Condition>
void wait_event_exclusive(wait_queue_head& head, Condition condition) {
    static_cast<void>(wait_detail::wait(head, condition, TASK_UNINTERRUPTIBLE,
                                        MAX_SCHEDULE_TIMEOUT, true));
}
// ... or a signal is pending: ERESTARTSYS.
template <class Condition>
result<> wait_event_interruptible(wait_queue_head& head, Condition condition) {
    const result<s32> outcome = wait_detail::wait(head, condition, TASK_INTERRUPTIBLE,
                                                  MAX_SCHEDULE_TIMEOUT, false);
    if (!outcome) return err{outcome.error()};
    return {};
}
// ... or so many ticks have passed: 0; else what was left of them, at least 1.
template <class Condition>
s32 wait_event_timeout(wait_queue_head& head, Condition condition, s32 ticks) {
    return *wait_detail::wait(head, condition, TASK_UNINTERRUPTIBLE, ticks, false);
}
template <class Condition>
result<s32> wait_event_interruptible_timeout(wait_queue_head& head, Condition condition,
                                             s32 ticks) {
    return wait_detail::wait(head, condition, TASK_INTERRUPTIBLE, ticks, false);
}
