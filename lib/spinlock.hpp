// Spinlocks. One CPU runs for now, but everything shared is locked as if many
// did: the lock keeps interrupts off while it is held, knows its owner, and
// says so when it is taken twice or released by a stranger.
//
//     irq_spinlock lock;
//     { lock_guard held(lock); ... }
//
// I1: owner_ is the number of the CPU inside, or `nobody`.
// I2: interrupts are off on the owner from lock() to unlock(); unlock() puts
//     back what lock() found.
// I3: a CPU that holds the lock does not take it again.
#pragma once

#include <cpu/irqflags.hpp>
#include <cpu/processor.hpp>
#include "lib/assert.hpp"
#include "lib/atomic.hpp"
#include "lib/thread_safety.hpp"
#include "lib/types.hpp"

class CAPABILITY("spinlock") irq_spinlock {
public:
    constexpr explicit irq_spinlock(const char* name = "a spinlock") : name_(name) {}
    irq_spinlock(const irq_spinlock&) = delete;
    irq_spinlock& operator=(const irq_spinlock&) = delete;

    void lock() ACQUIRE() {
        const irq_state before = local_irq_save();
        kassert(!held_by_this_cpu(), "{} is taken twice by CPU {}", name_, smp_processor_id());
        while (!claim()) cpu_relax();
        before_ = before;
    }

    [[nodiscard]] bool try_lock() TRY_ACQUIRE(true) {
        const irq_state before = local_irq_save();
        if (!claim()) {
            local_irq_restore(before);
            return false;
        }
        before_ = before;
        return true;
    }

    void unlock() RELEASE() {
        kassert(held_by_this_cpu(), "{} is released by CPU {}, its owner is {}", name_,
                smp_processor_id(), owner_.load(memory_order::relaxed));
        const irq_state before = before_;
        owner_.store(nobody, memory_order::release);
        local_irq_restore(before);
    }

    bool held_by_this_cpu() const {
        return owner_.load(memory_order::relaxed) == static_cast<int>(smp_processor_id());
    }
    void assert_held() const ASSERT_CAPABILITY(this) {
        kassert(held_by_this_cpu(), "{} is not held by CPU {}", name_, smp_processor_id());
    }
    const char* name() const { return name_; }

    // For a panic only: whoever held it will not come back.
    void break_lock() NO_THREAD_SAFETY_ANALYSIS {
        owner_.store(nobody, memory_order::release);
    }

private:
    static constexpr int nobody = -1;

    bool claim() {
        int expected = nobody;
        return owner_.compare_exchange_strong(expected, static_cast<int>(smp_processor_id()),
                                              memory_order::acquire, memory_order::relaxed);
    }

    atomic<int> owner_{nobody};
    irq_state before_{};  // written and read by the owner only
    const char* name_;
};

template <class Lock>
class SCOPED_CAPABILITY lock_guard {
public:
    explicit lock_guard(Lock& lock) ACQUIRE(lock) : lock_(lock) { lock_.lock(); }
    ~lock_guard() RELEASE() { lock_.unlock(); }
    lock_guard(const lock_guard&) = delete;
    lock_guard& operator=(const lock_guard&) = delete;

private:
    Lock& lock_;
};
