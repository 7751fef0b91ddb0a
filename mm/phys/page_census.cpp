// Whose is each frame? Every one is free, on a CPU's list, in use or reserved, and
// what is counted so adds up to mem_map: nothing is lost, and nothing is there twice.
#include "mm/phys/page_allocator.hpp"

namespace {

// Reserved frames lie side by side in their thousands: holes, mem_map itself.
u32 end_of_reserved_run(const page* map, u32 frame, u32 end) {
    const u32 flags = map[frame].flags;
    while (frame < end && map[frame].flags == flags) ++frame;
    return frame;
}

}  // namespace

// Walks from head to head, so inside a block nothing is looked at (the zones look
// inside the free ones).
page_census page_allocator::count_zone(const zone& zone) const {
    page_census count;
    const pfn_range span = zone.frames();
    for (u32 frame = span.start.raw(); frame < span.end.raw();) {
        const page& head = map_[frame];
        const u32 mark = head.flags & page_flags::marks;
        kassert(page_zonenum(head) == zone.type(), "frame {} is not of zone {}", frame,
                zone.name());
        kassert(std::has_single_bit(mark), "frame {} has the marks {:#x}, and no block covers it",
                frame, mark);
        if (mark == page_flags::bit(PG_reserved)) {
            const u32 end = end_of_reserved_run(map_, frame, span.end.raw());
            count.reserved += end - frame;
            frame = end;
            continue;
        }
        const u32 pages = 1u << page_order(head);
        kassert(is_aligned(frame, pages), "frame {} heads {} pages", frame, pages);
        if (mark == page_flags::bit(PG_buddy)) count.free += pages;
        if (mark == page_flags::bit(PG_pcp)) count.listed += pages;
        if (mark == page_flags::bit(PG_allocated)) {
            count.in_use += pages;
            kassert(page_count(head) >= 1, "I2: frame {} is in use, its count is {}", frame,
                    page_count(head));
        }
        frame += pages;
    }
    kassert(count.free == zone.free_pages() && count.listed == zone.pcp_pages() &&
                count.in_use == zone.pages_in_use() && count.sum() == span.size(),
            "zone {}: {} free, {} on lists, {} in use, {} reserved, of {}", zone.name(),
            count.free, count.listed, count.in_use, count.reserved, span.size());
    return count;
}

page_census page_allocator::census() const {
    page_census count;
    for (const zone& zone : zones_) count += count_zone(zone);
    kassert(count.sum() == frames_, "{} frames are somebody's, of {}", count.sum(), frames_);
    return count;
}

void page_allocator::check_invariants() const {
    for (const zone& zone : zones_) zone.check_invariants();
    census();
}
