#include "kernel/console/input_queue.hpp"

#include <test.hpp>

namespace {

// Too large for a stack of 8 KiB to hold twice.
input_queue& fresh_queue() {
    static input_queue queue;
    char c;
    while (queue.pop(c)) {}
    queue.take_dropped();
    return queue;
}

}  // namespace

TEST(input_queue, gives_back_in_order_also_round_its_end) {
    input_queue& queue = fresh_queue();
    char c = 0;
    for (u32 i = 0; i < 3 * input_queue::capacity; ++i) {
        queue.push(static_cast<char>('a' + i % 26));
        queue.push(static_cast<char>('A' + i % 26));
        ASSERT_TRUE(queue.pop(c));
        ASSERT_EQ(c, static_cast<char>('a' + i % 26));
        ASSERT_TRUE(queue.pop(c));
        ASSERT_EQ(c, static_cast<char>('A' + i % 26));
    }
    EXPECT_FALSE(queue.pop(c));
}

TEST(input_queue, counts_what_it_has_no_room_for) {
    input_queue& queue = fresh_queue();
    for (size_t i = 0; i < input_queue::capacity + 5; ++i) queue.push('x');
    EXPECT_EQ(queue.room(), 0u);
    EXPECT_EQ(queue.take_dropped(), 5u);
    EXPECT_EQ(queue.take_dropped(), 0u);
    queue.check_invariants();
}

TEST(input_queue, knows_of_a_ctrl_c_until_it_is_read) {
    input_queue& queue = fresh_queue();
    for (const char c : {'a', '\x03', 'b'}) queue.push(c);
    char c = 0;
    EXPECT_TRUE(queue.interrupted());
    EXPECT_TRUE(queue.pop(c) && queue.interrupted());
    EXPECT_TRUE(queue.pop(c) && !queue.interrupted());
    EXPECT_EQ(queue.size(), 1u);
}

TEST(input_queue, discards_through_the_last_ctrl_c_only) {
    input_queue& queue = fresh_queue();
    for (const char c : {'a', '\x03', 'b', '\x03', 'c'}) queue.push(c);
    queue.discard_through_interrupt();
    queue.check_invariants();
    char c = 0;
    EXPECT_TRUE(queue.pop(c));
    EXPECT_EQ(c, 'c');
    queue.push('d');
    queue.discard_through_interrupt();
    EXPECT_EQ(queue.size(), 1u);
}
