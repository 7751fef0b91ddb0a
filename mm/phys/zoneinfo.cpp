#include "mm/phys/mem_files.hpp"

namespace {

// Frames of the zone in which there is RAM, given out by this zone or not.
u32 present_pages(const zone& zone, const memory_map& map) {
    const u64 first = zone.frames().start.raw(), end = zone.frames().end.raw();
    u32 pages = 0;
    for (const memory_range& range : map.ranges()) {
        if (!is_ram(range.kind)) continue;
        const u64 from = max_of(range.start >> PAGE_SHIFT, first);
        const u64 to = min_of(range.end >> PAGE_SHIFT, end);
        if (from < to) pages += static_cast<u32>(to - from);
    }
    return pages;
}

void print_protection(text_sink& out, const zone& zone) {
    out.write("\n        protection: (");
    const char* separator = "";
    for (const u32 pages : zone.lowmem_reserve) {
        format_to(out, "{}{}", separator, pages);
        separator = ", ";
    }
    out.write(")");
}

void print_pagesets(text_sink& out, const zone& zone) {
    out.write("\n  pagesets");
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu) {
        const per_cpu_pages& pcp = zone.pcp(cpu);
        format_to(out,
                  "\n    cpu: {}"
                  "\n              count: {}"
                  "\n              high:  {}"
                  "\n              batch: {}",
                  cpu, pcp.count, pcp.high, pcp.batch);
    }
}

void print_zone(text_sink& out, const zone& zone, const memory_map& map) {
    format_to(out, "Node 0, zone {:>8}", zone.name());
    format_to(out,
              "\n  pages free     {}"
              "\n        min      {}"
              "\n        low      {}"
              "\n        high     {}"
              "\n        spanned  {}"
              "\n        present  {}"
              "\n        managed  {}",
              zone.free_pages(), zone.wmark[WMARK_MIN], zone.wmark[WMARK_LOW],
              zone.wmark[WMARK_HIGH], zone.frames().size(), present_pages(zone, map),
              zone.managed_pages());
    print_protection(out, zone);
    if (zone.managed_pages() > 0) {
        format_to(out, "\n      {:<12} {}", "nr_free_pages", zone.free_pages());
        print_pagesets(out, zone);
        format_to(out, "\n  start_pfn:           {}", zone.frames().start.raw());
    }
    out.write("\n");
}

}  // namespace

void print_zoneinfo(text_sink& out, const page_allocator& allocator,
                    const memory_map& map) {
    for (const zone& zone : allocator.zones()) print_zone(out, zone, map);
}
