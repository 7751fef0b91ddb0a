// memblock: who has which memory before there is a page allocator.
//
// Two tables of regions say all of it. `memory` is what RAM there is, `reserved` is
// what is taken; what lies in the first and not in the second is free:
//
//     memory     |--------------------|      |-----------------------------|
//     reserved      |---|        |-------------|               |--|
//     free       |--|   |--------|             |---------------|  |--------|
//
// An allocation looks for a free range, from the top or from the bottom, and reserves
// it; that is all. Each call costs a walk along the tables, which does not matter while
// there are few regions and each caller takes what it needs for good. When the zones
// stand they get every page that is still free, and memblock's work is done.
//
// A table that is full doubles, into memory that memblock allocates from itself: below
// `current_limit`, the end of what phys_to_virt reaches. The first tables are their
// owner's, so that the kernel has two static ones and a test has tiny ones.
//
//     reserve(x), table full:   find twice its size, neither below nor in x
//                               copy, reserve the new table, free the old one
//                               then reserve x
//
// I1  Regions are sorted, not empty, and do not overlap.
// I2  Regions that touch are one.
// I3  No region goes round the end of the 64-bit space. Its last byte is in none: the
//     end of such a region could not be written down. (A range that would be cut.)
// I4  A table's total_size is the sum of its regions, and cnt <= max.
// I5  A table that memblock has allocated lies in memory, is reserved, and lies below
//     current_limit as it then was. A call that would have it otherwise, or claim the
//     place for someone else, fails.
// I6  memory = reserved + free, where only what is reserved of memory counts. (It is
//     allowed to reserve what is no memory, or none yet.)
//
// A call that fails has changed nothing but, perhaps, the size of a table. Page 0 is
// never allocated: address 0 stays free to mean nothing, whatever `memory` says.
//
// No lock: it is used while one CPU runs, with nothing to interrupt it.
//
// Left out on purpose: NUMA nodes, flags of regions (hot-plugged, mirrored, not mapped).
#pragma once

#include "lib/address.hpp"
#include "lib/format.hpp"
#include "lib/init.hpp"

#include <optional>
#include <span>

class memory_map;

// [start, end)
using memblock_range = range<u64>;

struct memblock_region {
    u64 base;
    u64 size;

    constexpr u64 end() const { return base + size; }
};

// A table of regions. It knows I1 to I4, and nothing of where it lies.
struct memblock_type {
    const char* name;
    memblock_region* regions;
    u32 cnt = 0;
    u32 max;
    u64 total_size = 0;

    constexpr memblock_type(const char* name, std::span<memblock_region> table)
        : name(name), regions(table.data()), max(static_cast<u32>(table.size())) {}

    // The regions beyond an address: the index of the first that ends above it, or
    // that ends at or above it. cnt, if there is none.
    INIT_CODE u32 first_ending_above(u64 address) const;
    INIT_CODE u32 first_reaching(u64 address) const;
    // The number of regions that start below an address, or at or below it.
    INIT_CODE u32 starting_below(u64 address) const;
    INIT_CODE u32 starting_up_to(u64 address) const;

    // Whether these take a region more than there are; they must find room for it.
    INIT_CODE bool insert_adds(memblock_range range) const;
    INIT_CODE bool erase_adds(memblock_range range) const;
    INIT_CODE void insert(memblock_range range);
    INIT_CODE void erase(memblock_range range);

    INIT_CODE u64 bytes_in(memblock_range range) const;
    INIT_CODE void check_invariants() const;

private:
    INIT_CODE void replace(u32 first, u32 last, std::span<const memblock_region> by);
};

// From which end of memory an allocation is taken.
enum class memblock_direction : u8 { top_down, bottom_up };

class memblock {
public:
    using enum memblock_direction;

    constexpr memblock(std::span<memblock_region> memory_table,
                       std::span<memblock_region> reserved_table)
        : memory_("memory", memory_table), reserved_("reserved", reserved_table) {}
    memblock(const memblock&) = delete;
    memblock& operator=(const memblock&) = delete;

    // phys_to_virt reaches what lies below. Until this is said tables do not grow.
    INIT_CODE void set_current_limit(u64 limit);
    u64 current_limit() const { return current_limit_; }

    // Ranges of any kind: nothing happens to an empty one. False: the tables are full
    // and there is no memory for larger ones (which is logged, once), or I5.
    [[nodiscard]] INIT_CODE bool add(u64 base, u64 size);
    [[nodiscard]] INIT_CODE bool remove(u64 base, u64 size);
    [[nodiscard]] INIT_CODE bool reserve(u64 base, u64 size);
    [[nodiscard]] INIT_CODE bool free(u64 base, u64 size);

    // `size` free bytes in [min, max) at a multiple of `align` (a power of two), reserved
    // from now on. Nothing when there are none, or when the reservation finds no room.
    INIT_CODE std::optional<u64> alloc(u64 size, u64 align, u64 min, u64 max,
                                       memblock_direction direction);
    // Where that would be.
    INIT_CODE std::optional<u64> find(u64 size, u64 align, u64 min, u64 max,
                                      memblock_direction direction) const;

    // From one free range to the next above (or below) it; false after the last. What
    // was allocated meanwhile is skipped.
    //     for (memblock_range free; block.next_free(free);) ...
    //     for (memblock_range free = memblock_top; block.previous_free(free);) ...
    INIT_CODE bool next_free(memblock_range& range) const;
    INIT_CODE bool previous_free(memblock_range& range) const;
    // The same over whole pages: what is free of a page that is partly taken is skipped.
    INIT_CODE bool next_free_pages(memblock_range& range) const;

    const memblock_type& memory() const { return memory_; }
    const memblock_type& reserved() const { return reserved_; }
    INIT_CODE u64 memory_bytes() const;
    INIT_CODE u64 reserved_bytes() const;  // I6: of memory
    INIT_CODE u64 free_bytes() const;
    INIT_CODE u64 free_pages() const;  // whole ones

    INIT_CODE void check_invariants() const;

private:
    INIT_CODE bool make_room(memblock_type& type, u32 regions, memblock_range keep_off);
    INIT_CODE bool grow(memblock_type& type, memblock_range keep_off);
    INIT_CODE std::optional<u64> find_table(u64 bytes, memblock_range keep_off) const;
    INIT_CODE bool is_own_table(memblock_range range) const;
    INIT_CODE void check_own_table(const memblock_type& type, memblock_range table) const;

    memblock_type memory_;
    memblock_type reserved_;
    memblock_range memory_table_;    // I5; empty while it is the first one
    memblock_range reserved_table_;
    u64 current_limit_ = 0;
    bool growth_has_failed_ = false;
};

// Above everything: where previous_free begins.
inline constexpr memblock_range memblock_top{~u64{0}, ~u64{0}};

// -- in the kernel (bootmem.cpp) ----------------------------------------------------

inline constexpr u32 INIT_MEMBLOCK_REGIONS = 128;

// The machine's own, with its static tables; empty until build_memblock.
INIT_CODE memblock& the_memblock();

// From the map: all RAM is memory, and what is not usable of it is reserved. False:
// tables could not grow; RAM that found no place in them is no memory then, so nothing
// gets it. The current limit must be set before.
INIT_CODE bool build_memblock(memblock& block, const memory_map& map);

// Zeroed and in the linear map; null when there is no memory. The first takes it from
// the top of lowmem, which spares ZONE_DMA. The other, for what must lie low, takes
// whole pages from the bottom.
INIT_CODE void* memblock_alloc(memblock& block, u64 size, u64 align);
INIT_CODE void* alloc_bootmem_low_pages(memblock& block, u64 size);

// A frame where a starting CPU can fetch its first instructions, in real mode: in
// conventional memory, below 640 KiB.
INIT_CODE std::optional<u64> reserve_trampoline(memblock& block);

// The balance (I6), in two lines of at most 65 columns.
INIT_CODE void print_balance(text_sink& out, const memblock& block);
INIT_CODE void log_balance(const memblock& block);
