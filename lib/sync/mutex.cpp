#include "lib/sync/mutex.hpp"

// The owner may leave at any time until it is told that somebody waits.
bool mutex::claim_or_announce_locked() {
    uintptr_t seen = owner_.load(memory_order::relaxed);
    for (;;) {
        const uintptr_t wanted = seen == 0 ? current() : seen | somebody_waits;
        if (owner_.compare_exchange_strong(seen, wanted, memory_order::acquire,
                                           memory_order::relaxed))
            return seen == 0;
    }
}

bool mutex::is_mine_now(const waiter& me) {
    const lock_guard held(wait_lock_);
    if (!me.is_owner) set_current_state(TASK_UNINTERRUPTIBLE);
    return me.is_owner;
}

void mutex::lock_slowly() {
    kassert(owner() != current(), "mutex I3: {} is taken twice by task {}", name_,
            current_task());
    waiter me{.task = current_task(), .is_owner = false, .node = {}};
    {
        const lock_guard held(wait_lock_);
        if (claim_or_announce_locked()) return;
        waiters_.push_back(me);
    }
    while (!is_mine_now(me)) schedule();
}

void mutex::unlock_slowly() {
    assert_held();
    {
        const lock_guard held(wait_lock_);
        waiter* const next = waiters_.pop_front();
        kassert(next, "mutex I2: {} has no waiter", name_);
        task_struct& task = *next->task;
        const uintptr_t others = waiters_.empty() ? 0 : somebody_waits;
        owner_.store(reinterpret_cast<uintptr_t>(&task) | others, memory_order::release);
        next->is_owner = true;  // from here on *next may be gone, but for the lock
        wake_up_process(task);
    }
    preempt_check_resched();
}

void mutex::check_invariants() {
    const lock_guard held(wait_lock_);
    waiters_.check_invariants();
    const bool announced = owner_.load(memory_order::relaxed) & somebody_waits;
    kassert(announced == !waiters_.empty(), "mutex I2: {}: {} wait, announced: {}", name_,
            waiters_.count(), announced);
}
