// Something that is done once, and who waits for it: a thread's end, an answer of a disk.
//
//     completion done;                       somebody else:
//     start(request, done);
//     done.wait();                           done.complete();
//
// Each complete() lets one waiter through, be it there already or not. complete_all() lets
// everybody through from then on.
//
// A completion may lie on the waiter's stack: who completes it touches it under its lock
// only, and the waiter leaves with that lock taken once more.
#pragma once

#include "lib/sync/wait_queue.hpp"

class completion {
public:
    constexpr explicit completion(const char* name = "a completion") : wait_(name) {}
    completion(const completion&) = delete;
    completion& operator=(const completion&) = delete;

    // From any context.
    void complete() { add(1); }
    void complete_all() { add(forever); }

    void wait() { static_cast<void>(wait_until(TASK_UNINTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT)); }
    // ERESTARTSYS: a signal that ends the task came first.
    result<> wait_killable();
    // The ticks that were left; 0: it is not done.
    s32 wait_timeout(s32 ticks) { return *wait_until(TASK_UNINTERRUPTIBLE, ticks); }
    // True: one complete() was there, and is used up.
    [[nodiscard]] bool try_wait();

    bool done();

private:
    static constexpr u32 forever = ~0u / 2;

    void add(u32 more);
    result<s32> wait_until(u32 state, s32 ticks);

    wait_queue_head wait_;
    u32 done_ GUARDED_BY(wait_.lock) = 0;
};
