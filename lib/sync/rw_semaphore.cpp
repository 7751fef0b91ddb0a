#include "lib/sync/rw_semaphore.hpp"

// True: inside. Else those who leave know from here on that somebody waits.
bool rw_semaphore::enter_or_announce_locked(bool writes) {
    u32 seen = count_.load(memory_order::relaxed);
    for (;;) {
        const bool may_enter = writes ? seen == 0 : !(seen & (writer | waits));
        const u32 wanted = !may_enter ? seen | waits : seen + (writes ? writer : one_reader);
        if (count_.compare_exchange_strong(seen, wanted, memory_order::acquire,
                                           memory_order::relaxed))
            return may_enter;
    }
}

bool rw_semaphore::is_inside_now(const waiter& me) {
    const lock_guard held(wait_lock_);
    if (!me.is_inside) set_current_state(TASK_UNINTERRUPTIBLE);
    return me.is_inside;
}

void rw_semaphore::wait(bool writes) {
    waiter me{.task = current_task(), .writes = writes, .is_inside = false, .node = {}};
    {
        const lock_guard held(wait_lock_);
        if (enter_or_announce_locked(writes)) return;
        waiters_.push_back(me);
    }
    while (!is_inside_now(me)) schedule();
}

void rw_semaphore::let_in_locked(waiter& next) {
    task_struct& task = *next.task;
    waiters_.erase(next);
    count_.fetch_add(next.writes ? writer : one_reader, memory_order::acquire);
    if (waiters_.empty()) count_.fetch_and(~waits, memory_order::relaxed);
    next.is_inside = true;  // from here on `next` may be gone, but for the lock
    wake_up_process(task);
}

// Nobody comes in by himself while `waits` is set; who leaves meanwhile finds less to do.
void rw_semaphore::hand_over() {
    {
        const lock_guard held(wait_lock_);
        waiter* next = waiters_.first();
        if (next && next->writes && !is_locked()) {
            let_in_locked(*next);
        } else if (!is_write_locked()) {
            for (; next && !next->writes; next = waiters_.first()) let_in_locked(*next);
        }
    }
    preempt_check_resched();
}

void rw_semaphore::check_invariants() {
    const lock_guard held(wait_lock_);
    waiters_.check_invariants();
    const u32 count = count_.load(memory_order::relaxed);
    kassert(!(count & writer) || count < one_reader, "rw_semaphore I1: {}: count {:#x}", name_,
            count);
    kassert(((count & waits) != 0) == !waiters_.empty(),
            "rw_semaphore I2: {}: {} wait, count {:#x}", name_, waiters_.count(), count);
}
