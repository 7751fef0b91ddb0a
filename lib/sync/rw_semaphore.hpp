// A semaphore for readers and one writer, Linux's rw_semaphore: mmap_sem is one.
//
//     count_   31 .................. 2   1       0
//              readers inside            waits   writer inside
//
// While nobody waits, coming and going is one instruction. Who cannot have it sleeps, and
// from then on everybody stands in line, readers too: so a writer is not starved by readers
// who come and go. The last who leaves hands the semaphore over to the first in line: a
// writer alone, or all readers up to the next writer.
//
//     inside:  R R        in line:  W  R  R  W  R
//                                   `  `--'  `  `     four turns
//
// I1: there is a writer inside or readers, never both.
// I2: `waits` is set exactly while somebody is in line; both change under wait_lock_.
// I3: who is woken is inside already: nobody can come in between.
//
// So a task must not take it for reading twice: with a writer in line between the two it
// would wait for itself. Until there are tasks, to wait is a bug, and reported as one.
#pragma once

#include "lib/assert.hpp"
#include "lib/atomic.hpp"
#include "lib/list.hpp"
#include "lib/spinlock.hpp"
#include "lib/sync/preempt.hpp"
#include "lib/sync/sleep.hpp"
#include "lib/thread_safety.hpp"

class CAPABILITY("rw_semaphore") rw_semaphore {
public:
    constexpr explicit rw_semaphore(const char* name = "a semaphore") : name_(name) {}
    rw_semaphore(const rw_semaphore&) = delete;
    rw_semaphore& operator=(const rw_semaphore&) = delete;

    void down_read() ACQUIRE() {
        might_sleep(name_);
        if (!down_read_trylock()) wait(false);
    }
    void up_read() RELEASE() {
        const u32 before = count_.fetch_sub(one_reader, memory_order::release);
        kassert(before >= one_reader, "{}: a reader leaves, the count was {:#x}", name_, before);
        if (before == (one_reader | waits)) hand_over();
    }
    void down_write() ACQUIRE() {
        might_sleep(name_);
        if (!down_write_trylock()) wait(true);
    }
    void up_write() RELEASE() {
        const u32 before = count_.fetch_and(~writer, memory_order::release);
        kassert(before & writer, "{}: a writer leaves, the count was {:#x}", name_, before);
        if (before & waits) hand_over();
    }
    // A writer becomes a reader; no other writer comes in between. Readers that are next in
    // line join it.
    void downgrade_write() NO_THREAD_SAFETY_ANALYSIS {
        const u32 before = count_.fetch_add(one_reader - writer, memory_order::release);
        kassert(before & writer, "{}: no writer becomes a reader, the count was {:#x}", name_,
                before);
        if (before & waits) hand_over();
    }

    // Not either while somebody is in line.
    [[nodiscard]] bool down_read_trylock() TRY_ACQUIRE(true) {
        u32 seen = count_.load(memory_order::relaxed);
        while (!(seen & (writer | waits)))
            if (count_.compare_exchange_strong(seen, seen + one_reader, memory_order::acquire,
                                               memory_order::relaxed))
                return true;
        return false;
    }
    [[nodiscard]] bool down_write_trylock() TRY_ACQUIRE(true) {
        u32 nobody = 0;
        return count_.compare_exchange_strong(nobody, writer, memory_order::acquire,
                                              memory_order::relaxed);
    }

    bool is_locked() const { return (count_.load(memory_order::relaxed) & ~waits) != 0; }
    bool is_write_locked() const { return count_.load(memory_order::relaxed) & writer; }
    void check_invariants() EXCLUDES(wait_lock_);

private:
    static constexpr u32 writer = 1;
    static constexpr u32 waits = 2;
    static constexpr u32 one_reader = 4;

    struct waiter {
        task_struct* task;
        bool writes;
        bool is_inside;
        list_head node;
    };

    bool enter_or_announce_locked(bool writes) REQUIRES(wait_lock_);
    void let_in_locked(waiter& next) REQUIRES(wait_lock_);
    bool is_inside_now(const waiter& me) EXCLUDES(wait_lock_);
    void wait(bool writes) EXCLUDES(wait_lock_);
    void hand_over() EXCLUDES(wait_lock_);

    atomic<u32> count_{0};
    irq_spinlock wait_lock_{"the waiters of a semaphore"};
    list<waiter, &waiter::node> waiters_ GUARDED_BY(wait_lock_);
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
