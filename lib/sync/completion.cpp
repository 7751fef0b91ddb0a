#include "lib/sync/completion.hpp"

void completion::add(u32 more) {
    {
        const lock_guard held(wait_.lock);
        done_ = more == forever || done_ >= forever ? forever : done_ + more;
        wait_.wake_locked(TASK_NORMAL, more == forever ? all_exclusive : more);
    }
    preempt_check_resched();
}

bool completion::try_wait() {
    const lock_guard held(wait_.lock);
    if (done_ == 0) return false;
    if (done_ != forever) --done_;
    return true;
}

bool completion::done() {
    const lock_guard held(wait_.lock);
    return done_ > 0;
}

result<> completion::wait_killable() {
    const result<s32> outcome = wait_until(TASK_KILLABLE, MAX_SCHEDULE_TIMEOUT);
    if (!outcome) return err{outcome.error()};
    return {};
}

// Both the look and the leaving are under the lock: what stands in the header rests on it.
result<s32> completion::wait_until(u32 state, s32 ticks) {
    might_sleep("wait_for_completion");
    wait_queue_entry entry{.exclusive = true};
    for (;;) {
        {
            const lock_guard held(wait_.lock);
            const bool interrupted = state == TASK_KILLABLE && fatal_signal_pending();
            if (done_ > 0 || ticks == 0 || interrupted) {
                wait_.finish_wait_locked(entry);
                if (done_ == 0 && ticks == 0) return 0;
                if (done_ == 0) return err{ERESTARTSYS};
                if (done_ != forever) --done_;
                return max_of(ticks, s32{1});
            }
            wait_.prepare_to_wait_locked(entry, state);
        }
        ticks = schedule_timeout(ticks);
    }
}
