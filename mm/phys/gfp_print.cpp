#include "mm/phys/gfp_print.hpp"

namespace {

void print_table(text_sink& out, std::span<const gfp_flag> table) {
    for (const gfp_flag& flag : table)
        format_to(out, "  {:<20} {:>#8x}  {}\n", flag.name, u32(flag.bits), flag.effect);
}

struct asker {
    const char* name;
    gfp_t mask;
    bool reclaiming = false;
};

// One for each way in which an allocation may end.
constexpr asker askers[] = {
    {"GFP_USER", GFP_USER},
    {"GFP_KERNEL", GFP_KERNEL},
    {"GFP_NOFS", GFP_NOFS},
    {"GFP_NOIO", GFP_NOIO},
    {"GFP_NOWAIT", GFP_NOWAIT},
    {"GFP_KERNEL|__GFP_HIGH", GFP_KERNEL | __GFP_HIGH},
    {"GFP_ATOMIC", GFP_ATOMIC},
    {"GFP_KERNEL|__GFP_MEMALLOC", GFP_KERNEL | __GFP_MEMALLOC},
    {"GFP_KERNEL in reclaim", GFP_KERNEL, true},
    {"GFP_ATOMIC|__GFP_NOMEMALLOC", GFP_ATOMIC | __GFP_NOMEMALLOC},
};

// The bands between the marks, from above: an allocation is granted in a band if it
// may leave as little free as the band's lower end.
constexpr reserve_use bands[] = {reserve_use::none, reserve_use::half, reserve_use::deeper,
                                 reserve_use::all};

void print_ends(text_sink& out, const zone& zone) {
    u32 upper = zone.wmark[WMARK_LOW];
    format_to(out, "{:<29}", "free pages");
    for (const reserve_use band : bands) {
        const u32 lower = mark_below_min(zone.wmark[WMARK_MIN], band);
        text_buffer<24> ends;
        format_to(ends, "{}-{}", upper, lower);
        format_to(out, "{:>12}", ends.view());
        upper = lower;
    }
    out.write("\n");
}

void print_row(text_sink& out, const asker& asker, u32 min) {
    const gfp_plan plan = plan_allocation(asker.mask, 0, asker.reclaiming);
    const u32 least = mark_below_min(min, plan.reserve);
    format_to(out, "  {:<27}", asker.name);
    for (const reserve_use band : bands)
        format_to(out, "{:>12}", least <= mark_below_min(min, band) ? "yes" : "-");
    out.write("\n");
}

// What is done before an allocation fails.
void print_deeds(text_sink& out, const asker& asker) {
    const gfp_plan plan = plan_allocation(asker.mask, 0, asker.reclaiming);
    format_to(out, "  {:<27}", asker.name);
    for (const bool does :
         {plan.wake_reclaimer, plan.reclaim, plan.may_start_io, plan.may_enter_fs})
        format_to(out, "{:>12}", does ? "yes" : "-");
    out.write("\n");
}

const zone& zone_for(const page_allocator& allocator, zone_type highest) {
    unsigned type = highest;
    while (type > 0 && allocator.zone_at(type).managed_pages() == 0) --type;
    return allocator.zone_at(type);
}

}  // namespace

void print_gfp_flags(text_sink& out) {
    out.write("flags:\n");
    print_table(out, gfp_flag_table());
    out.write("masks:\n");
    print_table(out, gfp_mask_table());
}

void print_gfp_marks(text_sink& out, const page_allocator& allocator) {
    const zone& zone = zone_for(allocator, gfp_zone(GFP_KERNEL));
    format_to(out, "zone {}: {} pages free, high {}, low {}, min {}\n\n", zone.name(),
              zone.free_pages(), zone.wmark[WMARK_HIGH], zone.wmark[WMARK_LOW],
              zone.wmark[WMARK_MIN]);
    format_to(out, "{:<29}{:>12}{:>12}{:>12}{:>12}\n", "who may have a page", "low to min",
              "below min", "the reserve", "to nothing");
    print_ends(out, zone);
    for (const asker& asker : askers) print_row(out, asker, zone.wmark[WMARK_MIN]);
    format_to(out, "\n{:<29}{:>12}{:>12}{:>12}{:>12}\n", "below low, before it fails",
              "wakes", "reclaims", "by disk I/O", "in files");
    for (const asker& asker : askers) print_deeds(out, asker);
}
