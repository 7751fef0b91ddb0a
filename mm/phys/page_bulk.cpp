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

// Up to the end of the chunk, or to a page that is not to be freed: how many were.
u32 page_allocator::free_some(u32 count, page* const* pages, uintptr_t caller) {
    const page* const map = map_;
    const u32 frames = frames_;
    const irq_state state = local_irq_save();
    u32 freed = 0, listed = 0, type = MAX_NR_ZONES;
    zone* at = nullptr;
    s32 before = 1;
    for (; freed < count; ++freed) {
        page* const head = pages[freed];
        const u32 frame = static_cast<u32>(head - map);
        u32 flags;
        if (frame >= frames ||
            (before = head->_refcount.fetch_sub(1, memory_order::acq_rel)) != 1 ||
            !is_plain_block(*head, flags = head->flags, 0)) [[unlikely]]
            break;
        if constexpr (dear_checks) note_freed(head, 0, caller);
        if (flags >> page_flags::zone_shift != type) [[unlikely]] {
            if (at) at->pcp_grown(listed);
            type = flags >> page_flags::zone_shift;
            at = &zones_[type];
            listed = 0;
        }
        listed += at->pcp_list_one(head, frame);
    }
    if (at) at->pcp_grown(listed);
    local_irq_restore(state);
    if (freed == count) [[likely]] return freed;
    free_oddly(pages[freed], 0, before, caller);
    return freed + 1;
}

void page_allocator::free_pages_bulk(u32 count, page* const* pages) {
    const uintptr_t caller = CALLER;
    if (count == 1) return free_usual(pages[0], 0, caller);
    while (count > 0) {
        const u32 freed = free_some(min_of(count, chunk_pages), pages, caller);
        pages += freed;
        count -= freed;
    }
}
