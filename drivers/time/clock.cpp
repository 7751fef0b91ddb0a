#include "drivers/time/clock.hpp"

#include "arch/i386/cpu_features.hpp"
#include "arch/i386/irq.hpp"
#include <cpu/io.hpp>
#include <cpu/tsc.hpp>
#include "drivers/time/clock_math.hpp"
#include "drivers/time/tsc_speed.hpp"
#include "lib/clock.hpp"
#include "lib/command.hpp"
#include "lib/log.hpp"
#include "lib/spinlock.hpp"

namespace {

class system_clock {
public:
    enum source_t : u8 { none, tsc, pit, delays };

    void start(u32 tsc_khz, bool pit_counts);
    void tick();
    // The PIT stands still, no other clock is there: udelay is what time there is.
    void give_up_pit() EXCLUDES(lock_);
    void count_delay(u32 microseconds) EXCLUDES(lock_);

    u64 uptime_us() EXCLUDES(lock_);
    u64 jiffies() EXCLUDES(lock_);
    source_t source() const { return source_; }

private:
    static constexpr u32 watch_ticks = 2 * HZ;

    u64 ticks_us_locked() REQUIRES(lock_) {
        return pit_scale_(ticks_.read(pit_read_tick_counter()));
    }
    u64 tsc_us() const { return tsc_scale_(read_tsc() - tsc_start_); }
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
    atomic<source_t> source_{none};
};

void system_clock::start(u32 tsc_khz, bool pit_counts) {
    source_t source = pit_counts ? pit : delays;
    pit_scale_ = *make_clock_scale(1'000'000, PIT_HZ);
    if (const auto scale = make_clock_scale(1000, tsc_khz)) {
        tsc_scale_ = *scale;
        tsc_start_ = read_tsc();
        source = tsc;
    }
    pit_start_tick();
    source_ = source;
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
        const bool watch = source_ == tsc && static_cast<u32>(jiffies_) % watch_ticks == 0;
        if (watch && tsc_is_slow_locked()) {
            given_up = true;
            // Both in one step under the lock: the ticks go on where the TSC ends.
            ticks_base_us_ = watched_us_ - ticks_us_locked();
            source_ = pit;
        }
    }
    if (given_up) pr_warn("clock: the TSC falls behind, the tick is the clock now");
}

void system_clock::give_up_pit() {
    source_t expected = pit;
    if (source_.compare_exchange_strong(expected, delays))
        pr_warn("clock: the PIT has stopped, delays are a guess now");
}

void system_clock::count_delay(u32 microseconds) {
    if (lock_.held_by_this_cpu()) return;
    lock_guard held(lock_);
    last_us_ += microseconds;
}

u64 system_clock::last_known_us() const { return last_us_; }

u64 system_clock::uptime_us() {
    if (source_ == none) return 0;
    // Only a fault inside the clock itself gets here: its report wants a time stamp.
    if (lock_.held_by_this_cpu()) return last_known_us();
    lock_guard held(lock_);
    if (source_ == tsc)
        last_us_ = max_of(last_us_, tsc_us());
    else if (source_ == pit)
        last_us_ = max_of(last_us_, ticks_base_us_ + ticks_us_locked());
    return last_us_;
}

u64 system_clock::jiffies() {
    lock_guard held(lock_);
    return jiffies_;
}

constinit system_clock the_clock;

void timer_interrupt(unsigned, void*) {
    the_clock.tick();
    if (tick_hook) tick_hook();
}

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

constinit bool tick_found = false;

// False: there will be no tick.
bool start_tick(bool pit_counts) {
    if (!pit_counts) {
        // Nothing is known against the APIC then: the keyboard's line stays with it.
        pr_warn("clock: the PIT stands still, there is no tick");
        return false;
    }
    if (!request_irq(0, timer_interrupt, nullptr, "timer")) {
        pr_err("clock: irq 0 is taken, there is no tick");
        return false;
    }
    if (tick_arrives()) return true;
    if (interrupts_fall_back_to_pic() && tick_arrives()) return true;
    pr_err("clock: the timer sends no interrupts");
    return false;
}

void wait_by_port(u32 microseconds) {
    for (u32 i = 0; i < microseconds; ++i) io_delay();
}

const char* source_name(system_clock::source_t source) {
    switch (source) {
        case system_clock::tsc: return "TSC";
        case system_clock::pit: return "PIT";
        case system_clock::delays: return "delays";
        case system_clock::none: break;
    }
    return "none";
}

}  // namespace

void (*tick_hook)() = nullptr;

u64 get_jiffies_64() { return the_clock.jiffies(); }

bool ticks_come() { return tick_found; }

u64 uptime_us() { return the_clock.uptime_us(); }

void udelay(u32 microseconds) {
    using enum system_clock::source_t;
    if (the_clock.source() == none) return wait_by_port(microseconds);
    // Where the tick is the clock, a turn takes at least three port accesses; if the
    // PIT has died, the count of turns ends the wait.
    u64 turns = u64{microseconds} * 64 + 100'000;
    const u64 start = uptime_us();
    while (the_clock.source() != delays) {
        if (uptime_us() - start > microseconds) return;
        cpu_relax();
        if (the_clock.source() == pit && --turns == 0) the_clock.give_up_pit();
    }
    wait_by_port(microseconds);
    the_clock.count_delay(microseconds + 1);
}

void time_init() {
    pit_start_tick();
    const irq_state before = local_irq_save();
    const bool pit_counts = pit_tick_counts();
    local_irq_restore(before);
    const tsc_speed speed = boot_cpu().tsc ? find_tsc_speed(pit_counts) : tsc_speed{};
    the_clock.start(speed.khz, pit_counts);
    tick_found = start_tick(pit_counts);

    const u32 ticks_a_second = tick_found ? HZ : 0;
    if (the_clock.source() == system_clock::tsc)
        pr_info("clock: TSC of {}.{:03} MHz by {}, {} ticks a second", speed.khz / 1000,
                speed.khz % 1000, speed.told_by, ticks_a_second);
    else if (the_clock.source() == system_clock::pit)
        pr_info("clock: PIT, {} ticks a second", ticks_a_second);
    else
        pr_warn("clock: nothing counts time, delays are a guess");
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
                      source_name(the_clock.source()));
            return 0;
        },
};
