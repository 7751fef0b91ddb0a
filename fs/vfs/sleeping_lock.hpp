// The one lock of fs/ that is held while its owner sleeps. What is locked with it may wait
// for memory and for pages; who waits for the lock sleeps as well.
#pragma once

#include "lib/spinlock.hpp"
#include "lib/sync/rw_semaphore.hpp"

class CAPABILITY("mutex") sleeping_lock {
public:
    constexpr explicit sleeping_lock(const char* name) : semaphore_(name) {}
    void lock() ACQUIRE() NO_THREAD_SAFETY_ANALYSIS { semaphore_.down_write(); }
    void unlock() RELEASE() NO_THREAD_SAFETY_ANALYSIS { semaphore_.up_write(); }
    bool is_locked() const { return semaphore_.is_locked(); }

private:
    rw_semaphore semaphore_;
};
