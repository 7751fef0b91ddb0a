#include "kernel/proc/loadavg.hpp"

#include <test.hpp>

TEST(loadavg, comes_near_to_what_there_is_and_falls_back_to_nothing) {
    constexpr u32 one_minute = 1884;
    u32 load = 0;
    for (u32 i = 0; i < 12; ++i) load = calc_load(load, one_minute, FIXED_1);
    // 1 - 1/e after the average's own time.
    EXPECT_GT(load, FIXED_1 * 62 / 100);
    EXPECT_LT(load, FIXED_1 * 65 / 100);
    for (u32 i = 0; i < 200; ++i) load = calc_load(load, one_minute, FIXED_1);
    EXPECT_EQ(load, FIXED_1);
    for (u32 i = 0; i < 200; ++i) load = calc_load(load, one_minute, 0);
    EXPECT_EQ(load, 0u);
}
