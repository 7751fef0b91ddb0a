#include "fs/vfs/poll.hpp"

#include "lib/clock.hpp"
#include "lib/container_of.hpp"
#include "mm/slab/kmalloc.hpp"

// Behind those in the table itself: half a page of them at a time.
struct poll_table::more_waiters {
    static constexpr u32 room = (PAGE_SIZE / 2 - 2 * sizeof(void*)) / sizeof(waiter);
    more_waiters* next;
    u32 used;
    waiter waiters[room];
};

void poll_table::forget(waiter* waiters, u32 count) {
    for (waiter* one = waiters; one < waiters + count; ++one) {
        one->queue->remove(one->entry);
        fput(one->file);
    }
}

poll_table::~poll_table() {
    forget(waiters_, used_);
    while (more_waiters* const chunk = more_) {
        more_ = chunk->next;
        forget(chunk->waiters, chunk->used);
        kfree(chunk);
    }
}

poll_table::waiter* poll_table::new_waiter() {
    if (used_ < here) return &waiters_[used_++];
    if (!more_ || more_->used == more_waiters::room) {
        more_waiters* const chunk =
            static_cast<more_waiters*>(kzalloc(sizeof(more_waiters), GFP_KERNEL));
        if (!chunk) return nullptr;
        chunk->next = more_;
        more_ = chunk;
    }
    return &more_->waiters[more_->used++];
}

void poll_table::wake(wait_queue_entry& entry) {
    poll_table& table = *container_of<&waiter::entry>(&entry)->table;
    table.woken_.store(true);
    try_to_wake_up(*table.task_, TASK_INTERRUPTIBLE);
}

void poll_table::wait(open_file& file, wait_queue_head& queue) {
    waiter* const one = new_waiter();
    if (!one) {
        failed_ = true;
        return;
    }
    *one = {.entry = {.function = wake}, .table = this, .file = &file, .queue = &queue};
    get_file(&file);
    queue.add(one->entry);
}

s32 poll_table::sleep(s32 ticks) {
    const s32 now = looks_again_ ? min_of(ticks, s32{HZ / 10}) : ticks;
    s32 left = now;
    set_current_state(TASK_INTERRUPTIBLE);
    if (!woken_.load() && !signal_pending()) left = schedule_timeout(now);
    set_current_state(TASK_RUNNING);
    woken_.store(false);
    return ticks - (now - left);
}
