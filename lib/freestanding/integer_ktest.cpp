#include "lib/random.hpp"
#include "lib/types.hpp"

#include <test.hpp>

// What one compiler calls, another makes out of instructions: so each by its name.
extern "C" {
s64 __divmoddi4(s64 a, s64 b, s64* remainder);
u64 __udivmoddi4(u64 a, u64 b, u64* remainder);
u64 __ashldi3(u64 value, int count);
u64 __lshrdi3(u64 value, int count);
s64 __ashrdi3(s64 value, int count);
int __popcountsi2(u32 value);
int __popcountdi2(u64 value);
int __paritysi2(u32 value);
int __paritydi2(u64 value);
int __ctzdi2(u64 value);
int __clzdi2(u64 value);
int __ffsdi2(u64 value);
}

namespace {

struct division {
    u64 quotient;
    u64 remainder;
};

// Bit by bit: what no library is needed for.
division by_subtraction(u64 dividend, u64 divisor) {
    division result{0, 0};
    for (int bit = 63; bit >= 0; --bit) {
        const bool carry = result.remainder >> 63;
        result.remainder = result.remainder << 1 | (dividend >> bit & 1);
        if (carry || result.remainder >= divisor) {
            result.remainder -= divisor;
            result.quotient |= u64{1} << bit;
        }
    }
    return result;
}

// A number of any length, often at the edge of one.
u64 any_number(random_source& random) {
    const u64 value = random.next() >> random.below(64);
    return random.one_in(4) ? ~value : value;
}

}  // namespace

TEST(integer, divides_64_bits_by_64_bits) {
    random_source random(11);
    for (int i = 0; i < 3000; ++i) {
        const u64 a = any_number(random);
        const u64 b = any_number(random) | (i % 2 ? 1 : u64{1} << 63);
        const division expected = by_subtraction(a, b);
        ASSERT_EQ(a / b, expected.quotient);
        ASSERT_EQ(a % b, expected.remainder);
        u64 remainder;
        ASSERT_EQ(__udivmoddi4(a, b, &remainder), expected.quotient);
        ASSERT_EQ(remainder, expected.remainder);
    }
}

TEST(integer, divides_at_the_edges) {
    const u64 edges[] = {1, 2, 0xffffffff, 0x100000000, 0x100000001, 0x1ffffffff,
                         0x7fffffffffffffff, 0x8000000000000000, 0xffffffff00000000,
                         ~u64{0} - 1, ~u64{0}};
    for (const u64 a : edges) {
        for (const u64 b : edges) {
            const division expected = by_subtraction(a, b);
            EXPECT_EQ(a / b, expected.quotient);
            EXPECT_EQ(a % b, expected.remainder);
        }
    }
}

TEST(integer, signed_division_goes_towards_zero) {
    volatile s64 seven = 7000000000, two = 2000000000;
    EXPECT_EQ(seven / two, 3);
    EXPECT_EQ(-seven / two, -3);
    EXPECT_EQ(seven / -two, -3);
    EXPECT_EQ(-seven / -two, 3);
    EXPECT_EQ(seven % two, 1000000000);
    EXPECT_EQ(-seven % two, -1000000000);
    EXPECT_EQ(seven % -two, 1000000000);
    volatile s64 least = static_cast<s64>(u64{1} << 63), one = 1;
    EXPECT_EQ(least / one, least);
    EXPECT_EQ(least % two, -(static_cast<s64>((u64{1} << 63) % 2000000000)));
    const s64 quotient = -seven / two, remainder = -seven % two;
    EXPECT_EQ(quotient * two + remainder, -seven);

    s64 rest;
    EXPECT_EQ(__divmoddi4(-seven, two, &rest), -3);
    EXPECT_EQ(rest, -1000000000);
    EXPECT_EQ(__divmoddi4(seven, -two, &rest), -3);
    EXPECT_EQ(rest, 1000000000);
}

// By one bit at a time, which no compiler makes a call of.
TEST(integer, shifts) {
    random_source random(13);
    for (int i = 0; i < 300; ++i) {
        const u64 value = any_number(random);
        u64 left = value, right = value;
        s64 signed_right = static_cast<s64>(value);
        for (int count = 0; count < 64; ++count) {
            volatile int by = count;
            ASSERT_EQ(__ashldi3(value, count), left);
            ASSERT_EQ(__lshrdi3(value, count), right);
            ASSERT_EQ(__ashrdi3(static_cast<s64>(value), count), signed_right);
            ASSERT_EQ(value << by, left);
            ASSERT_EQ(value >> by, right);
            ASSERT_EQ(static_cast<s64>(value) >> by, signed_right);
            left += left;
            right >>= 1;
            signed_right >>= 1;
        }
    }
}

TEST(integer, counts_bits) {
    random_source random(12);
    for (int i = 0; i < 500; ++i) {
        const u64 value = any_number(random) | (u64{1} << random.below(64));
        int ones = 0, first = -1, last = -1;
        for (int bit = 0; bit < 64; ++bit) {
            if (!(value >> bit & 1)) continue;
            ++ones;
            if (first < 0) first = bit;
            last = bit;
        }
        ASSERT_EQ(__builtin_popcountll(value), ones);
        ASSERT_EQ(__popcountdi2(value), ones);
        ASSERT_EQ(__builtin_parityll(value), ones & 1);
        ASSERT_EQ(__paritydi2(value), ones & 1);
        ASSERT_EQ(__builtin_ctzll(value), first);
        ASSERT_EQ(__ctzdi2(value), first);
        ASSERT_EQ(__builtin_clzll(value), 63 - last);
        ASSERT_EQ(__clzdi2(value), 63 - last);
        ASSERT_EQ(__builtin_ffsll(static_cast<s64>(value)), first + 1);
        ASSERT_EQ(__ffsdi2(value), first + 1);
        const u32 low = static_cast<u32>(value), high = static_cast<u32>(value >> 32);
        ASSERT_EQ(__builtin_popcount(low) + __popcountsi2(high), ones);
        ASSERT_EQ(__paritysi2(low) ^ __paritysi2(high), ones & 1);
    }
    EXPECT_EQ(__ffsdi2(0), 0);
}
