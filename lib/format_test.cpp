#include "lib/address.hpp"
#include "lib/format.hpp"

#include <test.hpp>

namespace {

template <class... Args>
bool prints(std::string_view expected, format_string<Args...> format, const Args&... args) {
    text_buffer<200> out;
    format_to(out, format, args...);
    return out.view() == expected;
}

}  // namespace

TEST(format, prints_numbers_in_their_natural_form) {
    EXPECT_TRUE(prints("0 7 -7", "{} {} {}", 0, 7u, -7));
    EXPECT_TRUE(prints("18446744073709551615", "{}", ~u64{0}));
    EXPECT_TRUE(prints("-9223372036854775808", "{}", s64(u64{1} << 63)));
    EXPECT_TRUE(prints("4294967296", "{}", u64{1} << 32));
    EXPECT_TRUE(prints("10000000000000000000", "{}", u64{10000000000000000000u}));
}

TEST(format, prints_other_bases) {
    EXPECT_TRUE(prints("ff FF 377 101", "{:x} {:X} {:o} {:b}", 255, 255, 255, 5));
    EXPECT_TRUE(prints("0xff 0b101", "{:#x} {:#b}", 255, 5));
    EXPECT_TRUE(prints("ffffffff00000000", "{:x}", u64{0xffffffff00000000}));
    EXPECT_TRUE(prints("ffffffffffffffff", "{:x}", -1));
}

TEST(format, pads_and_aligns) {
    EXPECT_TRUE(prints("[   42]", "[{:5}]", 42));
    EXPECT_TRUE(prints("[42   ]", "[{:<5}]", 42));
    EXPECT_TRUE(prints("[.42..]", "[{:.^5}]", 42));
    EXPECT_TRUE(prints("[-0042]", "[{:05}]", -42));
    EXPECT_TRUE(prints("[0x00002a]", "[{:#08x}]", 42));
    EXPECT_TRUE(prints("[ab   ]", "[{:5}]", "ab"));
    EXPECT_TRUE(prints("[   ab]", "[{:>5}]", "ab"));
    EXPECT_TRUE(prints("[abcdef]", "[{:3}]", "abcdef"));
}

TEST(format, prints_text_characters_and_booleans) {
    EXPECT_TRUE(prints("a true false", "{} {} {}", 'a', true, false));
    EXPECT_TRUE(prints("{braces} x", "{{braces}} {}", "x"));
    const char* none = nullptr;
    EXPECT_TRUE(prints("(null)", "{}", none));
    EXPECT_TRUE(prints("A", "{:c}", 65));
}

TEST(format, prints_addresses_whole) {
    EXPECT_TRUE(prints("0xc0100000", "{}", user_addr(0xc0100000)));
    EXPECT_TRUE(prints("2a", "{:x}", pfn(42)));
    text_buffer<40> pointer;
    format_to(pointer, "{}", static_cast<void*>(nullptr));
    EXPECT_EQ(pointer.view().size(), 2 + 2 * sizeof(void*));
}

TEST(format, a_buffer_drops_what_does_not_fit_and_says_so) {
    text_buffer<4> small;
    format_to(small, "{}", "abcdef");
    EXPECT_TRUE(small.view() == "abcd");
    EXPECT_TRUE(small.truncated());
}

TEST(format, the_parser_names_what_is_wrong) {
    const auto error_of = [](std::string_view text) {
        const format_piece piece = next_format_piece(text);
        return piece.error != nullptr;
    };
    EXPECT_TRUE(error_of("}"));
    EXPECT_TRUE(error_of("{"));
    EXPECT_TRUE(error_of("{:5"));
    EXPECT_TRUE(error_of("{:9999}"));
    EXPECT_TRUE(error_of("{:xx}"));
    EXPECT_FALSE(error_of("{:5}"));
    EXPECT_FALSE(error_of("{{"));
}
