// Any calls with any numbers: the invariants hold after each, what is allocated was free
// and is as it was asked for, and a call that fails has changed nothing.
//
// Input: calls of (op, base, size, align), as many as there are. The numbers are near
// the arena, that is physical memory from address 0 on, or, by a bit of op, anywhere.
#include "mm/phys/memblock.hpp"

#include <cstdlib>
#include <cstring>

namespace {

constexpr u64 arena_size = 16 * 4096;
alignas(4096) u8 arena[arena_size];

memblock_region memory_table[2];
memblock_region reserved_table[2];

void require(bool truth) {
    if (!truth) abort();
}

// What is taken besides memblock's own tables, and what there is at all.
struct sums {
    u64 memory, memory_regions, others;
    bool operator==(const sums&) const = default;
};

u64 own_bytes(const memblock_type& type, const memblock_region* first) {
    return type.regions == first ? 0 : type.max * sizeof(memblock_region);
}

sums sums_of(const memblock& block) {
    block.check_invariants();
    const u64 own = own_bytes(block.memory(), memory_table) +
                    own_bytes(block.reserved(), reserved_table);
    return {block.memory_bytes(), block.memory().cnt, block.reserved().total_size - own};
}

bool is_free(const memblock& block, memblock_range wanted) {
    for (memblock_range free; block.next_free(free);)
        if (free.contains(wanted)) return true;
    return false;
}

bool meets_free(const memblock& block, memblock_range range) {
    for (memblock_range free = memblock_top; block.previous_free(free);)
        if (free.intersects(range)) return true;
    return false;
}

memblock_range cut(u64 base, u64 size) {
    return {base, size > ~u64{0} - base ? ~u64{0} : base + size};
}

void allocate(memblock& block, u8 op, u64 base, u64 size, u8 align_bits) {
    const u64 align = u64{1} << align_bits % 64;
    const auto direction = op & 8 ? memblock::top_down : memblock::bottom_up;
    const u64 max = op & 16 ? ~u64{0} : base + size;
    const sums before = sums_of(block);
    const auto expected = block.find(size, align, base, max, direction);
    if (expected) require(is_free(block, {*expected, *expected + size}));
    const auto place = block.alloc(size, align, base, max, direction);
    if (!place) return require(sums_of(block) == before);
    require(place == expected && *place >= base && *place >= PAGE_SIZE);
    require(*place % align == 0 && size <= max - *place);
    require(!meets_free(block, {*place, *place + size}));
    require(sums_of(block).others == before.others + size);
}

void call(memblock& block, u8 op, u64 base, u64 size) {
    const memblock_range range = cut(base, size);
    const sums before = sums_of(block);
    bool done = false;
    switch (op & 3) {
        case 0: done = block.add(base, size); break;
        case 1: done = block.remove(base, size); break;
        case 2: done = block.reserve(base, size); break;
        case 3: done = block.free(base, size); break;
    }
    if (!done) return require(sums_of(block) == before);
    if (range.empty()) return;
    if ((op & 3) == 0) require(block.memory().bytes_in(range) == range.size());
    if ((op & 3) == 1) require(block.memory().bytes_in(range) == 0);
    if ((op & 3) == 2) require(block.reserved().bytes_in(range) == range.size());
    if ((op & 3) == 3) require(block.reserved().bytes_in(range) == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
    PAGE_OFFSET = reinterpret_cast<uintptr_t>(arena);
    memblock block(memory_table, reserved_table);
    block.set_current_limit(arena_size);
    struct {
        u8 op, align;
        u64 base, size;
    } c;
    constexpr size_t length = 18;
    for (; size >= length; data += length, size -= length) {
        c.op = data[0];
        c.align = data[1];
        memcpy(&c.base, data + 2, 8);
        memcpy(&c.size, data + 10, 8);
        if (!(c.op & 128)) {
            c.base %= arena_size + 256;
            c.size %= c.op & 64 ? 64 : arena_size;
        }
        if (c.op & 4)
            allocate(block, c.op, c.base, c.size, c.align);
        else
            call(block, c.op, c.base, c.size);
    }
    require(block.free_pages() * PAGE_SIZE <= block.free_bytes());
    return 0;
}
