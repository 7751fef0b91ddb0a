// Many single pages at once: what a page costs besides being taken off a list, the
// checks of context and marks and the two changes of the interrupt flag, is paid once
// for a chunk of them. A chunk is small enough that an interrupt can wait for it.
#include "mm/phys/page_allocator_usual.hpp"

namespace {

// With dear checks each page's contents are gone through as well.
constexpr u32 chunk_pages = dear_checks ? 8 : 64;
constexpr unsigned chunk_order = std::bit_width(chunk_pages) - 1;

}  // namespace

// From this CPU's list, and given out, but for those that are not to be trusted. Nothing:
// the zone has none.
std::optional<u32> page_allocator::take_listed(zone& zone, gfp_t mask, u32 most, page** pages,
                                               uintptr_t caller) {
    const u32 way = way_of(mask);
    const irq_state state = local_irq_save();
    const u32 taken = zone.pcp_take_many(ways_.type[way], most, pages);
    local_irq_restore(state);
    if (taken == 0) return {};
    const u32 listed = zone.pcp_flags(0);
    const u32 flags = ways_.flags[way];
    u32 good = 0;
    for (u32 i = 0; i < taken; ++i) {
        page* const head = pages[i];
        if (head->flags != listed) [[unlikely]] clobbered(head, zone, 0, caller);
        else pages[good++] = hand_out(head, flags, mask, 0, caller);
    }
    return good;
}

// The zone that is wanted most, while it has plenty; what it lacks is asked for page by
// page, with all that this may lead to.
u32 page_allocator::alloc_pages_bulk(gfp_t mask, u32 count, page** pages) {
    const uintptr_t caller = CALLER;
    if (count == 1) return (pages[0] = alloc_small(mask, 0)) != nullptr;
    if (gfp_may_wait(mask)) might_sleep("alloc_pages_bulk");
    zone& zone = *ways_.first[way_of(mask)];
    u32 got = 0;
    if (!fail_page_alloc_.armed()) [[likely]]
        while (got < count && zone.has_plenty(chunk_order)) {
            const auto taken =
                take_listed(zone, mask, min_of(count - got, chunk_pages), pages + got, caller);
            if (!taken) break;
            got += *taken;
        }
    for (; got < count; ++got) {
        pages[got] = alloc_small(mask, 0);
        if (!pages[got]) break;
    }
    return got;
}

// One reference of several goes: whose page it is, and which, is no matter then.
static bool drop_shared(page& page) {
    s32 before = page_count(page);
    return before > 1 && page._refcount.compare_exchange_strong(
                             before, before - 1, memory_order::acq_rel, memory_order::relaxed);
}

// Plain pages of one zone, of which others' are only let go, up to the first that is
// something else: how many there were.
u32 page_allocator::free_run(zone& zone, u32 count, page* const* pages, uintptr_t caller) {
    const page* const map = map_;
    const u32 frames = frames_;
    const u32 wanted = zone.page_bits() | page_flags::bit(PG_allocated);
    u32 done = 0, listed = 0;
    const irq_state state = local_irq_save();
    for (; done < count; ++done) {
        page* const page = pages[done];
        const u32 frame = static_cast<u32>(page - map);
        if (frame < frames && drop_shared(*page)) continue;
        if (frame >= frames ||
            (page->flags & (flags_checked_at_free | page_flags::zone_mask)) != wanted ||
            !is_unmapped(*page) || page_count(*page) != 1)
            break;
        // Another one may have taken a reference at this moment: the page is his then.
        if (page->_refcount.fetch_sub(1, memory_order::acq_rel) != 1) [[unlikely]] continue;
        if constexpr (dear_checks) note_freed(page, 0, caller);
        listed += zone.pcp_list_one(page, frame);
    }
    zone.pcp_grown(listed);
    local_irq_restore(state);
    return done;
}

void page_allocator::free_pages_bulk(u32 count, page* const* pages) {
    const uintptr_t caller = CALLER;
    if (count == 1) return free_usual(pages[0], 0, caller);
    while (count > 0) {
        u32 freed = 0;
        if (frame_of(pages[0]).raw() < frames_)
            freed = free_run(zones_[page_zonenum(*pages[0])], min_of(count, chunk_pages), pages,
                             caller);
        if (freed == 0) {
            free_usual(pages[0], 0, caller);
            freed = 1;
        }
        pages += freed;
        count -= freed;
    }
}
