#include "lib/string.hpp"

#include <test.hpp>

#include <string_view>

namespace {

constexpr size_t longest = 130;
constexpr size_t room = longest + 16;
constexpr u8 untouched = 0xee;

// Byte i of what is copied: no two near each other are the same.
constexpr u8 pattern(size_t i) { return static_cast<u8>(i * 7 + 1); }

// Whether `area` holds the pattern from `at` on, n bytes, and nothing beside it.
bool holds_only(const u8* area, size_t at, size_t n, u8 first = 0) {
    for (size_t i = 0; i < room; ++i) {
        const bool inside = i >= at && i < at + n;
        if (area[i] != (inside ? pattern(first + i - at) : untouched)) return false;
    }
    return true;
}

void fill(u8* area, u8 byte) {
    for (size_t i = 0; i < room; ++i) area[i] = byte;
}

}  // namespace

TEST(string, memcpy_copies_each_size_at_each_alignment) {
    alignas(4) u8 from[room], to[room];
    for (size_t i = 0; i < room; ++i) from[i] = pattern(i);
    for (size_t n = 0; n <= longest; ++n) {
        for (size_t shift = 0; shift < 16; ++shift) {
            fill(to, untouched);
            u8* const target = to + 4 + shift % 4;
            EXPECT_TRUE(memcpy(target, from + shift / 4, n) == target);
            ASSERT_TRUE(holds_only(to, 4 + shift % 4, n, static_cast<u8>(shift / 4)));
        }
    }
}

TEST(string, memset_stores_each_size_at_each_alignment) {
    alignas(4) u8 to[room];
    for (size_t n = 0; n <= longest; ++n) {
        for (size_t shift = 4; shift < 8; ++shift) {
            fill(to, untouched);
            EXPECT_TRUE(memset(to + shift, 0x1a5, n) == to + shift);
            for (size_t i = 0; i < room; ++i) {
                const bool inside = i >= shift && i < shift + n;
                ASSERT_EQ(to[i], inside ? 0xa5 : untouched);
            }
        }
    }
}

TEST(string, memmove_copies_within_itself_both_ways) {
    alignas(4) u8 area[room];
    for (size_t n = 0; n <= 70; ++n) {
        for (size_t from = 0; from < 12; ++from) {
            for (size_t to = 0; to < 12; ++to) {
                for (size_t i = 0; i < room; ++i) area[i] = pattern(i);
                EXPECT_TRUE(memmove(area + to, area + from, n) == area + to);
                for (size_t i = 0; i < room; ++i) {
                    const bool inside = i >= to && i < to + n;
                    ASSERT_EQ(area[i], inside ? pattern(i - to + from) : pattern(i));
                }
            }
        }
    }
}

TEST(string, memcmp_finds_the_first_difference) {
    u8 a[room], b[room];
    for (size_t i = 0; i < room; ++i) a[i] = b[i] = pattern(i);
    for (size_t n = 0; n <= longest; ++n) {
        EXPECT_EQ(memcmp(a + 1, b + 1, n), 0);
        b[1 + n]++;  // just behind
        EXPECT_EQ(memcmp(a + 1, b + 1, n), 0);
        b[1 + n]--;
    }
    for (size_t at = 0; at < 40; ++at) {
        b[at] = 0xff;
        b[at + 1] = 0;  // a later difference the other way round
        EXPECT_LT(memcmp(a, b, 50), 0);
        EXPECT_GT(memcmp(b, a, 50), 0);
        b[at] = pattern(at);
        b[at + 1] = pattern(at + 1);
    }
    EXPECT_GT(memcmp("\x80", "\x7f", 1), 0);  // bytes are unsigned
}

TEST(string, strlen_and_the_comparisons_stop_at_the_end) {
    EXPECT_EQ(strlen(""), 0u);
    EXPECT_EQ(strlen("loci"), 4u);
    EXPECT_EQ(strcmp("", ""), 0);
    EXPECT_EQ(strcmp("abc", "abc"), 0);
    EXPECT_LT(strcmp("ab", "abc"), 0);
    EXPECT_GT(strcmp("abd", "abc"), 0);
    EXPECT_GT(strcmp("\x80", "\x7f"), 0);
    EXPECT_EQ(strncmp("abX", "abY", 2), 0);
    EXPECT_LT(strncmp("abX", "abY", 3), 0);
    EXPECT_EQ(strncmp("ab\0X", "ab\0Y", 4), 0);
    EXPECT_EQ(strncmp("a", "b", 0), 0);
}

TEST(string, string_view_finds_and_compares) {
    const char* volatile text = "console=ttyS0";  // not known while compiling
    const std::string_view word = text;
    EXPECT_EQ(word.size(), 13u);
    EXPECT_EQ(word.find('='), 7u);
    EXPECT_TRUE(word.find('x') == std::string_view::npos);
    EXPECT_TRUE(word.starts_with("console="));
    EXPECT_FALSE(word == "console=ttyS1");
}

// The calls that a compiler makes up must find their arguments as ours do.
TEST(string, whole_structures_are_copied_and_cleared) {
    struct block {
        u8 bytes[400];
    };
    static block from, to;
    for (size_t i = 0; i < sizeof from.bytes; ++i) from.bytes[i] = pattern(i);
    block* volatile target = &to;
    *target = from;
    for (size_t i = 0; i < sizeof to.bytes; ++i) ASSERT_EQ(to.bytes[i], pattern(i));
    *target = block{};
    for (size_t i = 0; i < sizeof to.bytes; ++i) ASSERT_EQ(to.bytes[i], 0);
}
