#include "host-tests/support/kernel_memory.hpp"

#include "fs/fs_init.hpp"
#include "mm/cache/cache_init.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/slab/kmem_cache.hpp"
#include "mm/vm/mm.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

namespace {

constexpr size_t arena_bytes = size_t{kernel_memory_frames} << PAGE_SHIFT;
constexpr size_t high_bytes = size_t{kernel_memory_high_frames} << PAGE_SHIFT;
constexpr u32 all_frames = kernel_memory_frames + kernel_memory_high_frames;
constexpr size_t largest_block = size_t{PAGE_SIZE} << (MAX_ORDER - 1);

u8* high_memory_contents = nullptr;

class arena_frames final : public frame_memory {
public:
    void clear(pfn first, u32 count) override { fill(first, count, 0); }
    void fill(pfn first, u32 count, u8 byte) override {
        for (u32 i = 0; i < count; ++i) memset(frame_contents(first + i), byte, PAGE_SIZE);
    }
    std::optional<u64> find_other(pfn first, u32 count, u8 byte) override {
        for (u32 i = 0; i < count; ++i) {
            const u8* const page = frame_contents(first + i);
            // All alike, if each is as the one before it: the library is quick at that.
            if (*page == byte && memcmp(page, page + 1, PAGE_SIZE - 1) == 0) continue;
            const u8* const other = std::find_if(
                page, page + PAGE_SIZE, [&](u8 there) { return there != byte; });
            return (u64{i} << PAGE_SHIFT) + static_cast<u64>(other - page);
        }
        return {};
    }
};

arena_frames frames;

// What is mapped begins anywhere, so more is.
uintptr_t map_arena(size_t bytes) {
    void* const mapped = mmap(nullptr, bytes + largest_block, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) abort();
    return align_up(reinterpret_cast<uintptr_t>(mapped), uintptr_t{largest_block});
}

struct tables {
    std::unique_ptr<page[]> map = std::make_unique<page[]>(all_frames);
    std::vector<migrate_type> block_types{all_frames / pageblock_nr_pages};
    std::vector<page_owner> owners{all_frames};
};

}  // namespace

u8* frame_contents(pfn frame) {
    if (frame.raw() < kernel_memory_frames)
        return static_cast<u8*>(phys_to_virt(frame.address()));
    return high_memory_contents + (size_t{frame.raw() - kernel_memory_frames} << PAGE_SHIFT);
}

frame_memory& kernel_frame_memory() { return frames; }
void clear_highpage(page* page) { frames.clear(page_to_pfn(page), 1); }

void set_up_kernel_memory() {
    static std::unique_ptr<tables> made;
    if (made) return;
    made = std::make_unique<tables>();
    PAGE_OFFSET = map_arena(arena_bytes);
    high_memory_contents = reinterpret_cast<u8*>(map_arena(high_bytes));
    mem_map = made->map.get();
    max_pfn = all_frames;
    page_allocator& pages = the_page_allocator();
    pages.init({.map = mem_map,
                .frames = max_pfn,
                .block_types = made->block_types.data(),
                .zone_end = {16 * MiB >> PAGE_SHIFT, kernel_memory_frames, max_pfn},
                .owners = made->owners.data(),
                .memory = &frames});
    pages.release({pfn(1), pfn(all_frames)});
    pages.start();
    kmem_cache_init();
    if (!mm_cache_init() || !vm_init() || !fs_init()) abort();
}
