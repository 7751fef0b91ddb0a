#include "kernel/monitor/memory_arguments.hpp"

#include <test.hpp>

namespace {

constexpr u64 page_offset = 0xc0000000;
constexpr u64 linear_end = 0x4000000;

u32 units_from(u64 address, bool physical, u32 unit_bytes, u64 units) {
    const auto window = window_from({address, physical}, page_offset, linear_end);
    return window ? window->units(unit_bytes, units) : 0;
}

}  // namespace

TEST(memory_arguments, places_are_virtual_or_physical) {
    const auto place = parse_memory_place("0xc0100000");
    ASSERT_TRUE(place.has_value());
    EXPECT_EQ(place->address, 0xc0100000u);
    EXPECT_FALSE(place->physical);
    EXPECT_TRUE(parse_memory_place("p:0xb8000")->physical);
    EXPECT_EQ(parse_memory_place("p:0xb8000")->address, 0xb8000u);
    for (const char* word : {"", "p:", "c0100000", "0x", "-1", "P:1"})
        EXPECT_FALSE(parse_memory_place(word).has_value());
}

TEST(memory_arguments, units) {
    EXPECT_EQ(parse_unit("b").value_or(0), 1u);
    EXPECT_EQ(parse_unit("h").value_or(0), 2u);
    EXPECT_EQ(parse_unit("w").value_or(0), 4u);
    EXPECT_FALSE(parse_unit("").has_value());
    EXPECT_FALSE(parse_unit("bb").has_value());
}

TEST(memory_arguments, stop_at_the_top) {
    EXPECT_EQ(units_from(0, false, 1, 100), 100u);
    EXPECT_EQ(units_from(0xfffffff0, false, 1, 100), 16u);
    EXPECT_EQ(units_from(0xfffffff0, false, 4, 100), 4u);
    EXPECT_EQ(units_from(0xfffffffe, false, 4, 1), 0u);
    EXPECT_EQ(units_from(0xffffffff, false, 2, 1), 0u);
    EXPECT_FALSE(window_from({0x100000000, false}, page_offset, linear_end).has_value());
}

TEST(memory_arguments, stop_where_the_linear_map_ends) {
    const auto window = window_from({0xb8000, true}, page_offset, linear_end);
    ASSERT_TRUE(window.has_value());
    EXPECT_EQ(window->address, 0xc00b8000u);
    EXPECT_EQ(window->end, 0xc4000000u);
    EXPECT_EQ(units_from(linear_end - 16, true, 4, 100), 4u);
    EXPECT_EQ(units_from(linear_end - 1, true, 1, 100), 1u);
    EXPECT_EQ(units_from(linear_end - 2, true, 4, 1), 0u);
    for (const u64 outside : {linear_end, u64{0x38804000}, u64{0x100000000}, ~u64{0}})
        EXPECT_FALSE(window_from({outside, true}, page_offset, linear_end).has_value());
}

TEST(memory_arguments, a_dump_line_shows_numbers_and_text) {
    dump_line line{.address = 0xc0100000, .unit_bytes = 1, .length = 16};
    for (u32 i = 0; i < 16; ++i) line.bytes[i] = static_cast<u8>('A' + i);
    line.bytes[1] = 0x00;
    text_buffer<100> out;
    line.write(out);
    EXPECT_TRUE(out.view() == "c0100000: 41 00 43 44  45 46 47 48  49 4a 4b 4c  4d 4e 4f 50"
                              "  A.CDEFGHIJKLMNOP\n");
    line.unit_bytes = 4;
    out.clear();
    line.write(out);
    EXPECT_TRUE(out.view() ==
                "c0100000: 44430041 48474645 4c4b4a49 504f4e4d  A.CDEFGHIJKLMNOP\n");
    line.unit_bytes = 2;
    line.length = 2;
    out.clear();
    line.write(out);
    EXPECT_EQ(out.view().size(), 9u + 8 * 5 + 3 + 2 + 2 + 1);
    EXPECT_TRUE(out.view().starts_with("c0100000: 0041      "));
    EXPECT_TRUE(out.view().ends_with("   A.\n"));
}
