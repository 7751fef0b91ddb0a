// The way back, and what is looked at on it.
#include "mm/phys/allocation_failure.hpp"
#include "mm/phys/page_allocator_usual.hpp"

void page_allocator::free_pages(page* head, unsigned order) { put(head, order); }

void page_allocator::put_page(page* head) {
    if (frame_of(head).raw() >= frames_) [[unlikely]]
        return report(page_bug::outside, head, 0, CALLER);
    free_usual(head, page_order(*head), CALLER);
}

// Not the last reference: nothing to do. Else something is wrong with the block; it
// is reported and stays where it is, with its reference: lost perhaps, but never
// given to two owners.
[[gnu::cold, gnu::noinline]] void page_allocator::free_oddly(page* head, unsigned order,
                                                             s32 count_before, uintptr_t caller) {
    if (count_before > 1) return;
    if (frame_of(head).raw() >= frames_) return report(page_bug::outside, head, order, caller);
    head->_refcount.fetch_add(1, memory_order::relaxed);
    const page_bug bug = diagnose(*head, order);
    // In use by nobody: lost, with a reference like all that is in use.
    if (bug == page_bug::refcount_underflow) head->_refcount.store(1, memory_order::relaxed);
    report(bug, head, order, caller);
}

page_bug page_allocator::diagnose(const page& page, unsigned order) const {
    const u32 flags = page.flags;
    if (flags & (page_flags::bit(PG_buddy) | page_flags::bit(PG_pcp))) return page_bug::double_free;
    if (flags & page_flags::bit(PG_reserved)) return page_bug::reserved;
    if (!(flags & page_flags::bit(PG_allocated))) {
        // Inside some block: one that is free, or one that is in use?
        const u32 frame = frame_of(&page).raw();
        for (unsigned k = 1; k < MAX_ORDER; ++k) {
            const struct page& head = map_[align_down(frame, 1u << k)];
            if (!(head.flags & page_flags::marks)) continue;
            const bool covers = align_down(frame, 1u << page_order(head)) == frame_of(&head).raw();
            if (covers && !(head.flags & page_flags::bit(PG_allocated)))
                return page_bug::double_free;
            break;
        }
        return page_bug::inside_block;
    }
    if (page_count(page) < 1) return page_bug::refcount_underflow;
    if (page_order(page) != order) return page_bug::wrong_order;
    if (page.mapping || page._mapcount.load(memory_order::relaxed) != -1)
        return page_bug::still_mapped;
    return page_bug::still_in_use;
}

void page_allocator::split_page(page* head, unsigned order) {
    kassert(is_plain_block(*head, head->flags, order) && page_count(*head) == 1,
            "frame {} with flags {:#x} is not a block of order {} with one reference",
            frame_of(head), u32{head->flags}, order);
    const u32 flags = head->flags & ~page_flags::order_mask;
    for (u32 i = 0; i < 1u << order; ++i) {
        head[i].flags = flags;
        head[i]._refcount.store(1, memory_order::relaxed);
    }
}

void page_allocator::drain_local_pages() {
    const irq_state state = local_irq_save();
    for (zone& zone : zones_) zone.pcp_drain();
    local_irq_restore(state);
}

// ---- ranges ----------------------------------------------------------------------
// A range is a row of blocks, each marked PG_contig and in use, as large as their
// places allow; the first one holds the number of pages in `private`.

page* page_allocator::find_range(u32 count, zone_type highest) {
    for (unsigned type = highest + 1; type-- > 0;) {
        zone& zone = zones_[type];
        const u32 keep = zone.wmark[WMARK_LOW] + zone.lowmem_reserve[highest];
        if (zone.free_pages() < keep || zone.free_pages() - keep < count) continue;
        lock_guard held(zone.lock);
        if (page* const first = zone.take_contiguous_locked(count)) return first;
    }
    return nullptr;
}

page* page_allocator::alloc_contig_pages(u32 count, gfp_t mask) {
    if (gfp_may_wait(mask)) might_sleep("alloc_contig_pages");
    page* first = nullptr;
    if (count > 0 && !fail_page_alloc_.should_fail(~0u)) {
        first = find_range(count, gfp_zone(mask));
        if (!first) {
            // A page on this CPU's lists keeps a whole largest block apart.
            drain_local_pages();
            first = find_range(count, gfp_zone(mask));
        }
    }
    const uintptr_t caller = CALLER;
    if (!first) {
        nr_failed_ += 1;
        if (!any(mask & __GFP_NOWARN))
            log_allocation_failure(*this, {.pages = count}, mask, caller);
        return nullptr;
    }
    for_each_block(frame_of(first).raw(), count, [&](u32 frame, unsigned order) {
        page& head = map_[frame];
        if constexpr (dear_checks) check_unchanged(&head, order, caller);
        head.flags = (head.flags & page_flags::zone_mask) | page_flags::bit(PG_allocated) |
                     page_flags::bit(PG_contig) | page_flags::order(order);
        head._refcount.store(1, memory_order::relaxed);
        head.private_ = 0;
        if constexpr (dear_checks) note_owner(&head, order, caller, mask);
    });
    first->private_ = count;
    if (any(mask & __GFP_ZERO) && memory_) memory_->clear(frame_of(first), count);
    return first;
}

bool page_allocator::is_contig_range(const page* first, u32 count) const {
    if (count == 0 || first->private_ != count) return false;
    bool whole = true;
    for_each_block(frame_of(first).raw(), count, [&](u32 frame, unsigned order) {
        const u32 wanted = page_flags::bit(PG_allocated) | page_flags::bit(PG_contig) |
                           page_flags::order(order);
        whole = whole && (map_[frame].flags & flags_checked_at_free) == wanted &&
                page_count(map_[frame]) == 1;
    });
    return whole;
}

void page_allocator::free_contig_pages(page* first, u32 count) {
    const u32 frame = frame_of(first).raw();
    if (frame >= frames_ || count > frames_ - frame)
        return report(page_bug::outside, first, 0, CALLER);
    if (!(first->flags & page_flags::bit(PG_contig)))
        return report(page_test(*first, PG_allocated) ? page_bug::wrong_count
                                                      : diagnose(*first, 0),
                      first, 0, CALLER);
    if (!is_contig_range(first, count))
        return report(page_bug::wrong_count, first, 0, CALLER);
    first->private_ = 0;
    const uintptr_t caller = CALLER;
    for_each_block(frame_of(first).raw(), count, [&](u32 frame, unsigned order) {
        page* const head = map_ + frame;
        head->flags = head->flags & ~page_flags::bit(PG_contig);
        free_usual(head, order, caller);
    });
}
