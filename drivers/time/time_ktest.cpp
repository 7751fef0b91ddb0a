#include "arch/i386/irq.hpp"
#include <cpu/irqflags.hpp>
#include "drivers/time/clock.hpp"
#include "drivers/time/rtc.hpp"
#include "lib/clock.hpp"
#include "lib/sync/preempt.hpp"

#include <test.hpp>

namespace {

// Within half a second.
bool three_ticks_come() {
    const u64 jiffies = get_jiffies_64();
    for (int tries = 0; tries < 100 && get_jiffies_64() - jiffies < 3; ++tries)
        udelay(5000);
    return get_jiffies_64() - jiffies >= 3;
}

}  // namespace

TEST(clock, never_steps_back) {
    u64 last = uptime_us();
    for (int i = 0; i < 10000; ++i) {
        const u64 now = uptime_us();
        ASSERT_GE(now, last);
        last = now;
    }
}

TEST(clock, goes_on) {
    const u64 before = uptime_us();
    udelay(1000);
    EXPECT_GT(uptime_us(), before);
}

TEST(clock, a_delay_is_at_least_as_long_as_asked) {
    for (u32 asked : {0u, 1u, 10u, 100u, 3000u, 25000u}) {
        const u64 before = uptime_us();
        udelay(asked);
        ASSERT_GE(uptime_us() - before, asked);
    }
}

TEST(clock, a_delay_ends_with_interrupts_off) {
    const irq_state before = local_irq_save();
    const u64 start = uptime_us();
    udelay(25000);
    EXPECT_GE(uptime_us() - start, 25000u);
    local_irq_restore(before);
}

TEST(clock, ticks_come_and_are_counted) {
    if (!ticks_come()) SKIP_TEST("no timer sends a tick");
    if (!irqs_enabled()) SKIP_TEST("interrupts are off");
    // In this order, so that a tick between the two looks is one too many, not too few.
    const u32 interrupts = the_irq_table().count(0);
    const u64 jiffies = get_jiffies_64();
    EXPECT_TRUE(three_ticks_come());
    EXPECT_GE(get_jiffies_64() - jiffies, 3u);
    EXPECT_GE(the_irq_table().count(0) - interrupts, 3u);
}

TEST(clock, ticks_come_by_the_pics_too_and_by_the_apic_again) {
    if (!ticks_come()) SKIP_TEST("no timer sends a tick");
    if (!irqs_enabled()) SKIP_TEST("interrupts are off");
    if (!interrupts_use_apic()) SKIP_TEST("the PICs are in use already");
    EXPECT_TRUE(interrupts_fall_back_to_pic());
    EXPECT_FALSE(interrupts_use_apic());
    EXPECT_TRUE(three_ticks_come());
    EXPECT_FALSE(interrupts_fall_back_to_pic());
    // With a tick on its way: it must not be lost between the two.
    const irq_state before = local_irq_save();
    for (u32 i = 0; i < 20'000 && !the_irq_table().pending(0); ++i) udelay(1);
    EXPECT_TRUE(the_irq_table().pending(0));
    interrupts_return_to_apic();
    local_irq_restore(before);
    EXPECT_TRUE(interrupts_use_apic());
    EXPECT_TRUE(three_ticks_come());
}

TEST(clock, no_interrupt_is_being_served_here) { EXPECT_FALSE(in_interrupt()); }

TEST(rtc, the_date_is_one_and_does_not_run_backwards) {
    const auto first = read_rtc();
    if (!first) SKIP_TEST("no battery clock");
    EXPECT_TRUE(is_valid(*first));
    EXPECT_GE(first->year, 1980);
    const auto second = read_rtc();
    ASSERT_TRUE(second);
    EXPECT_GE(to_unix_seconds(*second), to_unix_seconds(*first));
}
