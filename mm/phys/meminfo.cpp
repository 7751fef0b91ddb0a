#include "mm/phys/mem_files.hpp"

namespace {

void print_kb(text_sink& out, const char* name, u32 pages) {
    format_to(out, "{:<16}{:>8} kB\n", name, u64{pages} * (PAGE_SIZE / 1024));
}

// A zone keeps its high mark, and what its lowmem reserve is at most.
u32 kept_pages(const zone& zone) {
    u32 most = 0;
    for (unsigned type = zone.type(); type < MAX_NR_ZONES; ++type)
        most = max_of(most, zone.lowmem_reserve[type]);
    return min_of(most + zone.wmark[WMARK_HIGH], zone.managed_pages());
}

}  // namespace

u32 available_pages(const page_allocator& allocator) {
    const u32 free = allocator.free_pages_count();
    u32 kept = 0;
    for (const zone& zone : allocator.zones()) kept += kept_pages(zone);
    return free > kept ? free - kept : 0;
}

// As in Linux, pages on per-CPU lists do not count as free.
void print_meminfo(text_sink& out, const page_allocator& allocator,
                   const vm_counter_set& counters) {
    const zone& high = allocator.zone_at(ZONE_HIGHMEM);
    const u32 total = allocator.managed_pages(), free = allocator.free_pages_count();
    const u32 high_total = high.managed_pages(), high_free = high.free_pages();
    print_kb(out, "MemTotal:", total);
    print_kb(out, "MemFree:", free);
    print_kb(out, "MemAvailable:", available_pages(allocator));
    print_kb(out, "Buffers:", 0);
    print_kb(out, "Cached:", counters.file_pages);
    print_kb(out, "HighTotal:", high_total);
    print_kb(out, "HighFree:", high_free);
    print_kb(out, "LowTotal:", total - high_total);
    print_kb(out, "LowFree:", free > high_free ? free - high_free : 0);
    const u32 reclaimable = counters.slab_reclaimable, other = counters.slab_unreclaimable;
    print_kb(out, "Slab:", reclaimable + other);
    print_kb(out, "SReclaimable:", reclaimable);
    print_kb(out, "SUnreclaim:", other);
}
