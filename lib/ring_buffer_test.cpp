#include "lib/ring_buffer.hpp"

#include <test.hpp>

TEST(ring_buffer, gives_back_in_order_what_was_put_in) {
    ring_buffer<int, 4> ring;
    EXPECT_TRUE(ring.empty());
    EXPECT_FALSE(ring.pop().has_value());
    for (int i = 1; i <= 4; ++i) {
        EXPECT_TRUE(ring.push(i));
        EXPECT_EQ(ring.size(), static_cast<u32>(i));
    }
    EXPECT_TRUE(ring.full());
    EXPECT_FALSE(ring.push(5));
    for (int i = 1; i <= 4; ++i) {
        const auto value = ring.pop();
        ASSERT_TRUE(value.has_value());
        EXPECT_EQ(*value, i);
    }
    EXPECT_TRUE(ring.empty());
    EXPECT_FALSE(ring.pop().has_value());
    ring.check_invariants();
}

TEST(ring_buffer, goes_round_many_times) {
    ring_buffer<u8, 8> ring;
    u8 in = 0, out = 0;
    for (int i = 0; i < 1000; ++i) {
        for (int k = 0; k < 1 + i % 8; ++k) EXPECT_TRUE(ring.push(in++));
        while (const auto value = ring.pop()) EXPECT_EQ(*value, out++);
        EXPECT_EQ(in, out);
    }
    ring.check_invariants();
}

TEST(ring_buffer, is_empty_once_cleared) {
    ring_buffer<char, 2> ring;
    EXPECT_TRUE(ring.push('a'));
    EXPECT_TRUE(ring.push('b'));
    ring.clear();
    EXPECT_TRUE(ring.empty());
    EXPECT_TRUE(ring.push('c'));
    EXPECT_EQ(*ring.pop(), 'c');
    EXPECT_EQ(ring.capacity(), 2u);
}

TEST(ring_buffer, works_with_a_single_slot) {
    ring_buffer<int, 1> ring;
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(ring.push(i));
        EXPECT_FALSE(ring.push(99));
        EXPECT_EQ(*ring.pop(), i);
    }
}
