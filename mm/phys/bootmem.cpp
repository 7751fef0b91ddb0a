// The machine's memblock, and what the kernel takes from it while it boots.
#include "lib/log.hpp"
#include "mm/phys/memblock.hpp"
#include "mm/phys/memory_map.hpp"

namespace {

INIT_DATA constinit memblock_region memory_regions[INIT_MEMBLOCK_REGIONS] = {};
INIT_DATA constinit memblock_region reserved_regions[INIT_MEMBLOCK_REGIONS] = {};
INIT_DATA constinit memblock machine_memblock(memory_regions, reserved_regions);

constexpr u64 conventional_memory_end = 640 * KiB;

INIT_CODE void* zeroed(std::optional<u64> place, u64 size) {
    if (!place) return nullptr;
    void* const memory = phys_to_virt(phys_addr(static_cast<phys_raw>(*place)));
    __builtin_memset(memory, 0, static_cast<size_t>(size));
    return memory;
}

// The balance in KiB. Where pages were cut in parts `reserved` has the rest, so that
// the sum is right.
struct memblock_sums {
    u64 memory, reserved, free;
};

INIT_CODE memblock_sums sums_in_kib(const memblock& block) {
    const u64 memory = block.memory_bytes() / KiB;
    const u64 free = block.free_bytes() / KiB;
    return {memory, memory - free, free};
}

// As one line each, without its end.
struct balance_line {
    memblock_sums kib;
};
void format_value(text_sink& out, const format_spec&, const balance_line& line) {
    format_to(out, "memblock: {} KiB = {} reserved + {} free", line.kib.memory,
              line.kib.reserved, line.kib.free);
}

struct regions_line {
    u32 memory, reserved;
    u64 free_pages;
};
void format_value(text_sink& out, const format_spec&, const regions_line& line) {
    format_to(out, "memblock: {} memory, {} reserved regions, {} free pages", line.memory,
              line.reserved, line.free_pages);
}

INIT_CODE regions_line regions_of(const memblock& block) {
    return {block.memory().cnt, block.reserved().cnt, block.free_pages()};
}

}  // namespace

memblock& the_memblock() { return machine_memblock; }

// What is usable comes first, since tables may have to grow into it. The rest of RAM is
// reserved before it becomes memory: not for a moment is it free.
bool build_memblock(memblock& block, const memory_map& map) {
    bool complete = true;
    for (const memory_range& range : map.ranges())
        if (range.kind == memory_kind::usable)
            complete &= block.add(range.start, range.size());
    for (const memory_range& range : map.ranges())
        if (is_ram(range.kind) && range.kind != memory_kind::usable)
            complete &= block.reserve(range.start, range.size()) &&
                        block.add(range.start, range.size());
    return complete;
}

void* memblock_alloc(memblock& block, u64 size, u64 align) {
    return zeroed(block.alloc(size, align, 0, block.current_limit(), memblock::top_down),
                  size);
}

void* alloc_bootmem_low_pages(memblock& block, u64 size) {
    if (size > block.current_limit()) return nullptr;
    const u64 whole = align_up(size, PAGE_SIZE);
    return zeroed(block.alloc(whole, PAGE_SIZE, 0, block.current_limit(), memblock::bottom_up),
                  whole);
}

std::optional<u64> reserve_trampoline(memblock& block) {
    return block.alloc(PAGE_SIZE, PAGE_SIZE, 0, conventional_memory_end,
                       memblock::top_down);
}

void print_balance(text_sink& out, const memblock& block) {
    format_to(out, "{}\n{}\n", balance_line{sums_in_kib(block)}, regions_of(block));
}

void log_balance(const memblock& block) {
    pr_info("{}", balance_line{sums_in_kib(block)});
    pr_info("{}", regions_of(block));
}
