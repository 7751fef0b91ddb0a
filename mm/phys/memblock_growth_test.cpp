// memblock with memory that it can write to: tables that grow, zeroed allocations, and
// what is made of the memory map. Where the linear map begins, this arena is memory.
#include "mm/phys/memblock.hpp"
#include "mm/phys/memory_map.hpp"

#include "lib/test/scratch.hpp"

#include <test.hpp>

namespace {

constexpr u32 arena_size = 4 * PAGE_SIZE;
struct test_room {
    alignas(PAGE_SIZE) u8 arena[arena_size];
    memory_map map;
};
auto arena() -> u8 (&)[arena_size] { return scratch_as<test_room>().arena; }
memory_map& map() { return scratch_as<test_room>().map; }

constexpr u32 table_size = 4;
memblock_region memory_table[table_size];
memblock_region reserved_table[table_size];

u64 arena_start() { return virt_to_phys(arena()).raw(); }
u64 arena_end() { return arena_start() + arena_size; }

struct arena_memblock : memblock {
    arena_memblock() : memblock(memory_table, reserved_table) {
        set_current_limit(arena_end());
        for (u8& byte : arena()) byte = 0xA5;
    }
};

class line_sink final : public text_sink {
public:
    void write(std::string_view text) override {
        for (char c : text) {
            column = c == '\n' ? 0 : column + 1;
            lines += c == '\n';
            longest = max_of(longest, column);
        }
    }
    size_t lines = 0, longest = 0, column = 0;
};

}  // namespace

TEST(memblock, tables_grow_into_memory_of_their_own) {
    NEEDS_INIT_MEMORY();
    arena_memblock block;
    EXPECT_TRUE(block.add(arena_start(), arena_size));
    for (u32 i = 0; i < 40; ++i) {
        EXPECT_TRUE(block.reserve(arena_start() + 16 * i, 8));
        block.check_invariants();
    }
    EXPECT_EQ(block.reserved().max, 64u);
    EXPECT_NE(block.reserved().regions, reserved_table);
    // The 40, and one table: the smaller ones were freed.
    EXPECT_EQ(block.reserved().cnt, 41u);
    EXPECT_EQ(block.reserved_bytes(), 40 * 8 + 64 * sizeof(memblock_region));

    for (u32 i = 0; i < 40; ++i) {
        EXPECT_TRUE(block.add(arena_end() + GiB + 2 * i, 1));
        block.check_invariants();
    }
    EXPECT_EQ(block.memory().max, 64u);
    EXPECT_EQ(block.memory().cnt, 41u);
    EXPECT_EQ(block.reserved_bytes(), 40 * 8 + 2 * 64 * sizeof(memblock_region));
}

TEST(memblock, tables_stay_below_the_limit) {
    NEEDS_INIT_MEMORY();
    arena_memblock block;
    block.set_current_limit(arena_start() + PAGE_SIZE);
    EXPECT_TRUE(block.add(arena_start(), arena_size));
    for (u32 i = 0; i < 10; ++i)
        EXPECT_TRUE(block.reserve(arena_end() - 1 - 2 * i, 1));
    EXPECT_GT(block.reserved().max, table_size);
    EXPECT_LT(virt_to_phys(block.reserved().regions).raw(), arena_start() + PAGE_SIZE);
    block.check_invariants();
}

// The only room for a larger table is where the call is about to reserve.
TEST(memblock, a_table_does_not_grow_into_what_it_grows_for) {
    NEEDS_INIT_MEMORY();
    arena_memblock block;
    EXPECT_TRUE(block.add(arena_start(), arena_size));
    EXPECT_TRUE(block.reserve(arena_start(), PAGE_SIZE - 32));
    for (u32 i = 0; i < table_size - 1; ++i)
        EXPECT_TRUE(block.reserve(arena_start() + PAGE_SIZE + 32 * i, 16));
    const u64 rest = arena_start() + PAGE_SIZE + 32 * table_size;
    EXPECT_FALSE(block.reserve(rest, arena_end() - rest));
    EXPECT_EQ(block.reserved().cnt, table_size);

    // From here on there is a place above what is to be reserved, then one below it.
    EXPECT_TRUE(block.reserve(rest, PAGE_SIZE));
    EXPECT_GE(virt_to_phys(block.reserved().regions).raw(), rest + PAGE_SIZE);
    block.check_invariants();
}

// A freed or removed range is no place for the table, either.
TEST(memblock, a_table_does_not_grow_into_what_is_going_away) {
    NEEDS_INIT_MEMORY();
    arena_memblock block;
    const u64 middle = arena_start() + PAGE_SIZE;
    EXPECT_TRUE(block.add(arena_start(), arena_size));
    for (u32 i = 0; i < table_size - 1; ++i)
        EXPECT_TRUE(block.add(arena_end() + GiB + 2 * i, 1));
    EXPECT_TRUE(block.remove(middle, 3 * PAGE_SIZE - 1));
    EXPECT_GT(block.memory().max, table_size);
    EXPECT_LT(virt_to_phys(block.memory().regions).raw(), middle);
    block.check_invariants();
}

// The larger table of `memory` is a new region of `reserved`, and the old one, which
// lay between two reservations, leaves a hole: one region more, again.
TEST(memblock, growing_one_table_finds_room_in_the_other) {
    NEEDS_INIT_MEMORY();
    arena_memblock block;
    block.set_current_limit(arena_start() + 2 * PAGE_SIZE);
    EXPECT_TRUE(block.add(arena_start(), arena_size));
    for (u32 i = 0; i < table_size; ++i)
        EXPECT_TRUE(block.add(arena_end() + GiB + 2 * i, 1));
    const u64 table = virt_to_phys(block.memory().regions).raw();
    EXPECT_TRUE(block.reserve(table - 16, 16));
    EXPECT_TRUE(block.reserve(arena_start() + 2 * PAGE_SIZE, 16));
    EXPECT_TRUE(block.reserve(arena_start(), 16));
    EXPECT_TRUE(block.reserve(arena_start() + 32, 16));
    EXPECT_EQ(block.reserved().cnt, table_size - 1);

    block.set_current_limit(arena_end() - 16);
    for (u32 i = table_size; i < 2 * table_size; ++i)
        EXPECT_TRUE(block.add(arena_end() + GiB + 2 * i, 1));
    EXPECT_EQ(block.memory().max, 4 * table_size);
    EXPECT_TRUE(block.reserved().bytes_in({table - 16, table}) == 16);
    EXPECT_TRUE(block.reserved().bytes_in({table, table + 16}) == 0);
    block.check_invariants();
}

TEST(memblock, its_own_tables_are_not_given_away) {
    NEEDS_INIT_MEMORY();
    arena_memblock block;
    EXPECT_TRUE(block.add(arena_start(), arena_size));
    for (u32 i = 0; i < table_size + 1; ++i)
        EXPECT_TRUE(block.reserve(arena_start() + 16 * i, 8));
    const u64 table = virt_to_phys(block.reserved().regions).raw();
    EXPECT_FALSE(block.free(table, 1));
    EXPECT_FALSE(block.free(0, ~u64{0}));
    EXPECT_FALSE(block.remove(table + 1, 1));
    EXPECT_FALSE(block.reserve(table - 1, 2));
    EXPECT_TRUE(block.add(table, 1));
    block.check_invariants();
}

TEST(memblock, allocations_are_zeroed_and_in_the_linear_map) {
    NEEDS_INIT_MEMORY();
    arena_memblock block;
    EXPECT_TRUE(block.add(arena_start(), arena_size));
    EXPECT_TRUE(block.add(arena_end(), PAGE_SIZE));  // beyond the limit
    u8* const high = static_cast<u8*>(memblock_alloc(block, 100, 64));
    ASSERT_EQ(high, arena() + arena_size - 128);
    u8* const low = static_cast<u8*>(alloc_bootmem_low_pages(block, PAGE_SIZE + 1));
    ASSERT_EQ(low, arena());
    for (u32 i = 0; i < 100; ++i) EXPECT_EQ(high[i], 0);
    EXPECT_EQ(high[100], 0xA5);
    EXPECT_EQ(high[-1], 0xA5);
    for (u32 i = 0; i < 2 * PAGE_SIZE; ++i)
        if (low[i] != 0) EXPECT_EQ(low[i], 0);
    EXPECT_EQ(low[2 * PAGE_SIZE], 0xA5);

    EXPECT_FALSE(memblock_alloc(block, arena_size, 1));
    EXPECT_FALSE(memblock_alloc(block, 0, 1));
    EXPECT_FALSE(alloc_bootmem_low_pages(block, 0));
    EXPECT_FALSE(alloc_bootmem_low_pages(block, 2 * PAGE_SIZE));
    EXPECT_FALSE(alloc_bootmem_low_pages(block, ~u64{0}));
    EXPECT_TRUE(alloc_bootmem_low_pages(block, PAGE_SIZE));
    block.check_invariants();
}

TEST(memblock, is_built_from_the_memory_map) {
    NEEDS_INIT_MEMORY();
    arena_memblock block;
    const e820_entry raw[] = {{0, 0x9F000, E820_RAM},
                              {1 * MiB, 63 * MiB, E820_RAM},
                              {64 * MiB, 1 * MiB, E820_ACPI},
                              {4 * GiB, 1 * GiB, E820_RAM}};
    map().build(raw, {});
    map().reserve(1 * MiB, 2 * MiB, memory_kind::kernel);
    map().reserve(8 * MiB, 9 * MiB, memory_kind::module);
    map().reserve(4 * GiB, 4 * GiB + 4 * KiB, memory_kind::framebuffer);
    EXPECT_TRUE(build_memblock(block, map()));
    block.check_invariants();
    EXPECT_EQ(block.memory().cnt, 3u);  // the framebuffer's page is no memory
    EXPECT_EQ(block.memory_bytes(), map().ram_bytes());
    EXPECT_EQ(block.free_bytes(), map().usable_bytes());
    EXPECT_EQ(block.reserved().cnt, 2u);

    const auto frame = reserve_trampoline(block);
    ASSERT_TRUE(frame.has_value());
    EXPECT_EQ(*frame, 0x9E000u);
    EXPECT_EQ(block.free_bytes(), map().usable_bytes() - PAGE_SIZE);
    while (reserve_trampoline(block)) {}
    EXPECT_EQ(block.free_bytes(), map().usable_bytes() - 0x9E000);

    line_sink out;
    print_balance(out, block);
    EXPECT_EQ(out.lines, 2u);
    EXPECT_LE(out.longest, 65u);
}

// What a table has no room for is nobody's, and above all not free.
TEST(memblock, a_map_that_does_not_fit_costs_memory_but_no_protection) {
    NEEDS_INIT_MEMORY();
    arena_memblock block;
    block.set_current_limit(0);
    const e820_entry raw[] = {{1 * MiB, 63 * MiB, E820_RAM}};
    map().build(raw, {});
    for (u64 i = 0; i < 6; ++i)
        map().reserve((2 + 2 * i) * MiB, (3 + 2 * i) * MiB, memory_kind::module);
    EXPECT_FALSE(build_memblock(block, map()));
    block.check_invariants();
    EXPECT_LT(block.memory_bytes(), map().ram_bytes());
    for (memblock_range free; block.next_free(free);)
        for (u64 page = free.start; page < free.end; page += MiB)
            EXPECT_TRUE(map().kind_at(page) == memory_kind::usable);
}
