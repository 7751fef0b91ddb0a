#include "mm/phys/memblock.hpp"

#include "lib/assert.hpp"
#include "lib/log.hpp"

#include <bit>

namespace {

// I3: what would go round the end is cut there.
INIT_CODE memblock_range range_of(u64 base, u64 size) {
    return {base, base + min_of(size, ~u64{0} - base)};
}

// Where `size` bytes fit into a free range, at its top or at its bottom.
INIT_CODE std::optional<u64> place_in(memblock_range free, u64 size, u64 align,
                                      memblock_direction direction) {
    if (free.empty() || free.size() < size) return {};
    if (direction == memblock_direction::top_down) {
        const u64 place = align_down(free.end - size, align);
        if (place < free.start) return {};
        return place;
    }
    const u64 place = align_up(free.start, align);
    if (place < free.start || place > free.end - size) return {};
    return place;
}

}  // namespace

void memblock::set_current_limit(u64 limit) { current_limit_ = limit; }

// -- memory and reservations --------------------------------------------------------

// Its own tables may grow into what is becoming memory only when it has become it.
bool memblock::add(u64 base, u64 size) {
    const memblock_range range = range_of(base, size);
    if (memory_.insert_adds(range) && !make_room(memory_, 1, range)) return false;
    memory_.insert(range);
    return true;
}

bool memblock::remove(u64 base, u64 size) {
    const memblock_range range = range_of(base, size);
    if (is_own_table(range)) return false;
    if (memory_.erase_adds(range) && !make_room(memory_, 1, range)) return false;
    memory_.erase(range);
    return true;
}

bool memblock::reserve(u64 base, u64 size) {
    const memblock_range range = range_of(base, size);
    if (is_own_table(range)) return false;
    if (reserved_.insert_adds(range) && !make_room(reserved_, 1, range)) return false;
    reserved_.insert(range);
    return true;
}

bool memblock::free(u64 base, u64 size) {
    const memblock_range range = range_of(base, size);
    if (is_own_table(range)) return false;
    if (reserved_.erase_adds(range) && !make_room(reserved_, 1, range)) return false;
    reserved_.erase(range);
    return true;
}

// -- allocation ---------------------------------------------------------------------

std::optional<u64> memblock::alloc(u64 size, u64 align, u64 min, u64 max,
                                   memblock_direction direction) {
    const std::optional<u64> place = find(size, align, min, max, direction);
    if (!place || !reserve(*place, size)) return {};
    return place;
}

std::optional<u64> memblock::find(u64 size, u64 align, u64 min, u64 max,
                                  memblock_direction direction) const {
    kassert(std::has_single_bit(align), "alignment {:#x} is not a power of two", align);
    if (size == 0) return {};
    const memblock_range allowed{max_of(min, u64{PAGE_SIZE}), max};
    const bool down = direction == top_down;
    const u64 from = down ? allowed.end : allowed.start;
    memblock_range free{from, from};
    while (down ? previous_free(free) : next_free(free)) {
        if (down ? free.end <= allowed.start : free.start >= allowed.end) break;
        if (const auto place = place_in(free.intersection(allowed), size, align, direction))
            return place;
    }
    return {};
}

// -- growing tables -----------------------------------------------------------------

bool memblock::make_room(memblock_type& type, u32 regions, memblock_range keep_off) {
    while (type.max - type.cnt < regions) {
        if (grow(type, keep_off)) continue;
        if (!growth_has_failed_)
            pr_warn("memblock: no memory for a table of more than {} regions", type.max);
        growth_has_failed_ = true;
        return false;
    }
    return true;
}

// Doubling a table reserves the new one (a region more) and frees the old one (which
// may split a region). When it is `reserved` itself that doubles there is room for both
// in the new table; else it is seen to first, since from the copy on nothing may fail.
bool memblock::grow(memblock_type& type, memblock_range keep_off) {
    if (&type != &reserved_ && !make_room(reserved_, 2, keep_off)) return false;
    if (type.max == 0 || type.max > ~u32{0} / 2) return false;

    const u64 bytes = u64{2} * type.max * sizeof(memblock_region);
    const std::optional<u64> place = find_table(bytes, keep_off);
    if (!place) return false;
    auto* const regions =
        phys_to_virt<memblock_region>(phys_addr(static_cast<phys_raw>(*place)));
    __builtin_memcpy(regions, type.regions, type.cnt * sizeof(memblock_region));
    type.regions = regions;
    type.max *= 2;

    memblock_range& table = &type == &memory_ ? memory_table_ : reserved_table_;
    const memblock_range old = table;
    table = {*place, *place + bytes};
    reserved_.insert(table);
    reserved_.erase(old);
    return true;
}

// The caller is about to do something with `keep_off`: a table does not get in its way.
std::optional<u64> memblock::find_table(u64 bytes, memblock_range keep_off) const {
    const u64 align = alignof(memblock_region);
    if (keep_off.empty()) return find(bytes, align, 0, current_limit_, top_down);
    if (const auto above = find(bytes, align, keep_off.end, current_limit_, top_down))
        return above;
    return find(bytes, align, 0, min_of(keep_off.start, current_limit_), top_down);
}

bool memblock::is_own_table(memblock_range range) const {
    return range.intersects(memory_table_) || range.intersects(reserved_table_);
}

// -- free ranges --------------------------------------------------------------------

bool memblock::next_free(memblock_range& range) const {
    u64 start = range.end;
    for (;;) {
        const u32 m = memory_.first_ending_above(start);
        if (m == memory_.cnt) return false;
        start = max_of(start, memory_.regions[m].base);
        u64 end = memory_.regions[m].end();

        const u32 r = reserved_.first_ending_above(start);
        if (r < reserved_.cnt) {
            const memblock_region& taken = reserved_.regions[r];
            if (taken.base <= start) {
                start = taken.end();
                continue;
            }
            end = min_of(end, taken.base);
        }
        range = {start, end};
        return true;
    }
}

bool memblock::previous_free(memblock_range& range) const {
    u64 end = range.start;
    for (;;) {
        const u32 m = memory_.starting_below(end);
        if (m == 0) return false;
        end = min_of(end, memory_.regions[m - 1].end());
        u64 start = memory_.regions[m - 1].base;

        const u32 r = reserved_.starting_below(end);
        if (r > 0) {
            const memblock_region& taken = reserved_.regions[r - 1];
            if (taken.end() >= end) {
                end = taken.base;
                continue;
            }
            start = max_of(start, taken.end());
        }
        range = {start, end};
        return true;
    }
}

bool memblock::next_free_pages(memblock_range& range) const {
    while (next_free(range)) {
        const u64 start = align_up(range.start, PAGE_SIZE);
        const u64 end = align_down(range.end, PAGE_SIZE);
        if (start < range.start || start >= end) continue;
        range = {start, end};
        return true;
    }
    return false;
}

// -- sums ---------------------------------------------------------------------------

u64 memblock::memory_bytes() const { return memory_.total_size; }

u64 memblock::reserved_bytes() const {
    u64 bytes = 0;
    for (u32 i = 0; i < memory_.cnt; ++i)
        bytes += reserved_.bytes_in({memory_.regions[i].base, memory_.regions[i].end()});
    return bytes;
}

u64 memblock::free_bytes() const {
    u64 bytes = 0;
    for (memblock_range free; next_free(free);) bytes += free.size();
    return bytes;
}

u64 memblock::free_pages() const {
    u64 pages = 0;
    for (memblock_range free; next_free_pages(free);) pages += free.size() >> PAGE_SHIFT;
    return pages;
}

void memblock::check_invariants() const {
    memory_.check_invariants();
    reserved_.check_invariants();
    check_own_table(memory_, memory_table_);
    check_own_table(reserved_, reserved_table_);
    kassert(memory_bytes() == reserved_bytes() + free_bytes(),
            "I6: {:#x} bytes of memory, {:#x} reserved and {:#x} free", memory_bytes(),
            reserved_bytes(), free_bytes());
}

void memblock::check_own_table(const memblock_type& type, memblock_range table) const {
    if (table.empty()) return;
    kassert(memory_.bytes_in(table) == table.size(), "I5: {} at {:#x} is not in memory",
            type.name, table.start);
    kassert(reserved_.bytes_in(table) == table.size(), "I5: {} at {:#x} is not reserved",
            type.name, table.start);
}
