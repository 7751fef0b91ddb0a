// One table of regions.
#include "lib/assert.hpp"
#include "mm/phys/memblock.hpp"

// By I3 no region ends above the last address or starts at it.
u32 memblock_type::first_ending_above(u64 address) const {
    return address == ~u64{0} ? cnt : first_reaching(address + 1);
}

u32 memblock_type::starting_up_to(u64 address) const {
    return address == ~u64{0} ? cnt : starting_below(address + 1);
}

u32 memblock_type::first_reaching(u64 address) const {
    u32 low = 0, high = cnt;
    while (low < high) {
        const u32 middle = low + (high - low) / 2;
        if (regions[middle].end() < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

u32 memblock_type::starting_below(u64 address) const {
    u32 low = 0, high = cnt;
    while (low < high) {
        const u32 middle = low + (high - low) / 2;
        if (regions[middle].base < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// -- changes ------------------------------------------------------------------------

// The new range and all that it touches become one region.
void memblock_type::insert(memblock_range range) {
    if (range.empty()) return;
    const u32 first = first_reaching(range.start);
    const u32 last = starting_up_to(range.end);
    if (first < last) {
        range.start = min_of(range.start, regions[first].base);
        range.end = max_of(range.end, regions[last - 1].end());
    }
    const memblock_region whole[] = {{range.start, range.size()}};
    replace(first, last, whole);
}

bool memblock_type::insert_adds(memblock_range range) const {
    return !range.empty() && first_reaching(range.start) == starting_up_to(range.end);
}

// Of the regions that the range meets, the first may keep its front and the last its
// back.
void memblock_type::erase(memblock_range range) {
    const u32 first = first_ending_above(range.start);
    const u32 last = starting_below(range.end);
    if (range.empty() || first >= last) return;

    memblock_region kept[2];
    u32 n = 0;
    const u64 front = regions[first].base;
    const u64 back = regions[last - 1].end();
    if (front < range.start) kept[n++] = {front, range.start - front};
    if (back > range.end) kept[n++] = {range.end, back - range.end};
    replace(first, last, {kept, n});
}

bool memblock_type::erase_adds(memblock_range range) const {
    if (range.empty()) return false;
    const u32 i = first_ending_above(range.start);
    return i < cnt && regions[i].base < range.start && regions[i].end() > range.end;
}

void memblock_type::replace(u32 first, u32 last, std::span<const memblock_region> by) {
    const u32 added = static_cast<u32>(by.size());
    kassert(cnt - (last - first) + added <= max, "memblock: {} has {} of {} regions", name,
            cnt, max);
    for (u32 i = first; i < last; ++i) total_size -= regions[i].size;
    __builtin_memmove(regions + first + added, regions + last,
                      (cnt - last) * sizeof(memblock_region));
    for (u32 i = 0; i < added; ++i) {
        regions[first + i] = by[i];
        total_size += by[i].size;
    }
    cnt = cnt - (last - first) + added;
}

// -- questions ----------------------------------------------------------------------

u64 memblock_type::bytes_in(memblock_range range) const {
    u64 bytes = 0;
    const u32 last = starting_below(range.end);
    for (u32 i = first_ending_above(range.start); i < last; ++i)
        bytes += min_of(regions[i].end(), range.end) - max_of(regions[i].base, range.start);
    return bytes;
}

void memblock_type::check_invariants() const {
    kassert(cnt <= max, "I4: {} has {} of {} regions", name, cnt, max);
    u64 sum = 0;
    for (u32 i = 0; i < cnt; ++i) {
        const memblock_region& region = regions[i];
        kassert(region.size != 0, "I1: {}[{}] at {:#x} is empty", name, i, region.base);
        kassert(region.size <= ~u64{0} - region.base, "I3: {}[{}], {:#x} from {:#x}, wraps",
                name, i, region.size, region.base);
        sum += region.size;
        if (i == 0) continue;
        const u64 before = regions[i - 1].end();
        kassert(before <= region.base, "I1: {}[{}] ends at {:#x}, the next starts at {:#x}",
                name, i - 1, before, region.base);
        kassert(before != region.base, "I2: {}[{}] and the next are one at {:#x}", name,
                i - 1, before);
    }
    kassert(sum == total_size, "I4: {} has {:#x} bytes, not {:#x}", name, sum, total_size);
}
