// A mutex: one task is inside, the others sleep.
//
//     mutex lock("the pipe");
//     { lock_guard held(lock); ... may sleep ... }
//
//     owner_   0             nobody
//              task          that one is inside
//              task | 1      ... and others wait: whoever leaves must look at waiters_
//
// To take a free one and to leave one that nobody waits for is one instruction each. Else
// the owner hands it over: it makes the first waiter the owner and then wakes it, so the
// mutex is never free while somebody waits, nobody overtakes a sleeper, and no waiter
// starves. The price is a switch for each change of owners, which one who takes what is
// just free would save.
//
// I1: owner_ without its lowest bit is the task inside. Only it unlocks.
// I2: the bit is set exactly while there is a waiter; both change under wait_lock_.
// I3: a task does not take a mutex that it has.
//
// Left out: spinning while the owner runs on another CPU, and priority inheritance: an
// owner of low priority that is kept from running keeps its waiters waiting.
#pragma once

#include "lib/assert.hpp"
#include "lib/atomic.hpp"
#include "lib/list.hpp"
#include "lib/spinlock.hpp"
#include "lib/sync/preempt.hpp"
#include "lib/sync/sleep.hpp"

class CAPABILITY("mutex") mutex {
public:
    constexpr explicit mutex(const char* name = "a mutex") : name_(name) {}
    mutex(const mutex&) = delete;
    mutex& operator=(const mutex&) = delete;

    // Never in an interrupt. May sleep.
    void lock() ACQUIRE() {
        might_sleep(name_);
        if (!claim()) lock_slowly();
    }
    [[nodiscard]] bool try_lock() TRY_ACQUIRE(true) { return claim(); }
    void unlock() RELEASE() {
        uintptr_t mine = current();
        if (!owner_.compare_exchange_strong(mine, 0, memory_order::release,
                                            memory_order::relaxed))
            unlock_slowly();
    }

    bool is_locked() const { return owner_.load(memory_order::relaxed) != 0; }
    bool held_by_current_task() const { return owner() == current(); }
    void assert_held() const ASSERT_CAPABILITY(this) {
        kassert(held_by_current_task(), "{} is not held by task {}", name_, current_task());
    }
    const char* name() const { return name_; }
    void check_invariants() EXCLUDES(wait_lock_);

private:
    static constexpr uintptr_t somebody_waits = 1;

    struct waiter {
        task_struct* task;
        bool is_owner;  // it was handed over
        list_head node;
    };

    static uintptr_t current() { return reinterpret_cast<uintptr_t>(current_task()); }
    uintptr_t owner() const { return owner_.load(memory_order::relaxed) & ~somebody_waits; }
    bool claim() {
        uintptr_t nobody = 0;
        return owner_.compare_exchange_strong(nobody, current(), memory_order::acquire,
                                              memory_order::relaxed);
    }
    bool claim_or_announce_locked() REQUIRES(wait_lock_);
    bool is_mine_now(const waiter& me) EXCLUDES(wait_lock_);
    void lock_slowly() NO_THREAD_SAFETY_ANALYSIS;
    void unlock_slowly() NO_THREAD_SAFETY_ANALYSIS;

    atomic<uintptr_t> owner_{0};
    irq_spinlock wait_lock_{"the waiters of a mutex"};
    list<waiter, &waiter::node> waiters_ GUARDED_BY(wait_lock_);
    const char* name_;
};
