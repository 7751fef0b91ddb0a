#include "mm/phys/memory_map.hpp"
#include "lib/test/scratch.hpp"

#include <test.hpp>

namespace {

memory_map& map() { return scratch_as<memory_map>(); }  // too large for a kernel stack

using enum memory_kind;

void build(std::initializer_list<e820_entry> raw, memory_map_options options = {}) {
    map().build({raw.begin(), raw.size()}, options);
    map().check_invariants();
}

bool is_exactly(std::initializer_list<memory_range> expected) {
    map().check_invariants();
    if (map().ranges().size() != expected.size()) return false;
    const memory_range* range = expected.begin();
    for (const memory_range& found : map().ranges())
        if (!(found == *range++)) return false;
    return true;
}

constexpr memory_range page_zero{0, 0x1000, reserved};
constexpr memory_range bios_area{0xA0000, 0x100000, reserved};
constexpr u64 top = memory_map::address_end;

u32 count_of(map_note note) { return map().tally(note).count; }

class line_counter final : public text_sink {
public:
    void write(std::string_view text) override {
        for (char c : text) {
            if (c == '\n') {
                ++lines;
                length = 0;
            } else if (++length > longest) {
                longest = length;
            }
        }
    }
    size_t lines = 0;
    size_t longest = 0;

private:
    size_t length = 0;
};

}  // namespace

TEST(memory_map, keeps_page_zero_and_the_bios_area_whatever_the_map_says) {
    build({});
    EXPECT_TRUE(is_exactly({page_zero, bios_area}));
    EXPECT_EQ(map().usable_bytes(), 0u);
    EXPECT_EQ(map().highest_usable_end(), 0u);

    build({{0, 0x400000, E820_RAM}});
    EXPECT_TRUE(is_exactly({page_zero, {0x1000, 0xA0000, usable}, bios_area,
                            {0x100000, 0x400000, usable}}));
    EXPECT_EQ(map().tally(map_note::bios_area).bytes, 0x60000u);
    EXPECT_EQ(map().usable_bytes(), 0x39F000u);
}

TEST(memory_map, rounds_usable_inwards_and_the_rest_outwards) {
    build({{0x200001, 0x2FFF, E820_RAM},       // 200001-203000
           {0x300FFF, 0x2, E820_NVS},          // across a page boundary
           {0x400000, 0xFFF, E820_RAM},        // less than a page
           {0x500800, 0x1000, E820_RAM}});     // no whole page
    EXPECT_TRUE(is_exactly({page_zero, bios_area, {0x201000, 0x203000, usable},
                            {0x300000, 0x302000, acpi_nvs}}));
}

TEST(memory_map, joins_usable_entries_that_meet_inside_a_page) {
    build({{0x200000, 0x1800, E820_RAM}, {0x201800, 0x1800, E820_RAM}});
    EXPECT_TRUE(is_exactly({page_zero, bios_area, {0x200000, 0x203000, usable}}));
    EXPECT_EQ(count_of(map_note::overlap), 0u);
}

TEST(memory_map, a_restricted_byte_takes_its_page) {
    build({{0x200000, 0x10000, E820_RAM}, {0x204800, 1, E820_RESERVED}});
    EXPECT_TRUE(is_exactly({page_zero, bios_area, {0x200000, 0x204000, usable},
                            {0x204000, 0x205000, reserved}, {0x205000, 0x210000, usable}}));
    EXPECT_EQ(count_of(map_note::overlap), 1u);
}

TEST(memory_map, settles_overlaps_by_restriction_in_any_order) {
    constexpr e820_entry entries[] = {{0x200000, 0x5000, E820_RAM},
                                      {0x201000, 0x5000, E820_ACPI},
                                      {0x202000, 0x5000, E820_NVS},
                                      {0x203000, 0x5000, E820_UNUSABLE},
                                      {0x204000, 0x5000, E820_RESERVED}};
    for (unsigned turn = 0; turn < 120; ++turn) {
        e820_entry raw[5];
        bool taken[5] = {};
        unsigned rest = turn;
        for (unsigned i = 0; i < 5; ++i) {  // the turn-th permutation
            unsigned skip = rest % (5 - i);
            rest /= 5 - i;
            unsigned pick = 0;
            while (taken[pick] || skip-- > 0) ++pick;
            taken[pick] = true;
            raw[i] = entries[pick];
        }
        map().build(raw, {});
        ASSERT_TRUE(is_exactly({page_zero, bios_area, {0x200000, 0x201000, usable},
                                {0x201000, 0x202000, acpi_reclaimable},
                                {0x202000, 0x203000, acpi_nvs},
                                {0x203000, 0x204000, unusable},
                                {0x204000, 0x209000, reserved}}));
    }
}

TEST(memory_map, unknown_types_are_reserved) {
    build({{0x200000, 0x4000, E820_RAM},
           {0x200000, 0x1000, 0},
           {0x202000, 0x1000, 20},
           {0x203000, 0x1000, 0xFFFFFFFF}});
    EXPECT_TRUE(is_exactly({page_zero, bios_area, {0x200000, 0x201000, reserved},
                            {0x201000, 0x202000, usable}, {0x202000, 0x204000, reserved}}));
    EXPECT_EQ(count_of(map_note::unknown_type), 3u);
}

TEST(memory_map, does_not_believe_memory_that_wraps) {
    build({{0x200000, 0, E820_RESERVED},
           {0x300000, ~u64{0}, E820_RAM},
           {0x400000, 0x1000, E820_RAM},
           {~u64{0} - 0x1FFF, 0x3000, E820_NVS}});
    EXPECT_TRUE(is_exactly({page_zero, bios_area, {0x400000, 0x401000, usable},
                            {top - 0x1000, top, acpi_nvs}}));
    EXPECT_EQ(count_of(map_note::empty_entry), 1u);
    EXPECT_EQ(count_of(map_note::wrapping_entry), 2u);
}

TEST(memory_map, an_entry_may_end_exactly_at_the_top) {
    build({{0, ~u64{0}, E820_RAM}, {u64{1} << 63, u64{1} << 63, E820_RESERVED}});
    EXPECT_TRUE(is_exactly({page_zero, {0x1000, 0xA0000, usable}, bios_area,
                            {0x100000, u64{1} << 63, usable},
                            {u64{1} << 63, top, reserved}}));
    EXPECT_EQ(count_of(map_note::wrapping_entry), 0u);
    EXPECT_FALSE(map().kind_at(~u64{0}).has_value());

    build({{top, 0x1000, E820_RAM}});
    EXPECT_TRUE(is_exactly({page_zero, bios_area}));
}

TEST(memory_map, cuts_ram_at_the_limits_and_says_how_much) {
    build({{0x100000, 0xFF00000, E820_RAM}, {0x8000000, 0x1000, E820_NVS}},
          {.mem_limit = 0x4000800});
    EXPECT_TRUE(is_exactly({page_zero, bios_area, {0x100000, 0x4000000, usable},
                            {0x8000000, 0x8001000, acpi_nvs}}));
    EXPECT_EQ(map().tally(map_note::above_limit).bytes, u64{0xC000000 - 0x1000});
    EXPECT_EQ(count_of(map_note::above_phys_bits), 0u);

    build({{0x100000, 0xBFF00000, E820_RAM}, {u64{4} * GiB, 2 * GiB, E820_RAM}},
          {.phys_bits = 32});
    EXPECT_EQ(map().highest_usable_end(), 3 * GiB);
    EXPECT_EQ(map().tally(map_note::above_phys_bits).bytes, 2 * GiB);

    build({{0x100000, 0x1000, E820_RAM}}, {.mem_limit = 0});
    EXPECT_EQ(map().usable_bytes(), 0u);
}

TEST(memory_map, claims_touch_only_ram) {
    build({{0x100000, 0x300000, E820_RAM}, {0x400000, 0x1000, E820_ACPI}});
    map().reserve(0x100000, 0x180001, kernel);
    map().reserve(0x3FFFFF, 0x500000, module);  // over ACPI tables, into a hole
    map().reserve(0x1000000, 0x2000000, module);
    EXPECT_TRUE(is_exactly({page_zero, bios_area, {0x100000, 0x181000, kernel},
                            {0x181000, 0x3FF000, usable}, {0x3FF000, 0x400000, module},
                            {0x400000, 0x401000, acpi_reclaimable}}));
    EXPECT_TRUE(map().kind_at(0x180FFF) == kernel);
    EXPECT_TRUE(map().kind_at(0x181000) == usable);
    EXPECT_TRUE(map().kind_at(0x3FF000) == module);
    EXPECT_TRUE(map().kind_at(0x400000) == acpi_reclaimable);
    EXPECT_FALSE(map().kind_at(0x401000).has_value());
    EXPECT_FALSE(map().kind_at(0x1000000).has_value());
    EXPECT_EQ(map().usable_bytes(), u64{0x3FF000 - 0x181000});
    EXPECT_EQ(map().ram_bytes(), 0x300000u);
    EXPECT_EQ(map().highest_usable_end(), 0x3FF000u);
    EXPECT_EQ(map().highest_ram_end(), 0x400000u);
}

TEST(memory_map, where_claims_meet_the_kernel_keeps_its_pages) {
    build({{0x100000, 0x300000, E820_RAM}});
    map().reserve(0x100000, 0x180000, kernel);
    map().reserve(0x17F000, 0x190000, module);
    EXPECT_TRUE(map().kind_at(0x17F000) == kernel);
    EXPECT_TRUE(map().kind_at(0x180000) == module);
    map().reserve(0x180000, 0x190000, kernel);
    EXPECT_TRUE(is_exactly({page_zero, bios_area, {0x100000, 0x190000, kernel},
                            {0x190000, 0x400000, usable}}));
}

TEST(memory_map, senseless_claims_claim_nothing) {
    build({{0x100000, 0x300000, E820_RAM}});
    map().reserve(0x200000, 0x200000, kernel);
    map().reserve(0x300000, 0x200000, kernel);
    EXPECT_EQ(map().usable_bytes(), 0x300000u);
    map().reserve(0x200000, ~u64{0}, kernel);
    EXPECT_TRUE(is_exactly({page_zero, bios_area, {0x100000, 0x200000, usable},
                            {0x200000, 0x400000, kernel}}));
}

TEST(memory_map, takes_from_the_top_below_a_limit) {
    build({{0x100000, 0x300000, E820_RAM}, {0x1000000, 0x5800, E820_RAM}});
    EXPECT_TRUE(map().take(1, 1, ~u64{0}, boot) == 0x1004000u);
    EXPECT_TRUE(map().take(0x2000, 0x2000, ~u64{0}, boot) == 0x1002000u);
    EXPECT_TRUE(map().take(0x3000, 0x1000, ~u64{0}, boot) == 0x3FD000u);
    EXPECT_TRUE(map().take(0x1000, 0x1000, 0x200FFF, module) == 0x1FF000u);
    EXPECT_TRUE(map().take(0x100000, 0x100000, 0x400000, boot) == 0x200000u);
    EXPECT_TRUE(is_exactly({page_zero, bios_area, {0x100000, 0x1FF000, usable},
                            {0x1FF000, 0x200000, module}, {0x200000, 0x300000, boot},
                            {0x300000, 0x3FD000, usable}, {0x3FD000, 0x400000, boot},
                            {0x1000000, 0x1002000, usable}, {0x1002000, 0x1005000, boot}}));
}

TEST(memory_map, refuses_what_it_does_not_have) {
    build({{0x100000, 0x300000, E820_RAM}});
    EXPECT_FALSE(map().take(0, 0x1000, ~u64{0}, boot).has_value());
    EXPECT_FALSE(map().take(0x300001, 0x1000, ~u64{0}, boot).has_value());
    EXPECT_FALSE(map().take(0x1000, 0x1000000, ~u64{0}, boot).has_value());
    EXPECT_FALSE(map().take(0x1000, 0x1000, 0x100FFF, boot).has_value());
    EXPECT_FALSE(map().take(~u64{0}, 0x1000, ~u64{0}, boot).has_value());
    EXPECT_FALSE(map().take(0x1000, u64{1} << 63, ~u64{0}, boot).has_value());
    EXPECT_EQ(map().usable_bytes(), 0x300000u);
    EXPECT_TRUE(map().take(0x300000, 0x1000, ~u64{0}, boot) == 0x100000u);
    EXPECT_EQ(map().usable_bytes(), 0u);
    EXPECT_FALSE(map().take(1, 1, ~u64{0}, boot).has_value());
}

// One usable entry shredded by all the others: the most ranges that a raw map
// and the claims after it can make. Not one may be lost.
TEST(memory_map, the_worst_map_and_all_claims_fit) {
    static e820_entry raw[boot_info::max_e820];
    raw[0] = {0, 0x10000000, E820_RAM};
    for (u64 i = 1; i < boot_info::max_e820; ++i)
        raw[i] = {0x200000 + i * 0x10000, 1, E820_RESERVED};
    map().build(raw, {});
    map().check_invariants();
    const size_t built = 2 * (boot_info::max_e820 + memory_map::fixed_claims) - 2;
    EXPECT_EQ(map().ranges().size(), built);  // page 0 stands at the edge
    EXPECT_EQ(map().usable_bytes(), u64{0x10000000 - 0x61000 - 127 * 0x1000});

    for (u64 i = 0; i < memory_map::later_claims; ++i)
        map().reserve(0x4000000 + i * 0x10000, 0x4001000 + i * 0x10000, module);
    map().check_invariants();
    EXPECT_EQ(map().ranges().size(), built + 2 * memory_map::later_claims);
    EXPECT_EQ(count_of(map_note::no_room), 0u);

    // One more than the room was made for: usable memory goes, the claim holds.
    map().reserve(0x8000000, 0x8001000, module);
    map().check_invariants();
    EXPECT_TRUE(map().kind_at(0x8000000) == module);
    EXPECT_EQ(count_of(map_note::no_room), 1u);
    EXPECT_EQ(map().tally(map_note::no_room).bytes, 0xF000u);
}

TEST(memory_map, building_again_starts_afresh) {
    build({{0x100000, 0, E820_RAM}, {0x100000, 0x1000, E820_RAM}});
    EXPECT_TRUE(map().has_notes());
    build({{0x200000, 0x1000, E820_RAM}});
    EXPECT_FALSE(map().has_notes());
    EXPECT_TRUE(is_exactly({page_zero, bios_area, {0x200000, 0x201000, usable}}));
}

TEST(memory_map, prints_a_line_a_range_within_80_columns) {
    constexpr e820_entry raw[] = {{0, 0x400000, E820_RAM},
                                  {0x300000, 0, E820_NVS},
                                  {0x300000, ~u64{0}, E820_RAM},
                                  {u64{1} << 63, u64{1} << 62, 0xFFFFFFFF}};
    map().build(raw, {.mem_limit = 0x300000});
    map().reserve(0x200000, 0x201000, framebuffer);

    line_counter out;
    print_e820(out, raw);
    EXPECT_EQ(out.lines, 4u);
    print_memory_map(out, map());
    EXPECT_EQ(out.lines, 4 + map().ranges().size() + 1);
    out.lines = 0;
    print_map_notes(out, map());
    EXPECT_EQ(out.lines, 5u);
    EXPECT_LE(out.longest, 80u);

    text_buffer<80> line;
    format_to(line, "{}", memory_range{0x100000, 0x3FE0000, usable});
    EXPECT_TRUE(line.view() == "[mem 0x0000000000100000-0x0000000003fdffff] usable");
}
