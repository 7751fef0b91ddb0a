#include "drivers/time/clock.hpp"

#include "arch/i386/cpu_features.hpp"
#include "arch/i386/irq.hpp"
#include <cpu/io.hpp>
#include "drivers/time/clock_math.hpp"
#include "lib/clock.hpp"
#include "lib/command.hpp"
#include "lib/log.hpp"
#include "lib/spinlock.hpp"

namespace {

u64 rdtsc() {
    u32 low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return static_cast<u64>(high) << 32 | low;
}

// ---- how fast the TSC runs -------------------------------------------------------
// Both counters run on by themselves, so it does not matter what happens to us (an
// SMI, a busy host) between two looks at them; a look itself must be undisturbed.

constexpr u32 round_counts = 5966;  // 5 ms
constexpr u32 max_rounds = 8;
constexpr u32 max_polls = 100'000;  // a round takes about 2000 on a PC

struct look {
    u64 tsc;
    u32 counter;
};

// The quickest of some: the counter was read within `width` cycles of `tsc`.
look look_at_both() {
    look best{};
    u64 width = ~u64{0};
    for (int i = 0; i < 8; ++i) {
        const u64 before = rdtsc();
        const u32 counter = pit_read_countdown();
        const u64 after = rdtsc();
        if (after - before >= width) continue;
        width = after - before;
        best = {before + width / 2, counter};
    }
    return best;
}

// kHz, or 0 when that cannot be told.
u32 measure_round() {
    const irq_state before = local_irq_save();
    pit_start_countdown();
    const look first = look_at_both();
    u32 polls = 0;
    while (polls < max_polls && first.counter - pit_read_countdown() < round_counts)
        ++polls;
    const look last = look_at_both();
    const bool good =
        polls < max_polls && last.counter < first.counter && !pit_countdown_over();
    pit_stop_countdown();
    local_irq_restore(before);
    return good ? khz_from(last.tsc - first.tsc, first.counter - last.counter, PIT_HZ) : 0;
}

// 0 when the speed cannot be told.
u32 calibrate_tsc_khz() {
    u32 khz[max_rounds];
    u32 rounds = 0;
    for (u32 attempt = 0; attempt < max_rounds; ++attempt) {
        const u32 measured = measure_round();
        // Nothing counts; or one countdown ended while the host had us wait.
        if (measured == 0 && attempt > 0 && rounds == 0) break;
        if (measured == 0) continue;
        khz[rounds++] = measured;
        const auto pair = closest_pair({khz, rounds});
        if (pair && pair->within(2048)) return pair->value;
    }
    const auto pair = closest_pair({khz, rounds});
    if (pair && pair->within(64)) return pair->value;
    pr_notice("clock: {} measurements of the TSC, no two agree", rounds);
    return 0;
}

// ---- the clock -------------------------------------------------------------------

class system_clock {
public:
    void start(u32 tsc_khz);
    void tick();

    u64 uptime_us() EXCLUDES(lock_);
    u64 jiffies() EXCLUDES(lock_);
    bool started() const { return started_; }
    u32 tsc_khz() const { return tsc_khz_; }  // 0: the tick is the clock

private:
    static constexpr u32 watch_ticks = 2 * HZ;

    u64 ticks_us_locked() REQUIRES(lock_) {
        return pit_scale_(ticks_.read(pit_read_tick_counter()));
    }
    u64 tsc_us() const { return tsc_scale_(rdtsc() - tsc_start_); }
    bool tsc_is_slow_locked() REQUIRES(lock_);
    u64 last_known_us() const NO_THREAD_SAFETY_ANALYSIS;

    irq_spinlock lock_{"the clock"};
    tick_clock ticks_ GUARDED_BY(lock_){TICK_COUNTS};
    u64 jiffies_ GUARDED_BY(lock_) = 0;
    clock_scale pit_scale_{};
    u64 ticks_base_us_ GUARDED_BY(lock_) = 0;  // what the TSC had counted at its end

    clock_scale tsc_scale_{};
    u64 tsc_start_ = 0;
    u64 watched_us_ GUARDED_BY(lock_) = 0;
    u64 last_us_ GUARDED_BY(lock_) = 0;
    std::atomic<u32> tsc_khz_{0};
    std::atomic<bool> started_{false};
};

void system_clock::start(u32 tsc_khz) {
    pit_scale_ = *make_clock_scale(1'000'000, PIT_HZ);
    if (const auto scale = make_clock_scale(1000, tsc_khz)) {
        tsc_scale_ = *scale;
        tsc_start_ = rdtsc();
        tsc_khz_ = tsc_khz;
    }
    pit_start_tick();
    started_ = true;
}

// Ticks get lost, but never come too often: when the TSC shows much less time than
// the ticks took, it was standing still.
bool system_clock::tsc_is_slow_locked() {
    const u64 now = tsc_us();
    const u64 passed = now - watched_us_;
    watched_us_ = now;
    return passed < u64{watch_ticks} * (1'000'000 / HZ) * 3 / 4;
}

void system_clock::tick() {
    bool given_up = false;
    {
        lock_guard held(lock_);
        ++jiffies_;
        ticks_.tick(pit_read_tick_counter());
        const bool watch = tsc_khz_ && static_cast<u32>(jiffies_) % watch_ticks == 0;
        if (watch && tsc_is_slow_locked()) {
            given_up = true;
            // Both in one step under the lock: the ticks go on where the TSC ends.
            ticks_base_us_ = watched_us_ - ticks_us_locked();
            tsc_khz_ = 0;
        }
    }
    if (given_up) pr_warn("clock: the TSC falls behind, the tick is the clock now");
}

u64 system_clock::last_known_us() const { return last_us_; }

u64 system_clock::uptime_us() {
    if (!started_) return 0;
    // Only a fault inside the clock itself gets here: its report wants a time stamp.
    if (lock_.held_by_this_cpu()) return last_known_us();
    lock_guard held(lock_);
    const u64 now = tsc_khz_ ? tsc_us() : ticks_base_us_ + ticks_us_locked();
    last_us_ = max_of(last_us_, now);
    return last_us_;
}

u64 system_clock::jiffies() {
    lock_guard held(lock_);
    return jiffies_;
}

constinit system_clock the_clock;

void timer_interrupt(unsigned, void*) { the_clock.tick(); }

// Whether the line asks within three periods, be it that interrupts are on or off.
bool tick_arrives() {
    constexpr u32 patience_us = 3 * 1'000'000 / HZ, step_us = 250;
    const u64 jiffies_before = the_clock.jiffies();
    for (u32 waited = 0; waited < patience_us; waited += step_us) {
        if (the_irq_table().pending(0)) return true;
        if (the_clock.jiffies() != jiffies_before) return true;
        udelay(step_us);
    }
    return false;
}

}  // namespace

u64 get_jiffies_64() { return the_clock.jiffies(); }

u64 uptime_us() { return the_clock.uptime_us(); }

void udelay(u32 microseconds) {
    if (!the_clock.started()) {
        for (u32 i = 0; i < microseconds; ++i) io_delay();
        return;
    }
    // Where the tick is the clock, a turn takes at least three port accesses; if the
    // PIT has died, the count of turns ends the wait.
    u64 turns = u64{microseconds} * 64 + 100'000;
    const u64 start = uptime_us();
    while (uptime_us() - start <= microseconds) {
        cpu_relax();
        if (!the_clock.tsc_khz() && --turns == 0) return;
    }
}

void time_init() {
    const u32 khz = boot_cpu().tsc ? calibrate_tsc_khz() : 0;
    the_clock.start(khz);
    if (!request_irq(0, timer_interrupt, nullptr, "timer")) {
        pr_err("clock: irq 0 is taken, time stands still");
        return;
    }
    if (!tick_arrives()) {
        const bool mended = interrupts_fall_back_to_pic() && tick_arrives();
        if (!mended) pr_err("clock: the timer sends no interrupts");
    }
    if (khz)
        pr_info("clock: TSC of {}.{:03} MHz, {} ticks a second", khz / 1000, khz % 1000,
                HZ);
    else
        pr_info("clock: PIT, {} ticks a second", HZ);
}

REGISTER(monitor_command, uptime_command) = {
    .name = "uptime",
    .usage = "uptime",
    .help = "the time since the kernel started, and by which clock",
    .run =
        [](command_line&, text_sink& out) {
            const u64 us = uptime_us();
            const u32 seconds = static_cast<u32>(us / 1'000'000);
            format_to(out, "up {} days, {:02}:{:02}:{:02}.{:06}  jiffies {}  clock {}\n",
                      seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60,
                      static_cast<u32>(us % 1'000'000), get_jiffies_64(),
                      the_clock.tsc_khz() ? "TSC" : "PIT");
            return 0;
        },
};
