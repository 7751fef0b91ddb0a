// Left out: "Number of mixed blocks", which Linux has with page_owner only.
#include "mm/phys/mem_files.hpp"

namespace {

// A list is walked with the lock held and interrupts off, so not for ever.
constexpr u32 most_counted = 100000;

struct type_counts {
    u32 blocks[MAX_ORDER];
};

void count_free(zone& zone, migrate_type type, type_counts& counts) {
    lock_guard held(zone.lock);
    for (unsigned order = 0; order < MAX_ORDER; ++order) {
        counts.blocks[order] = 0;
        for ([[maybe_unused]] const page& head : zone.area(order).free_list[type])
            if (++counts.blocks[order] == most_counted) break;
    }
}

void print_free(text_sink& out, zone& zone) {
    for (unsigned type = 0; type < MIGRATE_TYPES; ++type) {
        const migrate_type name = static_cast<migrate_type>(type);
        type_counts counts;
        count_free(zone, name, counts);
        format_to(out, "Node {:>4}, zone {:>8}, type {:>12} ", 0, zone.name(),
                  migrate_type_name(name));
        for (const u32 blocks : counts.blocks)
            format_to(out, "{}{:>6} ", blocks == most_counted ? ">" : "", blocks);
        out.write("\n");
    }
}

void print_page_blocks(text_sink& out, const zone& zone) {
    u32 blocks[MIGRATE_TYPES] = {};
    const pfn_range frames = zone.frames();
    for (u32 at = frames.start.raw(); at < frames.end.raw(); at += pageblock_nr_pages)
        ++blocks[zone.block_type(at)];
    format_to(out, "Node {}, zone {:>8} ", 0, zone.name());
    for (const u32 count : blocks) format_to(out, "{:>12} ", count);
    out.write("\n");
}

}  // namespace

void print_pagetypeinfo(text_sink& out, page_allocator& allocator) {
    format_to(out, "Page block order: {}\nPages per block:  {}\n\n", pageblock_order,
              pageblock_nr_pages);

    format_to(out, "{:<43} ", "Free pages count per migrate type at order");
    for (unsigned order = 0; order < MAX_ORDER; ++order) format_to(out, "{:>6} ", order);
    out.write("\n");
    for (unsigned type = 0; type < MAX_NR_ZONES; ++type)
        if (allocator.zone_at(type).managed_pages() > 0)
            print_free(out, allocator.zone_at(type));

    format_to(out, "\n{:<23}", "Number of blocks type ");
    for (unsigned type = 0; type < MIGRATE_TYPES; ++type)
        format_to(out, "{:>12} ", migrate_type_name(static_cast<migrate_type>(type)));
    out.write("\n");
    for (const zone& zone : allocator.zones())
        if (zone.managed_pages() > 0) print_page_blocks(out, zone);
}
