#include "mm/phys/memblock.hpp"

#include "mm/phys/memory_map.hpp"
#include <test.hpp>

#include <initializer_list>

namespace {

using enum memblock_direction;

constexpr u64 top = ~u64{0};
constexpr u32 table_size = 8;

memblock_region memory_table[table_size];
memblock_region reserved_table[table_size];

// One at a time: it has the tables above. Its memory is nobody's and only counted,
// so its tables cannot grow.
struct small_memblock : memblock {
    small_memblock() : memblock(memory_table, reserved_table) {}
};

bool is_exactly(const memblock_type& type, std::initializer_list<memblock_range> expected) {
    type.check_invariants();
    if (type.cnt != expected.size()) return false;
    const memblock_region* region = type.regions;
    for (const memblock_range& range : expected) {
        if (region->base != range.start || region->end() != range.end) return false;
        ++region;
    }
    return true;
}

// Fills a table: this many bytes of it, with holes of one byte between them.
bool add_single_bytes(memblock& block, u64 first, u32 count) {
    for (u32 i = 0; i < count; ++i)
        if (!block.add(first + 2 * i, 1)) return false;
    return true;
}

bool reserve_single_bytes(memblock& block, u64 first, u32 count) {
    for (u32 i = 0; i < count; ++i)
        if (!block.reserve(first + 2 * i, 1)) return false;
    return true;
}

}  // namespace

TEST(memblock, regions_that_touch_or_overlap_become_one) {
    NEEDS_INIT_MEMORY();
    small_memblock block;
    EXPECT_TRUE(block.add(0x3000, 0x1000));
    EXPECT_TRUE(block.add(0x1000, 0x1000));
    EXPECT_TRUE(is_exactly(block.memory(), {{0x1000, 0x2000}, {0x3000, 0x4000}}));
    EXPECT_TRUE(block.add(0x2000, 0x1000));
    EXPECT_TRUE(is_exactly(block.memory(), {{0x1000, 0x4000}}));

    EXPECT_TRUE(block.add(0x1800, 0x100));  // within
    EXPECT_TRUE(is_exactly(block.memory(), {{0x1000, 0x4000}}));
    EXPECT_TRUE(block.add(0x8000, 0x1000));
    EXPECT_TRUE(block.add(0x800, 0x9000));  // around all
    EXPECT_TRUE(is_exactly(block.memory(), {{0x800, 0x9800}}));
    EXPECT_TRUE(block.add(0x9801, 1));  // a byte apart
    EXPECT_TRUE(is_exactly(block.memory(), {{0x800, 0x9800}, {0x9801, 0x9802}}));
    EXPECT_TRUE(block.add(0x5000, 0));
    EXPECT_EQ(block.memory_bytes(), 0x9001u);
}

TEST(memblock, what_is_removed_splits_and_trims_regions) {
    NEEDS_INIT_MEMORY();
    small_memblock block;
    EXPECT_TRUE(block.add(0x1000, 0x8000));
    EXPECT_TRUE(block.remove(0x3000, 0x1000));
    EXPECT_TRUE(is_exactly(block.memory(), {{0x1000, 0x3000}, {0x4000, 0x9000}}));
    EXPECT_TRUE(block.remove(0x1000, 0x800));
    EXPECT_TRUE(block.remove(0x8800, 0x1000));
    EXPECT_TRUE(is_exactly(block.memory(), {{0x1800, 0x3000}, {0x4000, 0x8800}}));
    EXPECT_TRUE(block.remove(0x3000, 0x1000));  // the hole
    EXPECT_TRUE(block.remove(0x5000, 0));
    EXPECT_EQ(block.memory_bytes(), 0x6000u);
    EXPECT_TRUE(block.remove(0x2000, 0x3000));  // across it
    EXPECT_TRUE(is_exactly(block.memory(), {{0x1800, 0x2000}, {0x5000, 0x8800}}));
    EXPECT_TRUE(block.remove(0, top));
    EXPECT_TRUE(is_exactly(block.memory(), {}));
}

TEST(memblock, takes_from_the_top_or_from_the_bottom) {
    NEEDS_INIT_MEMORY();
    small_memblock block;
    EXPECT_TRUE(block.add(0x10000, 0x10000));
    EXPECT_EQ(block.alloc(0x100, 1, 0, top, top_down), 0x1FF00u);
    EXPECT_EQ(block.alloc(0x100, 0x1000, 0, top, top_down), 0x1F000u);
    EXPECT_EQ(block.alloc(0x100, 1, 0, top, bottom_up), 0x10000u);
    EXPECT_EQ(block.alloc(0x100, 0x1000, 0, top, bottom_up), 0x11000u);
    // What alignment left over is given out, too.
    EXPECT_EQ(block.alloc(0xE00, 1, 0, top, top_down), 0x1F100u);
    EXPECT_EQ(block.alloc(0xF00, 1, 0, top, bottom_up), 0x10100u);
    EXPECT_TRUE(is_exactly(block.reserved(), {{0x10000, 0x11100}, {0x1F000, 0x20000}}));

    EXPECT_TRUE(block.free(0x10000, 0x1100));
    EXPECT_TRUE(block.free(0x1F000, 0x1000));
    EXPECT_EQ(block.free_bytes(), 0x10000u);
    block.check_invariants();
}

TEST(memblock, keeps_to_the_limits_it_is_given) {
    NEEDS_INIT_MEMORY();
    small_memblock block;
    EXPECT_TRUE(block.add(0x10000, 0x10000));
    EXPECT_TRUE(block.reserve(0x14000, 0x1000));
    EXPECT_EQ(block.find(0x1000, 1, 0x12800, 0x18000, top_down), 0x17000u);
    EXPECT_EQ(block.find(0x1000, 1, 0x12800, 0x18000, bottom_up), 0x12800u);
    EXPECT_EQ(block.find(0x1000, 0x1000, 0x12800, 0x18000, bottom_up), 0x13000u);
    EXPECT_EQ(block.find(0x2000, 0x1000, 0x12800, 0x18000, bottom_up), 0x15000u);
    EXPECT_EQ(block.find(0x1000, 1, 0, 0x14800, top_down), 0x13000u);
    EXPECT_FALSE(block.find(0x1000, 1, 0x13800, 0x15800, top_down));
    EXPECT_FALSE(block.find(0x1000, 1, 0x13800, 0x15800, bottom_up));
    EXPECT_EQ(block.find(0x800, 1, 0x13800, 0x15800, bottom_up), 0x13800u);
    EXPECT_FALSE(block.find(0x1000, 1, 0x18000, 0x12000, top_down));
    EXPECT_FALSE(block.find(0x1000, 1, 0x18000, 0x12000, bottom_up));
    EXPECT_FALSE(block.find(0x1000, 1, 0x20000, top, top_down));
    EXPECT_FALSE(block.find(0x1000, 1, 0, 0x10000, bottom_up));
}

TEST(memblock, fails_where_nothing_fits) {
    NEEDS_INIT_MEMORY();
    small_memblock block;
    EXPECT_FALSE(block.alloc(1, 1, 0, top, top_down));
    EXPECT_TRUE(block.add(0x10000, 0x1000));
    EXPECT_TRUE(block.add(0x20000, 0x1000));
    for (const memblock_direction direction : {top_down, bottom_up}) {
        EXPECT_FALSE(block.alloc(0, 1, 0, top, direction));
        EXPECT_FALSE(block.alloc(0x1001, 1, 0, top, direction));
        EXPECT_FALSE(block.alloc(1, 0x40000, 0, top, direction));
        EXPECT_FALSE(block.alloc(1, u64{1} << 63, 0, top, direction));
        EXPECT_FALSE(block.alloc(top, 1, 0, top, direction));
        EXPECT_TRUE(block.alloc(0x1000, 0x1000, 0, top, direction));
    }
    EXPECT_EQ(block.free_bytes(), 0u);
    EXPECT_FALSE(block.alloc(1, 1, 0, top, top_down));
    block.check_invariants();
}

// A caller may take 0 for "nothing", whatever somebody called memory.
TEST(memblock, never_gives_out_page_zero) {
    NEEDS_INIT_MEMORY();
    small_memblock block;
    EXPECT_TRUE(block.add(0, 0x2000));
    EXPECT_EQ(block.alloc(0x800, 1, 0, top, bottom_up), 0x1000u);
    EXPECT_EQ(block.alloc(0x800, 1, 0, top, top_down), 0x1800u);
    EXPECT_FALSE(block.alloc(1, 1, 0, top, top_down));
    EXPECT_FALSE(block.alloc(1, 1, 0, top, bottom_up));
    EXPECT_EQ(block.free_bytes(), 0x1000u);
}

TEST(memblock, ranges_that_go_round_the_end_are_cut_there) {
    NEEDS_INIT_MEMORY();
    small_memblock block;
    EXPECT_TRUE(block.add(top - 0xFFF, 0x5000));
    EXPECT_TRUE(is_exactly(block.memory(), {{top - 0xFFF, top}}));
    EXPECT_TRUE(block.add(top - 0x1FFF, 0x1000));  // touches it
    EXPECT_TRUE(block.add(top - 1, top));
    EXPECT_TRUE(block.add(top, 1));  // the last byte: no region has it
    EXPECT_TRUE(is_exactly(block.memory(), {{top - 0x1FFF, top}}));
    EXPECT_EQ(block.alloc(0x10, 1, 0, top, top_down), top - 0x10);
    EXPECT_FALSE(block.find(0x10, 0x2000, top - 0x1000, top, bottom_up));

    EXPECT_TRUE(block.reserve(top - 0x800, top));
    EXPECT_EQ(block.free_bytes(), 0x1FFFu - 0x800);
    u32 ranges = 0;
    for (memblock_range free; ranges < 9 && block.next_free(free);) ++ranges;
    EXPECT_EQ(ranges, 1u);
    EXPECT_TRUE(block.free(top - 0x800, top));
    ranges = 0;
    for (memblock_range free; ranges < 9 && block.next_free(free);) ++ranges;
    EXPECT_EQ(ranges, 1u);
    block.check_invariants();
    EXPECT_TRUE(block.remove(top - 0xFFF, top));
    EXPECT_TRUE(is_exactly(block.memory(), {{top - 0x1FFF, top - 0xFFF}}));
}

TEST(memblock, walks_over_what_is_free_in_both_directions) {
    NEEDS_INIT_MEMORY();
    small_memblock block;
    EXPECT_TRUE(block.add(0x1000, 0x9000));
    EXPECT_TRUE(block.add(0x20000, 0x8000));
    EXPECT_TRUE(block.reserve(0, 0x1800));         // over the start
    EXPECT_TRUE(block.reserve(0x3000, 0x800));     // inside
    EXPECT_TRUE(block.reserve(0x9000, 0x18000));   // over the hole
    EXPECT_TRUE(block.reserve(0x22000, 0x10));
    EXPECT_TRUE(block.reserve(0x24000, 0x800));    // half a page
    EXPECT_TRUE(block.reserve(0x25000, 0x1000));
    EXPECT_TRUE(block.reserve(0x30000, 0x1000));   // of no memory
    constexpr memblock_range expected[] = {{0x1800, 0x3000},   {0x3800, 0x9000},
                                           {0x21000, 0x22000}, {0x22010, 0x24000},
                                           {0x24800, 0x25000}, {0x26000, 0x28000}};
    u32 i = 0;
    for (memblock_range free; i < 6 && block.next_free(free);)
        EXPECT_TRUE(free == expected[i++]);
    EXPECT_EQ(i, 6u);
    for (memblock_range free = memblock_top; i > 0 && block.previous_free(free);)
        EXPECT_TRUE(free == expected[--i]);
    EXPECT_EQ(i, 0u);

    constexpr memblock_range pages[] = {{0x2000, 0x3000},
                                        {0x4000, 0x9000},
                                        {0x21000, 0x22000},
                                        {0x23000, 0x24000},
                                        {0x26000, 0x28000}};
    for (memblock_range free; i < 5 && block.next_free_pages(free);)
        EXPECT_TRUE(free == pages[i++]);
    EXPECT_EQ(i, 5u);
    EXPECT_EQ(block.free_pages(), 10u);
    EXPECT_EQ(block.memory_bytes(), 0x11000u);
    EXPECT_EQ(block.free_bytes(), 0xC7F0u);
    EXPECT_EQ(block.reserved_bytes(), 0x4810u);
    block.check_invariants();
}

TEST(memblock, a_full_table_that_cannot_grow_fails_and_loses_nothing) {
    NEEDS_INIT_MEMORY();
    small_memblock block;
    EXPECT_TRUE(add_single_bytes(block, 0x10000, table_size));
    EXPECT_FALSE(block.add(0x20000, 0x1000));
    EXPECT_TRUE(block.add(0x1000E, 0x1000));      // longer, but no more of them
    EXPECT_FALSE(block.remove(0x10100, 0x100));   // would split
    EXPECT_TRUE(block.remove(0x1000E, 1));        // ... this not
    EXPECT_EQ(block.memory().cnt, table_size);
    block.check_invariants();

    EXPECT_TRUE(reserve_single_bytes(block, 0x10101, table_size));
    const u64 before = block.free_bytes();
    EXPECT_FALSE(block.reserve(0x10800, 1));
    EXPECT_FALSE(block.alloc(1, 0x800, 0, top, top_down));
    EXPECT_EQ(block.free_bytes(), before);
    EXPECT_EQ(block.alloc(1, 1, 0x10102, top, bottom_up), 0x10102u);  // joins two
    EXPECT_EQ(block.alloc(1, 0x800, 0, top, top_down), 0x11000u);
    EXPECT_FALSE(block.free(0x10102, 1));  // would part them again
    EXPECT_EQ(block.free_bytes(), before - 2);
    block.check_invariants();
}
