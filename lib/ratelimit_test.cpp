#include "lib/ratelimit.hpp"

#include <test.hpp>

TEST(ratelimit, lets_a_burst_pass_and_counts_the_rest) {
    ratelimit limit(1000, 3);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.ask(50).pass);
    EXPECT_FALSE(limit.ask(60).pass);
    EXPECT_FALSE(limit.ask(1049).pass);
    const ratelimit::verdict next = limit.ask(1050);
    EXPECT_TRUE(next.pass);
    EXPECT_EQ(next.suppressed, 2u);
}

TEST(ratelimit, tells_the_suppressed_once) {
    ratelimit limit(1000, 1);
    EXPECT_TRUE(limit.ask(0).pass);
    EXPECT_FALSE(limit.ask(1).pass);
    EXPECT_EQ(limit.ask(1000).suppressed, 1u);
    EXPECT_EQ(limit.ask(2000).suppressed, 0u);
}

TEST(ratelimit, an_interval_starts_with_its_first_message) {
    ratelimit limit(1000, 1);
    EXPECT_TRUE(limit.ask(900).pass);
    EXPECT_FALSE(limit.ask(1000).pass);
    EXPECT_FALSE(limit.ask(1899).pass);
    EXPECT_TRUE(limit.ask(1900).pass);
}
