#include "kernel/time/timer_wheel.hpp"

#include "lib/assert.hpp"

timer_wheel::timers& timer_wheel::slot_for_locked(u32 expires) {
    const u32 distance = expires - next_;
    if (static_cast<s32>(distance) < 0) return root_[next_ & (root_slots - 1)];
    if (distance < root_slots) return root_[expires & (root_slots - 1)];
    u32 ring = 0;
    while (ring + 1 < rings && distance >> shift_of(ring + 1) != 0) ++ring;
    return rings_[ring][expires >> shift_of(ring) & (ring_slots - 1)];
}

void timer_wheel::insert_locked(timer_list& timer) {
    slot_for_locked(timer.expires).push_back(timer);
    ++pending_;
}

void timer_wheel::erase_locked(timer_list& timer) {
    timers::erase(timer);
    timer.entry = {};
    --pending_;
}

void timer_wheel::add(timer_list& timer) {
    const lock_guard held(lock_);
    kassert(timer.function, "a timer is added without a function");
    kassert(!timer.pending(), "a timer is added, and is pending already");
    insert_locked(timer);
}

bool timer_wheel::remove(timer_list& timer) {
    const lock_guard held(lock_);
    if (!timer.pending()) return false;
    erase_locked(timer);
    return true;
}

bool timer_wheel::modify(timer_list& timer, u32 expires) {
    const lock_guard held(lock_);
    const bool was_pending = timer.pending();
    if (was_pending) erase_locked(timer);
    timer.expires = expires;
    insert_locked(timer);
    return was_pending;
}

// Each finds its place anew: a ring further in.
void timer_wheel::cascade_locked(timers& slot) {
    timers moving;
    moving.splice_back(slot);
    for (timer_list& timer : moving.safe()) {
        timers::erase(timer);
        slot_for_locked(timer.expires).push_back(timer);
    }
}

void timer_wheel::begin_tick_locked(timers& expired) {
    if ((next_ & (root_slots - 1)) == 0) {
        for (u32 ring = 0; ring < rings; ++ring) {
            const u32 slot = slot_now_locked(ring);
            cascade_locked(rings_[ring][slot]);
            if (slot != 0) break;
        }
    }
    expired.splice_back(root_[next_ & (root_slots - 1)]);
    ++next_;
}

// The list of those that are due hangs from this stack; one that is removed meanwhile leaves
// it like any other list.
void timer_wheel::run(u32 now) {
    timers due;
    for (;;) {
        void (*function)(void*);
        void* data;
        {
            const lock_guard held(lock_);
            while (due.empty() && static_cast<s32>(now - next_) >= 0) begin_tick_locked(due);
            timer_list* const timer = due.first();
            if (!timer) return;
            erase_locked(*timer);
            function = timer->function;
            data = timer->data;
        }
        function(data);
    }
}

u32 timer_wheel::pending_timers() {
    const lock_guard held(lock_);
    return pending_;
}

void timer_wheel::check_invariants() {
    const lock_guard held(lock_);
    u32 found = 0;
    for (u32 slot = 0; slot < root_slots; ++slot)
        for (const timer_list& timer : root_[slot]) {
            const bool late = static_cast<s32>(timer.expires - next_) < 0;
            const u32 runs_at = late ? next_ : timer.expires;
            kassert((runs_at & (root_slots - 1)) == slot, "timer I1: tick {:#x} is in slot {}",
                    timer.expires, slot);
            ++found;
        }
    for (const auto& ring : rings_)
        for (const timers& slot : ring) found += static_cast<u32>(slot.count());
    kassert(found == pending_, "timers: {} are in the wheel, counted {}", found, pending_);
}
