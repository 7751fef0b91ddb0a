// Failing on purpose: so that the paths that unwind after a failure run, and are
// seen to leave nothing behind. After Linux's fault injection.
//
// Whoever can fail has a fault_attr and asks it first; it does not go away while it is
// armed, for somebody counts on that:
//
//     constinit fault_attr fail_page_alloc("fail_page_alloc");
//
//     if (fail_page_alloc.should_fail(PAGE_SIZE << order)) return nullptr;
//
// While nothing is asked for, that is one load and one test; and allocators whose usual
// way does not ask at all are told to take the careful one (lib/sync/preempt.hpp), on
// the CPU that asks for failures. There are two ways to ask, and they may be used at
// once:
//
//   by chance   for a whole run: fail_page_alloc=INTERVAL,PROBABILITY,SPACE,TIMES
//
//       every INTERVALth call, once SPACE bytes have been handed out, fails with
//       PROBABILITY per cent, TIMES times at most (-1: without end)
//
//   by number   for a test: the Nth call from now fails, and that one only. Driven
//               over every N, this visits each point at which the body can fail:
//
//       body    alloc ── alloc ── alloc ── done
//       n = 1     x   unwinds
//       n = 2             x   unwinds
//       n = 3                      x   unwinds
//       n = 4                               completes: three points were failed
//
//       const u32 points = for_each_failure(fail_page_alloc, [&] {
//           if (fork_something()) undo(); else EXPECT_EQ(free_pages(), before);
//       });
//
// I1: armed_ is true exactly while a failure may still come.
// I2: the same settings fail the same calls in each run (lib/random.hpp).
//
// Left out: limits to one task (by number, every CPU's calls count) and to callers.
#pragma once

#include "lib/atomic.hpp"
#include "lib/random.hpp"
#include "lib/spinlock.hpp"
#include "lib/sync/preempt.hpp"

#include <optional>
#include <string_view>

struct fault_settings {
    u32 interval = 1;     // only every so many-th call may fail; 0 is as 1
    u32 probability = 0;  // per cent, 0: never
    u32 space = 0;        // bytes that are handed out before any call fails
    s32 times = 1;        // failures at most, -1: no limit

    bool operator==(const fault_settings&) const = default;
};

// "INTERVAL,PROBABILITY,SPACE,TIMES", as Linux's boot parameters have it. Nothing
// when it is malformed: four numbers, a probability up to 100, times from -1.
std::optional<fault_settings> parse_fault_settings(std::string_view text);

class fault_attr {
public:
    constexpr explicit fault_attr(const char* name) : name_(name) {}

    // Whether this call, for `size` bytes, is to fail. To be asked once a call.
    bool should_fail(u32 size) { return armed() && !booting && decide(size); }
    // Whether any call might fail.
    bool armed() const {
        return __builtin_expect(armed_.load(memory_order::relaxed), 0);
    }

    // The kernel boots: what the command line asks for begins behind it, or it would never
    // be seen. Set and taken back by kernel_main.
    static inline constinit bool booting = false;

    const char* name() const { return name_; }
    fault_settings settings() const EXCLUDES(lock_);
    void set(const fault_settings& settings) EXCLUDES(lock_);
    // The value of a boot parameter. False when it is malformed; nothing changes then.
    bool set(std::string_view text) EXCLUDES(lock_);

    // The nth call from now on, 1 the next one; 0: none. See `fail_nth`.
    void set_nth(u32 n) EXCLUDES(lock_);

    // Calls while something was asked for, and those of them that failed.
    u32 calls() const EXCLUDES(lock_);
    u32 failures() const EXCLUDES(lock_);

    void check_invariants() const EXCLUDES(lock_);

private:
    [[gnu::cold]] bool decide(u32 size) EXCLUDES(lock_);
    bool fails_by_number_locked() REQUIRES(lock_);
    bool fails_by_chance_locked(u32 size) REQUIRES(lock_);
    bool wanted_locked() const REQUIRES(lock_) {
        return nth_ > 0 || (settings_.probability > 0 && settings_.times != 0);
    }
    void rearm_locked() REQUIRES(lock_) {
        const bool wanted = wanted_locked();
        if (wanted != armed_.load(memory_order::relaxed)) allocate_with_care(wanted ? 1 : -1);
        armed_.store(wanted, memory_order::relaxed);
    }

    atomic<bool> armed_{false};
    mutable irq_spinlock lock_{"a fault_attr"};
    const char* name_;
    fault_settings settings_ GUARDED_BY(lock_);
    random_source random_ GUARDED_BY(lock_){1};
    u32 since_interval_ GUARDED_BY(lock_) = 0;
    u32 nth_ GUARDED_BY(lock_) = 0;  // calls until the one that fails, itself included
    u32 calls_ GUARDED_BY(lock_) = 0;
    u32 failures_ GUARDED_BY(lock_) = 0;
};

// While this lives, the nth call fails.
class fail_nth {
public:
    fail_nth(fault_attr& attr, u32 n) : attr_(attr), failures_before_(attr.failures()) {
        attr_.set_nth(n);
    }
    ~fail_nth() { attr_.set_nth(0); }
    fail_nth(const fail_nth&) = delete;
    fail_nth& operator=(const fail_nth&) = delete;

    // Whether it came to that.
    bool failed() const { return attr_.failures() != failures_before_; }

private:
    fault_attr& attr_;
    u32 failures_before_;
};

// Runs `body` with its first call failing, then its second, and so on, until it
// completes without a failure. How many points were failed: 0 says that the body
// never asked. `attr` must not fail by chance meanwhile.
template <class Body>
u32 for_each_failure(fault_attr& attr, Body body) {
    // More points than any body has: one that never ends is a mistake of the test.
    constexpr u32 most = 1'000'000;
    kassert(attr.settings().probability == 0, "{} fails by chance, too", attr.name());
    for (u32 n = 1; n <= most; ++n) {
        fail_nth armed(attr, n);
        body();
        if (!armed.failed()) return n - 1;
    }
    kassert(false, "{}: {} points failed, and no end", attr.name(), most);
    return most;
}
