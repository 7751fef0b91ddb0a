#include "lib/types.hpp"

#include <test.hpp>

// By the instruction, or by a call, as the kernel was built.
TEST(compare_and_swap, changes_64_bits_at_once_or_not_at_all) {
    u64 word = 0x1'0000'0002;
    EXPECT_FALSE(__sync_bool_compare_and_swap(&word, u64{2}, u64{9}));
    EXPECT_FALSE(__sync_bool_compare_and_swap(&word, u64{0x1'0000'0003}, u64{9}));
    EXPECT_EQ(word, 0x1'0000'0002u);
    EXPECT_TRUE(__sync_bool_compare_and_swap(&word, u64{0x1'0000'0002}, u64{0x3'0000'0004}));
    EXPECT_EQ(word, 0x3'0000'0004u);
    EXPECT_EQ(__sync_val_compare_and_swap(&word, u64{5}, u64{6}), 0x3'0000'0004u);
    EXPECT_EQ(word, 0x3'0000'0004u);
    EXPECT_EQ(__sync_val_compare_and_swap(&word, u64{0x3'0000'0004}, ~u64{0}), 0x3'0000'0004u);
    EXPECT_EQ(word, ~u64{0});
}
