#include "lib/random.hpp"

#include <test.hpp>

TEST(random, the_same_seed_gives_the_same_numbers) {
    random_source a(1), b(1), c(2);
    bool differs = false;
    for (int i = 0; i < 100; ++i) {
        const u64 value = a.next();
        EXPECT_EQ(value, b.next());
        differs |= value != c.next();
    }
    EXPECT_TRUE(differs);
}

// The first outputs of SplitMix64 for seed 1234567, as its authors publish them.
TEST(random, agrees_with_the_published_sequence) {
    random_source source(1234567);
    EXPECT_EQ(source.next(), 6457827717110365317u);
    EXPECT_EQ(source.next(), 3203168211198807973u);
    EXPECT_EQ(source.next(), 9817491932198370423u);
}

TEST(random, below_stays_below_and_reaches_everything) {
    random_source source(3);
    unsigned hits[7] = {};
    for (int i = 0; i < 7000; ++i) {
        const u32 value = source.below(7);
        ASSERT_LT(value, 7u);
        ++hits[value];
    }
    for (unsigned count : hits) {
        EXPECT_GT(count, 800u);
        EXPECT_LT(count, 1200u);
    }
    EXPECT_EQ(source.below(1), 0u);
    for (int i = 0; i < 100; ++i) {
        const u32 value = source.between(10, 12);
        EXPECT_GE(value, 10u);
        EXPECT_LE(value, 12u);
    }
}
