#include "drivers/time/tsc_speed.hpp"

#include "arch/i386/cpu_features.hpp"
#include "arch/i386/firmware_memory.hpp"
#include <cpu/io.hpp>
#include <cpu/irqflags.hpp>
#include <cpu/tsc.hpp>
#include "drivers/time/acpi_timer.hpp"
#include "drivers/time/clock_math.hpp"
#include "drivers/time/pit.hpp"
#include "drivers/time/rtc.hpp"
#include "lib/log.hpp"

namespace {

// ---- counters of a known speed ---------------------------------------------------
// Both they and the TSC run on by themselves, so it does not matter what happens to
// us (an SMI, a busy host) between two looks at them; a look itself must be
// undisturbed.

class reference {
public:
    explicit reference(u32 hz) : hz(hz) {}
    virtual void start() = 0;
    virtual u32 elapsed() = 0;  // counts since then
    virtual bool overran() = 0;
    virtual void stop() = 0;

    const u32 hz;

protected:
    ~reference() = default;
};

class pit_reference final : public reference {
public:
    pit_reference() : reference(PIT_HZ) {}
    void start() override { pit_start_countdown(); }
    u32 elapsed() override { return 0xFFFF - pit_read_countdown(); }
    bool overran() override { return pit_countdown_over(); }
    void stop() override { pit_stop_countdown(); }
};

class acpi_reference final : public reference {
public:
    explicit acpi_reference(acpi_timer timer) : reference(ACPI_TIMER_HZ), timer_(timer) {}
    void start() override { start_ = inl(timer_.port); }
    u32 elapsed() override { return (inl(timer_.port) - start_) & acpi_timer::mask; }
    bool overran() override { return false; }
    void stop() override {}

private:
    acpi_timer timer_;
    u32 start_ = 0;
};

struct look {
    u64 tsc;
    u32 elapsed;
};

// The quickest of some: the counter was read within `width` cycles of `tsc`.
look look_at_both(reference& counter) {
    look best{};
    u64 width = ~u64{0};
    for (int i = 0; i < 8; ++i) {
        const u64 before = read_tsc();
        const u32 elapsed = counter.elapsed();
        const u64 after = read_tsc();
        if (after - before >= width) continue;
        width = after - before;
        best = {before + width / 2, elapsed};
    }
    return best;
}

// False where it does not get there: it stands still, or shows nonsense.
bool wait_until(reference& counter, u32 elapsed) {
    constexpr u32 max_polls = 400'000;  // 5 ms take a PC some thousand
    constexpr u32 max_still = 10'000;   // ... without any movement
    u32 last = counter.elapsed();
    for (u32 polls = 0, still = 0; polls < max_polls && still < max_still; ++polls) {
        const u32 now = counter.elapsed();
        if (now >= elapsed) return true;
        still = now == last ? still + 1 : 0;
        last = now;
    }
    return false;
}

// kHz, or 0 when that cannot be told.
u32 measure_round(reference& counter) {
    const irq_state before = local_irq_save();
    counter.start();
    const look first = look_at_both(counter);
    const bool reached = wait_until(counter, first.elapsed + counter.hz / 200);
    const look last = look_at_both(counter);
    const bool good = reached && last.elapsed > first.elapsed && !counter.overran();
    counter.stop();
    local_irq_restore(before);
    return good ? khz_from(last.tsc - first.tsc, last.elapsed - first.elapsed, counter.hz)
                : 0;
}

u32 measure_by(reference& counter) {
    constexpr u32 max_rounds = 8;
    u32 khz[max_rounds];
    u32 rounds = 0;
    for (u32 attempt = 0; attempt < max_rounds; ++attempt) {
        const u32 measured = measure_round(counter);
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

// ---- where there is no such counter ----------------------------------------------

u32 measure_by_acpi_timer() {
    const auto& root = the_acpi_root();
    if (!root) return 0;
    const auto timer = find_acpi_timer(firmware_memory(), *root);
    if (!timer) return 0;
    acpi_reference counter(*timer);
    return measure_by(counter);
}

u32 measure_by_rtc() {
    const irq_state before = local_irq_save();
    u64 cycles = 0;
    if (rtc_wait_for_second()) {
        const u64 start = read_tsc();
        if (rtc_wait_for_second()) cycles = read_tsc() - start;
    }
    local_irq_restore(before);
    return khz_from(cycles, 1, 1);
}

}  // namespace

tsc_speed find_tsc_speed(bool pit_counts) {
    if (pit_counts) {
        pit_reference counter;
        if (const u32 khz = measure_by(counter)) return {khz, "the PIT"};
    }
    if (const u32 khz = measure_by_acpi_timer()) return {khz, "the ACPI timer"};
    if (const u32 khz = boot_cpu().tsc_khz) return {khz, "CPUID"};
    // A second of silence is too much where the PIT can be the clock.
    if (pit_counts) return {};
    if (const u32 khz = measure_by_rtc()) return {khz, "the battery clock"};
    return {};
}
