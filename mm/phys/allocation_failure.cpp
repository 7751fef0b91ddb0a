#include "mm/phys/allocation_failure.hpp"

#include "lib/ratelimit.hpp"
#include "lib/symbol.hpp"
#include "mm/phys/page_allocator.hpp"

namespace {

constinit ratelimit failures;

constexpr u32 kib(u32 pages) { return pages * (PAGE_SIZE / 1024); }

}  // namespace

void print_zone_state(text_sink& out, const zone& zone) {
    format_to(out, "{}: free:{}kB min:{}kB low:{}kB high:{}kB managed:{}kB pcp:{}kB", zone.name(),
              kib(zone.free_pages()), kib(zone.wmark[WMARK_MIN]), kib(zone.wmark[WMARK_LOW]),
              kib(zone.wmark[WMARK_HIGH]), kib(zone.managed_pages()), kib(zone.pcp_pages()));
}

void print_free_blocks(text_sink& out, const zone& zone) {
    format_to(out, "{}:", zone.name());
    u32 pages = 0;
    for (unsigned order = 0; order < MAX_ORDER; ++order) {
        const u32 blocks = zone.area(order).nr_free;
        if (blocks == 0) continue;
        format_to(out, " {}*{}kB", blocks, kib(1u << order));
        pages += blocks << order;
    }
    format_to(out, " = {}kB", kib(pages));
}

void log_allocation_failure(const page_allocator& allocator, const failed_request& what,
                            gfp_t mask, uintptr_t caller) {
    const ratelimit::verdict verdict = failures.ask(uptime_us());
    if (!verdict.pass) return;
    if (verdict.suppressed > 0)
        pr_warn("{} allocation failures were not reported", verdict.suppressed);
    if (what.pages > 0)
        pr_warn("page allocation failure: {} pages, mode:{:#x}", what.pages, u32(mask));
    else
        pr_warn("page allocation failure: order:{}, mode:{:#x}", what.order, u32(mask));
    pr_warn("  {}", mask);
    pr_warn("  asked for by {}", code_address{caller});
    for (const zone& zone : allocator.zones()) {
        if (zone.managed_pages() == 0) continue;
        text_buffer<160> line;
        print_zone_state(line, zone);
        pr_warn("  {}", line.view());
        line.clear();
        print_free_blocks(line, zone);
        pr_warn("  {}", line.view());
    }
}
