// The usual way of a page, out and back, as inline code: included by the allocator
// itself and by the kernel's calls (page_alloc.cpp), where the allocator is a
// constant. Everything unusual is a call away.
//
// Single pages are by far the most: they have a copy for themselves, in which all that
// depends on the order is folded.
#pragma once

#include "lib/sync/preempt.hpp"
#include "mm/phys/page_allocator.hpp"

// Of the function that this is inlined into.
#define CALLER reinterpret_cast<uintptr_t>(__builtin_return_address(0))
#define ALWAYS_INLINE [[gnu::always_inline]] inline

ALWAYS_INLINE page* page_allocator::get(gfp_t mask, unsigned order) {
    if (order == 0) [[likely]] return alloc_small(mask, 0);
    if (order < PCP_ORDERS) [[likely]] return alloc_small(mask, order);
    return alloc_large(mask, order, CALLER);
}

// The zone that is wanted most has plenty, and this CPU's list has a block. On the way
// interrupts turn out to be on, or to have been off all along.
ALWAYS_INLINE page* page_allocator::alloc_small(gfp_t mask, unsigned order) {
    const u32 way = way_of(mask);
    if (!may_allocate_without_care()) [[unlikely]] {
        if (preempt_count() != 0) check_may_wait(mask);
        if (fail_page_alloc_.armed()) return alloc_carefully(mask, order, CALLER);
    }
    zone& zone = *ways_.first[way];
    if (!zone.has_plenty(order)) [[unlikely]] return alloc_carefully(mask, order, CALLER);
    const irq_state state = local_irq_save();
    page_list& list = zone.pcp_list(order, ways_.type[way]);
    if (list.empty()) [[unlikely]] {
        local_irq_restore(state);
        return alloc_carefully(mask, order, CALLER);
    }
    page* const head = zone.pcp_pop(list, order);
    if (state.enabled()) [[likely]] local_irq_enable();
    else if (preempt_count() == 0) check_may_wait(mask);  // else it was told of already
    if (head->flags != zone.pcp_flags(order)) [[unlikely]]
        return alloc_after_clobbered(head, zone, mask, order, CALLER);
    return hand_out(head, ways_.flags[way], mask, order, CALLER);
}

ALWAYS_INLINE page* page_allocator::hand_out(page* head, u32 flags, gfp_t mask, unsigned order,
                                             uintptr_t caller) {
    if constexpr (dear_checks) check_unchanged(head, order, caller);
    head->flags = flags | page_flags::order(order);
    head->_refcount.store(1, memory_order::relaxed);
    head->private_ = 0;
    if (any(mask & __GFP_ZERO)) [[unlikely]]
        if (memory_) memory_->clear(frame_of(head), 1u << order);
    if constexpr (dear_checks) note_owner(head, order, caller, mask);
    return head;
}

// Everything in a head's flags that says what it is, or that it is in use.
inline constexpr u32 flags_checked_at_free =
    ~(page_flags::zone_mask | page_flags::type_mask | page_flags::forgotten_at_free);

// In no page table, and of no mapping.
inline bool is_unmapped(const page& page) {
    const u32 unmapped = static_cast<u32>(page._mapcount.load(memory_order::relaxed)) + 1;
    return (unmapped | reinterpret_cast<uintptr_t>(page.mapping)) == 0;
}

inline bool is_plain_block(const page& page, u32 flags, unsigned order) {
    if ((flags & flags_checked_at_free) !=
        (page_flags::bit(PG_allocated) | page_flags::order(order)))
        return false;
    return is_unmapped(page);
}

ALWAYS_INLINE void page_allocator::put(page* head, unsigned order) {
    if (order == 0) [[likely]] return free_usual(head, 0, CALLER);
    free_usual(head, order, CALLER);
}

ALWAYS_INLINE void page_allocator::free_usual(page* head, unsigned order, uintptr_t caller) {
    const u32 frame = frame_of(head).raw();
    s32 before = 0;
    u32 flags;
    if (frame >= frames_ ||
        (before = head->_refcount.fetch_sub(1, memory_order::acq_rel)) != 1 ||
        !is_plain_block(*head, flags = head->flags, order)) [[unlikely]]
        return free_oddly(head, order, before, caller);
    if constexpr (dear_checks) note_freed(head, order, caller);
    zone& zone = zones_[flags >> page_flags::zone_shift];
    if (order >= PCP_ORDERS) return zone.give(head, order);
    const irq_state state = local_irq_save();
    zone.pcp_give(head, frame, order);
    local_irq_restore(state);
}
