#include "lib/result.hpp"

#include <test.hpp>

namespace {

result<int> half_of(int value) {
    if (value % 2) return err{EINVAL};
    return value / 2;
}

result<> only_even(int value) {
    if (auto half = half_of(value); !half) return err{half.error()};
    return {};
}

struct movable {
    explicit movable(int v) : value(v) {}
    movable(movable&& other) : value(other.value) { other.value = 0; }
    int value;
};

result<movable> moved(int value) { return movable(value); }

}  // namespace

TEST(result, holds_a_value_or_an_errno) {
    const result<int> good = half_of(8), bad = half_of(7);
    ASSERT_TRUE(static_cast<bool>(good));
    EXPECT_EQ(*good, 4);
    EXPECT_EQ(good.error(), 0);
    EXPECT_FALSE(static_cast<bool>(bad));
    EXPECT_EQ(bad.error(), EINVAL);
    EXPECT_EQ(good.value_or(9), 4);
    EXPECT_EQ(bad.value_or(9), 9);
}

TEST(result, of_nothing_is_success_or_an_errno) {
    EXPECT_TRUE(static_cast<bool>(only_even(2)));
    EXPECT_EQ(only_even(2).error(), 0);
    EXPECT_FALSE(static_cast<bool>(only_even(3)));
    EXPECT_EQ(only_even(3).error(), EINVAL);
}

TEST(result, tells_a_null_or_false_value_from_a_failure) {
    const result<int*> null = static_cast<int*>(nullptr);
    EXPECT_TRUE(static_cast<bool>(null));
    EXPECT_TRUE(*null == nullptr);
    const result<bool> no = false;
    EXPECT_TRUE(static_cast<bool>(no));
    EXPECT_FALSE(*no);
}

TEST(result, moves_its_value) {
    result<movable> taken = moved(5);
    ASSERT_TRUE(static_cast<bool>(taken));
    EXPECT_EQ(taken->value, 5);
    taken->value = 6;
    EXPECT_EQ((*taken).value, 6);
}

TEST(errno_name, names_what_is_ours) {
    EXPECT_STREQ(errno_name(ENOMEM), "ENOMEM");
    EXPECT_STREQ(errno_name(EPERM), "EPERM");
    EXPECT_STREQ(errno_name(ETIMEDOUT), "ETIMEDOUT");
    EXPECT_STREQ(errno_name(0), "errno ?");
    EXPECT_STREQ(errno_name(-ENOMEM), "errno ?");
    EXPECT_STREQ(errno_name(9999), "errno ?");
}
