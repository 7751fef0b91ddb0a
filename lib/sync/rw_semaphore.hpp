// A semaphore for readers and one writer, Linux's rw_semaphore: mmap_sem is one.
//
//     count   0      nobody        n > 0   n readers        -1   a writer
//
// Who cannot have it sleeps. Sleeping is the scheduler's, a floor above: it
// gives set_waiting() somebody whose wait() returns when the semaphore may be free. Until
// there are tasks nobody could wake a sleeper, so to wait is a bug, and reported as one.
#pragma once

#include "lib/assert.hpp"
#include "lib/atomic.hpp"
#include "lib/sync/preempt.hpp"
#include "lib/thread_safety.hpp"

class CAPABILITY("rw_semaphore") rw_semaphore {
public:
    constexpr explicit rw_semaphore(const char* name = "a semaphore") : name_(name) {}
    rw_semaphore(const rw_semaphore&) = delete;
    rw_semaphore& operator=(const rw_semaphore&) = delete;

    void down_read() ACQUIRE() {
        might_sleep(name_);
        while (!down_read_trylock()) wait();
    }
    void up_read() RELEASE() {
        const s32 before = count_.fetch_sub(1, memory_order::release);
        kassert(before > 0, "{}: a reader leaves, the count was {}", name_, before);
        if (before == 1) wake();
    }
    void down_write() ACQUIRE() {
        might_sleep(name_);
        while (!down_write_trylock()) wait();
    }
    void up_write() RELEASE() {
        const s32 before = count_.exchange(0, memory_order::release);
        kassert(before == writer, "{}: a writer leaves, the count was {}", name_, before);
        wake();
    }
    // A writer becomes a reader; no other writer comes in between.
    void downgrade_write() NO_THREAD_SAFETY_ANALYSIS {
        const s32 before = count_.exchange(1, memory_order::release);
        kassert(before == writer, "{}: no writer becomes a reader, the count was {}", name_,
                before);
        wake();
    }

    [[nodiscard]] bool down_read_trylock() TRY_ACQUIRE(true) {
        s32 seen = count_.load(memory_order::relaxed);
        while (seen >= 0)
            if (count_.compare_exchange_strong(seen, seen + 1, memory_order::acquire,
                                             memory_order::relaxed))
                return true;
        return false;
    }
    [[nodiscard]] bool down_write_trylock() TRY_ACQUIRE(true) {
        s32 nobody = 0;
        return count_.compare_exchange_strong(nobody, writer, memory_order::acquire,
                                              memory_order::relaxed);
    }

    bool is_locked() const { return count_.load(memory_order::relaxed) != 0; }
    bool is_write_locked() const { return count_.load(memory_order::relaxed) == writer; }

private:
    static constexpr s32 writer = -1;

    void wait() {
        kassert(waits_, "{} is taken, and there is nobody who could wake a sleeper", name_);
        waits_->wait(*this);
    }
    void wake() {
        if (waits_) waits_->wake(*this);
    }

public:
    // What the scheduler defines.
    class waiting {
    public:
        virtual void wait(rw_semaphore&) = 0;
        virtual void wake(rw_semaphore&) = 0;

    protected:
        ~waiting() = default;
    };
    static void set_waiting(waiting* waits) { waits_ = waits; }

private:
    static inline waiting* waits_ = nullptr;

    atomic<s32> count_{0};
    const char* name_;
};

class SCOPED_CAPABILITY read_guard {
public:
    explicit read_guard(rw_semaphore& lock) ACQUIRE(lock) : lock_(lock) { lock_.down_read(); }
    ~read_guard() RELEASE() { lock_.up_read(); }
    read_guard(const read_guard&) = delete;
    read_guard& operator=(const read_guard&) = delete;

private:
    rw_semaphore& lock_;
};

class SCOPED_CAPABILITY write_guard {
public:
    explicit write_guard(rw_semaphore& lock) ACQUIRE(lock) : lock_(lock) {
        lock_.down_write();
    }
    ~write_guard() RELEASE() { lock_.up_write(); }
    write_guard(const write_guard&) = delete;
    write_guard& operator=(const write_guard&) = delete;

private:
    rw_semaphore& lock_;
};
