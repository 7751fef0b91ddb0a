// Timers: functions to be called at a tick to come. A wheel of five rings, as in Linux 2.6:
//
//     ring 0   256 slots of 1 tick            the next 2.5 seconds
//     ring 1    64 slots of 256 ticks         2.7 minutes
//     ring 2    64 slots of 2^14 ticks        2.9 hours
//     ring 3    64 slots of 2^20 ticks        7.7 days
//     ring 4    64 slots of 2^26 ticks        the rest of 2^32 ticks: 497 days
//
//     now = 0x12345:      |ring 4|ring 3|ring 2|ring 1| ring 0 |     each digit of the
//                         |   0  |   0  |   4  |  35  |  0x45  |     time is an index
//
// A timer goes into the ring that its distance calls for, by its own digit there. Each tick
// runs one slot of ring 0. When ring 0 has gone round, the next slot of ring 1 is emptied
// into it, and so on up. So adding, removing and a tick cost the same for any number of
// timers; one that is far away is moved four times at most.
//
// I1: a timer of ring 0's slot s expires at the next tick whose lowest eight bits are s.
// I2: a timer is called once for each add, with no lock held; it may add itself again.
// I3: who is not pending has null in `entry`.
//
// Time wraps round after 2^32 ticks: distances are signed, and expires is in the past when
// it is up to 2^31 ticks ago; such a timer runs at the next tick.
#pragma once

#include "lib/list.hpp"
#include "lib/spinlock.hpp"
#include "lib/types.hpp"

struct timer_list {
    u32 expires = 0;  // the tick
    void (*function)(void* data) = nullptr;
    void* data = nullptr;
    list_head entry{};

    bool pending() const { return entry.next != nullptr; }
};

class timer_wheel {
public:
    constexpr timer_wheel() = default;
    timer_wheel(const timer_wheel&) = delete;
    timer_wheel& operator=(const timer_wheel&) = delete;

    // It is not pending.
    void add(timer_list& timer) EXCLUDES(lock_);
    // Whether it was pending. Its function may be running elsewhere, or just have.
    bool remove(timer_list& timer) EXCLUDES(lock_);
    // Another time, pending or not. Whether it was.
    bool modify(timer_list& timer, u32 expires) EXCLUDES(lock_);

    // Calls all that expire up to and including `now`.
    void run(u32 now) EXCLUDES(lock_);

    u32 pending_timers() EXCLUDES(lock_);
    void check_invariants() EXCLUDES(lock_);

private:
    using timers = list<timer_list, &timer_list::entry>;
    static constexpr u32 root_bits = 8, ring_bits = 6, rings = 4;
    static constexpr u32 root_slots = 1u << root_bits, ring_slots = 1u << ring_bits;

    static constexpr u32 shift_of(u32 ring) { return root_bits + ring * ring_bits; }
    u32 slot_now_locked(u32 ring) const REQUIRES(lock_) {
        return next_ >> shift_of(ring) & (ring_slots - 1);
    }

    timers& slot_for_locked(u32 expires) REQUIRES(lock_);
    void insert_locked(timer_list& timer) REQUIRES(lock_);
    void erase_locked(timer_list& timer) REQUIRES(lock_);
    void cascade_locked(timers& slot) REQUIRES(lock_);
    void begin_tick_locked(timers& expired) REQUIRES(lock_);

    irq_spinlock lock_{"the timers"};
    u32 next_ GUARDED_BY(lock_) = 0;  // the first tick that was not run
    u32 pending_ GUARDED_BY(lock_) = 0;
    timers root_[root_slots] GUARDED_BY(lock_);
    timers rings_[rings][ring_slots] GUARDED_BY(lock_);
};
