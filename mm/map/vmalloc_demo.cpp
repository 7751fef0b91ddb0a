#include "mm/map/vmalloc_demo.hpp"

#include <cpu/tsc.hpp>
#include "lib/demo.hpp"
#include "lib/errno.hpp"
#include "mm/map/vmalloc.hpp"
#include "mm/slab/kmalloc.hpp"

namespace {

constexpr gfp_t quiet = GFP_KERNEL | __GFP_NOWARN;

u32 alloc_quietly(vmalloc_space& space, u32 bytes) {
    return space.alloc(bytes, PAGE_SIZE, quiet, PAGE_KERNEL,
                       reinterpret_cast<uintptr_t>(__builtin_return_address(0)));
}

u32 pieces_of(const vmalloc_space& space, u32 address, u32 pages) {
    u32 pieces = 0;
    u64 expected = ~u64{0};
    for (u32 i = 0; i < pages; ++i) {
        const u64 frame = *space.frame_of(address + (i << PAGE_SHIFT));
        pieces += frame != expected;
        expected = frame + PAGE_SIZE;
    }
    return pieces;
}

int no_memory(text_sink& out, const char* name) {
    format_to(out, "demo {}: there is not enough memory\n", name);
    return ENOMEM;
}

}  // namespace

// ---- E1 --------------------------------------------------------------------------------

int demo_three_pages(text_sink& out, vmalloc_space& space) {
    constexpr u32 count = 3;
    const u32 area = alloc_quietly(space, count * PAGE_SIZE);
    if (!area) return no_memory(out, "vmalloc");
    const page* const map = space.pages().map();
    format_to(out, "An area of {} pages at {:#010x}, its vm_struct says {} bytes; mem_map is\n"
                   "at {}, a struct page has {} bytes.\n\n",
              count, area, space.find(area)->size(), map, sizeof(page));
    out.write("  address     page        page - mem_map   pfn << 12   entry\n");
    for (u32 i = 0; i < count; ++i) {
        const u32 at = area + (i << PAGE_SHIFT);
        const page* const page = space.page_of(at);
        const u64 frame = static_cast<u64>(page - map);
        format_to(out, "  {:#010x}  {:#010x}  {:>14}  {:#010x}   {:#018x}\n", at,
                  reinterpret_cast<uintptr_t>(page), frame, frame << PAGE_SHIFT,
                  space.entry_of(at));
    }
    const u32 guard = area + (count << PAGE_SHIFT);
    format_to(out, "  {:#010x}  none: the guard, its entry is {:#x}\n", guard,
              space.entry_of(guard));
    space.free(area, VM_ALLOC, "vfree");
    return 0;
}

// ---- E4 --------------------------------------------------------------------------------

std::optional<allocation_cost> cost_of_kmalloc(u64 (*clock)()) {
    const auto now = [&] { return clock ? clock() : 0; };
    allocation_cost cost{.pieces = 1};  // it is one block of the buddy system
    // Once before, so that no cache is filled while the clock runs.
    for (u32 round = 0; round < 2; ++round) {
        const u64 start = now();
        void* const block = kmalloc(compared_bytes, quiet);
        const u64 got = now();
        if (!block) return {};
        cost.ticks_to_get = got - start;
        const u64 freeing = now();
        kfree(block);
        cost.ticks_to_free = now() - freeing;
    }
    return cost;
}

std::optional<allocation_cost> cost_of_vmalloc(vmalloc_space& space, u64 (*clock)()) {
    const auto now = [&] { return clock ? clock() : 0; };
    allocation_cost cost;
    for (u32 round = 0; round < 2; ++round) {
        const vmalloc_stats before = space.stats();
        const u64 start = now();
        const u32 area = alloc_quietly(space, compared_bytes);
        const u64 got = now();
        if (!area) return {};
        cost.ticks_to_get = got - start;
        cost.pieces = pieces_of(space, area, compared_bytes >> PAGE_SHIFT);
        const u64 freeing = now();
        space.free(area, VM_ALLOC, "vfree");
        cost.ticks_to_free = now() - freeing;
        const vmalloc_stats after = space.stats();
        cost.entries_written = after.entries_written - before.entries_written;
        cost.entries_cleared = after.entries_cleared - before.entries_cleared;
        cost.flushes = after.flushes - before.flushes;
    }
    return cost;
}

int demo_kmalloc_vmalloc(text_sink& out, vmalloc_space& space, u64 (*clock)()) {
    const auto contiguous = cost_of_kmalloc(clock);
    const auto mapped = cost_of_vmalloc(space, clock);
    if (!contiguous || !mapped) return no_memory(out, "kmalloc-vmalloc");
    format_to(out, "{} KiB each way. A piece is a run of frames side by side.\n\n",
              compared_bytes / KiB);
    out.write("           pieces   entries written   cleared   flushes   ticks: get    free\n");
    const struct {
        const char* name;
        const allocation_cost& cost;
    } rows[] = {{"kmalloc", *contiguous}, {"vmalloc", *mapped}};
    for (const auto& [name, cost] : rows)
        format_to(out, "  {:<8} {:>6}   {:>15}   {:>7}   {:>7}   {:>10}  {:>6}\n", name,
                  cost.pieces, cost.entries_written, cost.entries_cleared, cost.flushes,
                  cost.ticks_to_get, cost.ticks_to_free);
    const vmalloc_stats stats = space.stats();
    format_to(out, "\nkmalloc's block lies in the linear map, which has its entries since boot.\n"
                   "vfree() leaves its addresses to a later flush: {} pages wait for one.\n",
              stats.lazy_pages);
    return 0;
}

// ---- E3 --------------------------------------------------------------------------------

// Pages on this CPU's lists, of other types, could be large enough as well.
shredded_memory::shredded_memory(page_allocator& pages) : pages_(pages) {
    pages_.drain_local_pages();
    shred(GFP_NOWAIT | __GFP_NOWARN);
    shred(GFP_NOWAIT | __GFP_NOWARN | __GFP_DMA);
}

void shredded_memory::shred(gfp_t mask) {
    for (unsigned order = MAX_ORDER - 1; order > 0; --order)
        while (page* const head = pages_.alloc_pages(mask, order)) {
            pages_.split_page(head, order);
            for (u32 i = 0; i < 1u << order; i += 2) {
                list_.push_back(head[i]);
                pages_.free_pages(head + i + 1, 0);
            }
            held_ += 1u << (order - 1);
        }
}

shredded_memory::~shredded_memory() {
    while (page* const page = list_.pop_front()) pages_.free_pages(page, 0);
    pages_.drain_local_pages();
}

fragmentation_figures measure_fragmentation(vmalloc_space& space, unsigned order) {
    page_allocator& pages = space.pages();
    const shredded_memory shredded(pages);
    fragmentation_figures figures{.order = order};
    for (const zone_type type : {ZONE_DMA, ZONE_NORMAL}) {
        const zone& zone = pages.zone_at(type);
        figures.free_pages += zone.free_pages() + zone.pcp_pages();
        for (unsigned k = 0; k < MAX_ORDER; ++k)
            if (zone.area(k).nr_free > 0) figures.largest_order = max_of(figures.largest_order, k);
    }
    page* const block = pages.alloc_pages(GFP_NOWAIT | __GFP_NOWARN, order);
    figures.block_was_there = block != nullptr;
    if (block) pages.free_pages(block, order);
    const u32 area = alloc_quietly(space, PAGE_SIZE << order);
    figures.area_was_there = area != 0;
    if (area) figures.pieces = pieces_of(space, area, 1u << order);
    space.free(area, VM_ALLOC, "vfree");
    return figures;
}

int demo_fragmentation(text_sink& out, vmalloc_space& space) {
    constexpr unsigned order = 4;
    const fragmentation_figures figures = measure_fragmentation(space, order);
    format_to(out, "Of each free block of low memory every second page was taken: {} KiB are\n"
                   "free, and the largest block is {} KiB.\n\n",
              figures.free_pages * 4, 4u << figures.largest_order);
    const auto verdict = [](bool there) { return there ? "there it is" : "there is none"; };
    format_to(out, "  alloc_pages(order {})  {} KiB side by side: {}\n", order, 4u << order,
              verdict(figures.block_was_there));
    format_to(out, "  vmalloc({})         {} KiB in pages: {}", PAGE_SIZE << order, 4u << order,
              verdict(figures.area_was_there));
    if (figures.area_was_there)
        format_to(out, ", runs of frames: {}", figures.pieces);
    out.write("\n\nAll is given back.\n");
    return 0;
}

REGISTER(demonstration, vmalloc_demonstration) = {
    .name = "vmalloc",
    .help = "an area of three pages: frames, entries, and the guard",
    .run = [](text_sink& out) { return demo_three_pages(out, the_vmalloc_space()); },
};
REGISTER(demonstration, kmalloc_vmalloc_demonstration) = {
    .name = "kmalloc-vmalloc",
    .help = "64 KiB each way: frames, page-table entries, flushes, time",
    .run = [](text_sink& out) {
        return demo_kmalloc_vmalloc(out, the_vmalloc_space(), has_tsc() ? read_tsc : nullptr);
    },
};
REGISTER(demonstration, fragmentation_demonstration) = {
    .name = "fragmentation",
    .help = "low memory shredded: no block of 64 KiB, but an area of 64 KiB",
    .run = [](text_sink& out) { return demo_fragmentation(out, the_vmalloc_space()); },
};
