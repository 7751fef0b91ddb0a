#include "lib/parse.hpp"

#include <test.hpp>

namespace {

bool is(std::optional<u64> value, u64 expected) { return value && *value == expected; }

}  // namespace

TEST(parse, reads_numbers_in_the_base_they_tell) {
    EXPECT_TRUE(is(parse_number("0"), 0));
    EXPECT_TRUE(is(parse_number("7"), 7));
    EXPECT_TRUE(is(parse_number("1234567890"), 1234567890));
    EXPECT_TRUE(is(parse_number("0x1f"), 31));
    EXPECT_TRUE(is(parse_number("0XC0100000"), 0xc0100000));
    EXPECT_TRUE(is(parse_number("017"), 15));
    EXPECT_TRUE(is(parse_number("00"), 0));
    EXPECT_TRUE(is(parse_number("0x00"), 0));
}

TEST(parse, reads_up_to_64_bits_and_no_more) {
    EXPECT_TRUE(is(parse_number("18446744073709551615"), ~u64{0}));
    EXPECT_TRUE(is(parse_number("0xffffffffffffffff"), ~u64{0}));
    EXPECT_TRUE(is(parse_number("01777777777777777777777"), ~u64{0}));
    EXPECT_FALSE(parse_number("18446744073709551616"));
    EXPECT_FALSE(parse_number("18446744073709551620"));
    EXPECT_FALSE(parse_number("0x10000000000000000"));
    EXPECT_FALSE(parse_number("99999999999999999999999999"));
}

TEST(parse, refuses_words_that_are_not_numbers) {
    for (std::string_view word : {"", "x", "0x", "0xg", "08", "0b1", "-1", "+1", " 1", "1 ",
                                  "12a", "1.5", "0x 1", "0x0x1", "1K", "\xff"})
        EXPECT_FALSE(parse_number(word));
}

TEST(parse, reads_sizes) {
    EXPECT_TRUE(is(parse_size("0"), 0));
    EXPECT_TRUE(is(parse_size("0x100000"), 0x100000));
    EXPECT_TRUE(is(parse_size("4K"), 4096));
    EXPECT_TRUE(is(parse_size("16M"), 16u << 20));
    EXPECT_TRUE(is(parse_size("1g"), 1u << 30));
    EXPECT_TRUE(is(parse_size("0K"), 0));
    EXPECT_TRUE(is(parse_size("010k"), 8192));
    EXPECT_TRUE(is(parse_size("0x10M"), 16u << 20));
    EXPECT_TRUE(is(parse_size("2T"), u64{2} << 40));
    EXPECT_TRUE(is(parse_size("3p"), u64{3} << 50));
    EXPECT_TRUE(is(parse_size("15E"), u64{15} << 60));
    EXPECT_TRUE(is(parse_size("0x1E"), 0x1e));
}

TEST(parse, refuses_words_that_are_not_sizes) {
    for (std::string_view word : {"", "K", "16MB", "16 M", "16KK", "16E", "0xM",
                                  "18446744073709551615K", "08K", "-1M", "1.5G", "M16",
                                  "0xK"})
        EXPECT_FALSE(parse_size(word));
}

TEST(parse, matches_globs) {
    EXPECT_TRUE(glob_match("", ""));
    EXPECT_TRUE(glob_match("*", ""));
    EXPECT_TRUE(glob_match("*", "anything"));
    EXPECT_TRUE(glob_match("**", "x"));
    EXPECT_TRUE(glob_match("list.*", "list.pops"));
    EXPECT_TRUE(glob_match("*.pops", "list.pops"));
    EXPECT_TRUE(glob_match("l*t.*s", "list.pops"));
    EXPECT_TRUE(glob_match("?ist.????", "list.pops"));
    EXPECT_TRUE(glob_match("*ab", "aaab"));
    EXPECT_TRUE(glob_match("*a*b*", "xxaxxbxx"));
    EXPECT_TRUE(glob_match("a*?", "ab"));
    EXPECT_FALSE(glob_match("", "x"));
    EXPECT_FALSE(glob_match("?", ""));
    EXPECT_FALSE(glob_match("a*?", "a"));
    EXPECT_FALSE(glob_match("list", "lists"));
    EXPECT_FALSE(glob_match("lists", "list"));
    EXPECT_FALSE(glob_match("*.pops", "list.pop"));
    EXPECT_FALSE(glob_match("*a*b*", "xxbxxaxx"));
}

TEST(parse, a_glob_of_many_stars_does_not_explode) {
    constexpr std::string_view many_a =
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    EXPECT_FALSE(glob_match("a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", many_a));
    EXPECT_TRUE(glob_match("a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a", many_a));
}

TEST(parse, knows_which_beginnings_a_glob_could_match) {
    EXPECT_TRUE(glob_could_match("list.pops", "list"));
    EXPECT_TRUE(glob_could_match("list.pops", "list.pops"));
    EXPECT_TRUE(glob_could_match("li*", "list"));
    EXPECT_TRUE(glob_could_match("*", "list"));
    EXPECT_TRUE(glob_could_match("*.pops", "list"));
    EXPECT_TRUE(glob_could_match("l?st?", "list"));
    EXPECT_TRUE(glob_could_match("list*", "li"));
    EXPECT_TRUE(glob_could_match("x", ""));
    EXPECT_FALSE(glob_could_match("list", "list.pops"));
    EXPECT_FALSE(glob_could_match("rbtree.*", "list"));
    EXPECT_FALSE(glob_could_match("lost*", "list"));
    EXPECT_FALSE(glob_could_match("", "list"));
}
