#include "lib/sync/wait_queue.hpp"

void wait_queue_head::prepare_to_wait(wait_queue_entry& entry, u32 state) {
    const lock_guard held(lock);
    prepare_to_wait_locked(entry, state);
}

void wait_queue_head::prepare_to_wait_locked(wait_queue_entry& entry, u32 state) {
    if (!entry.task) {
        entry.task = current_task();
        if (entry.exclusive)
            entries_.push_back(entry);
        else
            entries_.push_front(entry);
    }
    kassert(entry.task == current_task(), "{}: task {} waits by the entry of {}", lock.name(),
            current_task(), entry.task);
    set_current_state(state);
}

void wait_queue_head::finish_wait(wait_queue_entry& entry) {
    const lock_guard held(lock);
    finish_wait_locked(entry);
}

void wait_queue_head::finish_wait_locked(wait_queue_entry& entry) {
    set_current_state(TASK_RUNNING);
    if (!entry.task) return;
    entries_.erase(entry);
    entry.task = nullptr;
}

void wait_queue_head::add(wait_queue_entry& entry) {
    const lock_guard held(lock);
    entries_.push_front(entry);
}

void wait_queue_head::remove(wait_queue_entry& entry) {
    const lock_guard held(lock);
    entries_.erase(entry);
}

void wait_queue_head::wake(u32 states, u32 exclusive) {
    {
        const lock_guard held(lock);
        wake_locked(states, exclusive);
    }
    preempt_check_resched();
}

void wait_queue_head::wake_locked(u32 states, u32 exclusive) {
    for (wait_queue_entry& waiter : entries_) {
        if (waiter.exclusive && exclusive == 0) return;
        if (waiter.function) {
            waiter.function(waiter);
            continue;
        }
        if (try_to_wake_up(*waiter.task, states) && waiter.exclusive) --exclusive;
    }
}

bool wait_queue_head::active() {
    const lock_guard held(lock);
    return !entries_.empty();
}
