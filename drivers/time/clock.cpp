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

constexpr u16 round_counts = 5966;  // 5 ms
constexpr u32 max_rounds = 8;
// A round polls about 5000 times on a PC, some 100000 times in a fast emulator.
constexpr u32 max_polls = 400'000;

// The cycles of one wait; 0 when the PIT does not count. The stamp is taken before
// the count begins, so that whatever disturbs us makes the wait longer, never shorter.
u32 measure_round() {
    pit_arm_wait(round_counts);
    const u64 start = rdtsc();
    pit_begin_wait();
    u32 polls = 0;
    while (polls < max_polls && !pit_wait_over()) ++polls;
    const u64 cycles = rdtsc() - start;
    pit_disarm_wait();
    const bool counted = polls > 0 && polls < max_polls;
    return counted && cycles <= ~u32{0} ? static_cast<u32>(cycles) : 0;
}

// 0 when the speed cannot be told.
u32 calibrate_tsc_khz() {
    u32 cycles[max_rounds];
    u32 rounds = 0;
    agreement found = agreement::none;
    while (rounds < max_rounds && found != agreement::close) {
        const u32 round = measure_round();
        if (round == 0) {
            pr_notice("clock: the PIT's channel 2 does not count");
            return 0;
        }
        cycles[rounds++] = round;
        found = shortest_agree({cycles, rounds});
    }
    if (found == agreement::none) {
        pr_notice("clock: no two measurements of the TSC agree");
        return 0;
    }
    return khz_from(shortest_of({cycles, rounds}), round_counts, PIT_HZ);
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
        if (tsc_khz_ && static_cast<u32>(jiffies_) % watch_ticks == 0 && tsc_is_slow_locked()) {
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

// Three periods, watched on the counter itself; whether the line has asked meanwhile.
bool tick_arrives() {
    const u64 jiffies_before = the_clock.jiffies();
    udelay(3 * 1'000'000 / HZ);
    return the_irq_table().pending(0) || the_clock.jiffies() != jiffies_before;
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
        pr_info("clock: TSC of {}.{:03} MHz, {} ticks a second", khz / 1000, khz % 1000, HZ);
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
