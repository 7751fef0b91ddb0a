#include "kernel/panic/symbol_table.hpp"

#include <test.hpp>

namespace {

// Eighteen functions of 16 bytes: two groups, 64 KiB apart. The first is "vma_free", the
// last but one "free", the last "kfree", those between have no name and are "k" by turns.
constexpr symbol_table::group groups[] = {{0xC0100000, 0}, {0xC0110000, 26}};
constexpr u16 starts[18] = {0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x80,
                            0x90, 0xA0, 0xB0, 0xC0, 0xD0, 0xE0, 0xF0, 0x00, 0x10};
constexpr u8 names[] = {3, 2, 3, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0,
                        1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 1, 2, 0, 1};
constexpr u16 token_starts[] = {0, 1, 5, 8, 9};
constexpr char tokens[] = "kfreevma_";
constexpr symbol_table table{18, groups, starts, names, token_starts, tokens};

bool is_called(u32 index, std::string_view name) {
    text_buffer<40> out;
    table.print_name(out, index);
    return out.view() == name;
}

}  // namespace

TEST(symbol_table, finds_the_last_function_at_or_below_an_address) {
    EXPECT_FALSE(table.find(0).has_value());
    EXPECT_FALSE(table.find(0xC00FFFFF).has_value());
    for (u32 i = 0; i < table.count; ++i) {
        EXPECT_EQ(table.find(table.start(i)).value_or(99), i);
        EXPECT_EQ(table.find(table.start(i) + 15).value_or(99), i);
    }
    EXPECT_EQ(table.find(0xC010FFFF).value_or(99), 15u);
    EXPECT_EQ(table.find(0xFFFFFFFF).value_or(99), 17u);
}

TEST(symbol_table, joins_a_name_of_its_tokens) {
    EXPECT_TRUE(is_called(0, "vma_free"));
    for (u32 i = 1; i < 16; ++i) EXPECT_TRUE(is_called(i, i % 2 == 0 ? "k" : ""));
    EXPECT_TRUE(is_called(16, "free"));
    EXPECT_TRUE(is_called(17, "kfree"));
}

TEST(symbol_table, may_be_empty) {
    EXPECT_FALSE(symbol_table{}.find(0xC0100000).has_value());
}
