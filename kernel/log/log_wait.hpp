// Waiting for a line of the kernel log. printk() may be called with any lock held, and so
// wakes nobody: who waits looks again ten times a second.
#pragma once

#include "lib/clock.hpp"
#include "lib/result.hpp"
#include "lib/sync/wait_queue.hpp"

// ERESTARTSYS: a signal has come; otherwise there may be a line now.
inline result<> wait_for_log() {
    if (signal_pending()) return err{ERESTARTSYS};
    set_current_state(TASK_INTERRUPTIBLE);
    static_cast<void>(schedule_timeout(HZ / 10));
    return {};
}
