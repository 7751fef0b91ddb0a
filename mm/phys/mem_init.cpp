#include "mm/phys/mem_init.hpp"

#include "lib/bytes.hpp"
#include "lib/log.hpp"
#include "mm/phys/memblock.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/phys/shrinker.hpp"

namespace {

constexpr u32 frame_at(u64 address) { return static_cast<u32>(address >> PAGE_SHIFT); }

constinit bool is_up = false;

// What is made for the frames, before there is anybody to ask for it.
struct frame_tables {
    u32 frames = 0;
    page* map = nullptr;
    migrate_type* block_types = nullptr;
    page_owner* owners = nullptr;
};

// From the top of the linear map: ZONE_DMA is for those who need it. Not cleared,
// each entry is written anyway.
INIT_CODE void* take(memblock& block, u64 bytes) {
    const auto place =
        block.alloc(bytes, PAGE_SIZE, 0, block.current_limit(), memblock::top_down);
    return place ? phys_to_virt(phys_addr(static_cast<phys_raw>(*place))) : nullptr;
}

// mem_map for `frames` frames. It must leave as much of lowmem as it takes: where it
// cannot, the highest RAM is left unused, because nothing could be said of it.
INIT_CODE u32 frames_there_is_room_for(const memblock& block, u32 frames) {
    const u64 lowmem = block.memory().bytes_in({0, block.current_limit()});
    const u64 taken = block.reserved().bytes_in({0, block.current_limit()});
    const u64 most = (lowmem - min_of(taken, lowmem)) * 3 / 4 / sizeof(page);
    if (frames <= most) return frames;
    const u32 fits = align_down(static_cast<u32>(most), pageblock_nr_pages);
    pr_warn("mem_map: room for {} of {} frames, RAM above {:#x} is unused", fits, frames,
            u64{fits} << PAGE_SHIFT);
    return fits;
}

INIT_CODE bool make_tables(memblock& block, u64 ram_end, frame_tables& made) {
    const u32 frames = align_up(frame_at(ram_end + PAGE_SIZE - 1), pageblock_nr_pages);
    made.frames = frames_there_is_room_for(block, frames);
    made.map = static_cast<page*>(take(block, u64{made.frames} * sizeof(page)));
    made.block_types = static_cast<migrate_type*>(
        take(block, (made.frames / pageblock_nr_pages + 1) * sizeof(migrate_type)));
    if (!made.map || !made.block_types) return false;
    if constexpr (dear_checks) {
        made.owners = static_cast<page_owner*>(take(block, u64{made.frames} * sizeof(page_owner)));
        if (!made.owners) pr_warn("page_owner: no room for the owners of {} frames", made.frames);
    }
    return true;
}

INIT_CODE void release_all(const memblock& block, page_allocator& pages, u32 frames) {
    memblock_range free;
    while (block.next_free_pages(free)) {
        const pfn_range range{pfn(frame_at(free.start)), pfn(min_of(frame_at(free.end), frames))};
        if (!range.empty()) pages.release(range);
    }
}

INIT_CODE void log_zones(const page_allocator& pages) {
    pr_info("Zone ranges:");
    for (const zone& zone : pages.zones()) {
        const pfn_range span = zone.frames();
        if (span.empty()) continue;
        pr_info("  {:<8}[mem {:#012x}-{:#012x}]", zone.name(), u64{span.start.raw()} << PAGE_SHIFT,
                (u64{span.end.raw()} << PAGE_SHIFT) - 1);
    }
    u32 high = pages.zone_at(ZONE_HIGHMEM).managed_pages();
    pr_info("Memory: {}K available of {}K ({}K of it highmem)",
            u64{pages.managed_pages()} * 4, u64{pages.frames()} * 4, u64{high} * 4);
}

}  // namespace

const char* mem_init(memory_map& map) {
    memblock& block = the_memblock();
    const u64 ram_end = map.highest_ram_end();
    block.set_current_limit(min_of<u64>(ram_end, lowmem_limit()));
    if (!build_memblock(block, map)) pr_warn("memblock: some RAM is left unused");
    reserve_trampoline(block);

    frame_tables tables;
    if (!make_tables(block, ram_end, tables)) return "there is no room in RAM for mem_map";
    log_balance(block);

    page_allocator& pages = the_page_allocator();
    mem_map = tables.map;
    max_pfn = tables.frames;
    pages.init({.map = tables.map,
                .frames = tables.frames,
                .block_types = tables.block_types,
                .zone_end = {frame_at(16 * MiB), frame_at(lowmem_limit()), tables.frames},
                .owners = tables.owners,
                .memory = &kernel_frame_memory()});
    pr_info("mem_map: {} frames, {} at {}", tables.frames,
            byte_size{u64{tables.frames} * sizeof(page)}, virt_of(tables.map));
    release_all(block, pages, tables.frames);
    pages.start();
    pages.set_reclaimer(&the_shrinkers());
    is_up = true;
    log_zones(pages);
    return nullptr;
}

bool page_allocator_is_up() { return is_up; }

void free_initmem() {
    const pfn_range pages{phys_to_pfn(virt_to_phys(__init_begin)),
                          phys_to_pfn(virt_to_phys(__init_end))};
    init_memory_freed();
    the_page_allocator().release(pages);
    pr_info("Freeing unused kernel memory: {}K", pages.size() * (PAGE_SIZE / 1024));
}
