#include "mm/slab/cache_model.hpp"

#include <test.hpp>

// 4 sets of 2 lines of 16 bytes: addresses 64 apart share a set.
using small_cache = cache_model<128, 2, 16>;

TEST(cache_model, a_line_is_missed_once) {
    small_cache cache;
    EXPECT_FALSE(cache.access(0));
    EXPECT_TRUE(cache.access(15));
    EXPECT_FALSE(cache.access(16));
    EXPECT_TRUE(cache.access(0));
    EXPECT_EQ(cache.hits(), 2u);
    EXPECT_EQ(cache.misses(), 2u);
}

TEST(cache_model, the_one_that_was_unused_for_longest_goes) {
    small_cache cache;
    cache.access(0);
    cache.access(64);
    EXPECT_TRUE(cache.access(0));
    EXPECT_FALSE(cache.access(128));  // in place of 64
    EXPECT_TRUE(cache.access(0));
    EXPECT_FALSE(cache.access(64));  // in place of 128
    EXPECT_FALSE(cache.access(128));
}

TEST(cache_model, sets_do_not_disturb_each_other) {
    small_cache cache;
    for (uintptr_t line = 0; line < 8; ++line) EXPECT_FALSE(cache.access(line * 16));
    for (uintptr_t line = 0; line < 8; ++line) EXPECT_TRUE(cache.access(line * 16));
    EXPECT_EQ(small_cache::set_of(48), 3u);
    EXPECT_EQ(small_cache::set_of(64 + 48), 3u);
}

// One line too many for a set, taken in turns, and nothing is ever found.
TEST(cache_model, taking_turns_is_the_worst_there_is) {
    small_cache cache;
    for (u32 round = 0; round < 5; ++round)
        for (uintptr_t address = 0; address < 3 * 64; address += 64) cache.access(address);
    EXPECT_EQ(cache.hits(), 0u);
    EXPECT_EQ(cache.misses(), 15u);
}
