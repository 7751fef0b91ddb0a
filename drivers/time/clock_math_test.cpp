#include "drivers/time/clock_math.hpp"

#include <test.hpp>

namespace {

// A small generator: the tests need variety, not quality.
struct random_numbers {
    u32 state;
    u32 next() {
        state = state * 1664525 + 1013904223;
        return state >> 8;
    }
};

}  // namespace

TEST(clock_math, a_scale_is_right_for_common_speeds) {
    for (u32 khz : {1001u, 33'333u, 100'000u, 2'893'202u, 4'294'967'295u}) {
        const auto scale = make_clock_scale(1000, khz);
        ASSERT_TRUE(scale.has_value());
        EXPECT_GE(scale->mult, u32{1} << 31);
        // An hour's counts are an hour's microseconds, to the rounding of `mult`.
        const u64 hour = (*scale)(u64{khz} * 1000 * 3600);
        EXPECT_LE(hour, 3'600'000'000u);
        EXPECT_GE(hour, 3'599'999'990u);
    }
}

TEST(clock_math, the_scale_is_the_exact_product) {
    const clock_scale scale{0x89ABCDEF, 7};
    EXPECT_EQ(scale(0), 0u);
    EXPECT_EQ(scale(1), 0u);
    // 0x123456789 * 0x89ABCDEF = 0x9CA39E12FB375DE7, shifted right by 32 + 7.
    EXPECT_EQ(scale(0x123456789), 0x9CA39E12u >> 7);
}

TEST(clock_math, nothing_overflows_at_the_end_of_64_bits) {
    const clock_scale largest{~u32{0}, 0};
    EXPECT_EQ(largest(~u64{0}), 0xFFFFFFFEFFFFFFFFu);
    EXPECT_LT(largest(~u64{0} - (u64{1} << 33)), largest(~u64{0}));
}

TEST(clock_math, a_scale_grows_with_its_count) {
    const auto scale = make_clock_scale(1000, 2'400'000);
    u64 last = 0;
    for (u64 count = (u64{1} << 32) - 5000; count < (u64{1} << 32) + 5000; count += 7) {
        EXPECT_GE((*scale)(count), last);
        last = (*scale)(count);
    }
}

TEST(clock_math, impossible_scales_are_refused) {
    EXPECT_FALSE(make_clock_scale(0, 10).has_value());
    EXPECT_FALSE(make_clock_scale(10, 10).has_value());
    EXPECT_FALSE(make_clock_scale(10, 0).has_value());
    EXPECT_FALSE(make_clock_scale(11, 10).has_value());
    EXPECT_TRUE(make_clock_scale(1, ~u32{0}).has_value());
}

TEST(clock_math, the_closest_measurements_are_believed) {
    const u32 three[] = {2'900'000, 2'400'100, 2'400'000};
    const auto pair = closest_pair(three);
    ASSERT_TRUE(pair.has_value());
    EXPECT_EQ(pair->value, 2'400'050u);
    EXPECT_EQ(pair->apart, 100u);
    EXPECT_TRUE(pair->within(1024));
    EXPECT_FALSE(pair->within(100'000));
    const u32 wild[] = {2'900'000, 2'400'000, 3'600'000};
    EXPECT_FALSE(closest_pair(wild)->within(64));
    EXPECT_FALSE(closest_pair({wild, 1}).has_value());
    EXPECT_FALSE(closest_pair({}).has_value());
}

TEST(clock_math, speeds_of_no_tsc_are_zero) {
    EXPECT_EQ(khz_from(5'000'000, 5966, 1'193'182), 999'984u);  // rounded down
    EXPECT_EQ(khz_from(100, 5966, 1'193'182), 0u);
    EXPECT_EQ(khz_from(12'000'000'000, 5966, 1'193'182), 0u);
    EXPECT_EQ(khz_from(~u64{0}, 65535, 1'193'182), 0u);
    EXPECT_EQ(khz_from(1, 0, 1'193'182), 0u);
}

TEST(tick_clock, counts_whole_periods_and_the_part) {
    tick_clock clock(100);
    EXPECT_EQ(clock.read(100), 0u);
    EXPECT_EQ(clock.read(60), 40u);
    clock.tick(95);
    EXPECT_EQ(clock.read(90), 110u);
    clock.tick(95);
    clock.tick(94);  // later in its period than the one before: no jump was seen
    EXPECT_EQ(clock.read(50), 350u);
}

TEST(tick_clock, a_read_may_see_the_period_before_the_interrupt) {
    tick_clock clock(100);
    EXPECT_EQ(clock.read(1), 99u);
    EXPECT_EQ(clock.read(98), 102u);
    clock.tick(90);
    EXPECT_EQ(clock.read(80), 120u);
}

TEST(tick_clock, reads_keep_time_without_interrupts) {
    tick_clock clock(100);
    u64 now = 0;
    for (u32 period = 0; period < 10; ++period)
        for (u32 counter = 100; counter > 0; counter -= 25) {
            now = clock.read(counter);
            EXPECT_EQ(now, period * 100u + 100u - counter);
        }
    // The one interrupt that was kept for us changes nothing.
    clock.tick(24);
    EXPECT_EQ(clock.read(24), 976u);
}

TEST(tick_clock, never_steps_back_whatever_comes) {
    random_numbers random{7};
    tick_clock clock(11932);
    u64 last = 0;
    for (int i = 0; i < 20000; ++i) {
        const u32 counter = random.next() % 3 ? random.next() % 11933 : random.next();
        if (random.next() % 4 == 0) clock.tick(counter);
        const u64 now = clock.read(counter);
        ASSERT_GE(now, last);
        last = now;
    }
}

TEST(tick_clock, follows_true_time_when_interrupts_are_late) {
    random_numbers random{42};
    tick_clock clock(1000);
    u64 truth = 0, ticked = 0;
    for (int i = 0; i < 5000; ++i) {
        truth += random.next() % 400;
        const u32 counter = 1000 - static_cast<u32>(truth % 1000);
        // An interrupt waits at most until the third look at the clock.
        if (truth / 1000 > ticked && random.next() % 2) {
            clock.tick(counter);
            ++ticked;
        }
        ASSERT_EQ(clock.read(counter), truth);
    }
}
