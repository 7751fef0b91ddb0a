// From a gfp_mask to a page: the usual way, and the slow one.
#include "mm/phys/page_allocator.hpp"

#include <cpu/percpu.hpp>
#include "lib/scope_guard.hpp"
#include "mm/phys/allocation_failure.hpp"
#include "mm/phys/page_allocator_usual.hpp"

namespace {

// Set while this CPU reclaims: what it allocates meanwhile never reclaims again.
DEFINE_PER_CPU(u32, reclaiming);

}  // namespace

struct page_allocator::request {
    gfp_t mask;
    unsigned order;
    zone* first;
    migrate_type type;
    zone_mark mark;
    reserve_use reserve;
    bool use_highatomic;
    uintptr_t caller;
};

page* page_allocator::alloc_pages(gfp_t mask, unsigned order) { return get(mask, order); }

// Straight from the buddy system.
page* page_allocator::alloc_large(gfp_t mask, unsigned order, uintptr_t caller) {
    const u32 way = way_of(mask);
    zone& zone = *ways_.first[way];
    if (gfp_may_wait(mask)) might_sleep("alloc_pages");
    if (order < MAX_ORDER && zone.has_plenty(order) && !fail_page_alloc_.armed()) [[likely]]
        if (page* const head = zone.take(order, ways_.type[way])) [[likely]]
            return hand_out(head, ways_.flags[way], mask, order, caller);
    return alloc_carefully(mask, order, caller);
}

[[gnu::cold, gnu::noinline]] void page_allocator::check_may_wait(gfp_t mask) {
    if (gfp_may_wait(mask)) might_sleep("alloc_pages");
}

[[gnu::cold, gnu::noinline]] page* page_allocator::alloc_after_clobbered(
    page* head, const zone& zone, gfp_t mask, unsigned order, uintptr_t caller) {
    clobbered(head, zone, order, caller);
    return alloc_carefully(mask, order, caller);
}

// ---- the slow way ----------------------------------------------------------------

namespace {

// What must remain in a zone for this to be granted, the lowmem reserve included.
template <class Request>
u32 must_remain(const zone& zone, const Request& wanted) {
    u32 mark = zone.wmark[wanted.mark];
    if (wanted.mark == WMARK_MIN) mark = mark_below_min(mark, wanted.reserve);
    // What is kept for urgent orders is not there for others.
    if (!wanted.use_highatomic) mark += zone.nr_reserved_highatomic();
    return mark + zone.lowmem_reserve[wanted.first->type()];
}

}  // namespace

page* page_allocator::alloc_carefully(gfp_t mask, unsigned order, uintptr_t caller) {
    request wanted{.mask = mask,
                   .order = order,
                   .first = ways_.first[way_of(mask)],
                   .type = ways_.type[way_of(mask)],
                   .mark = WMARK_LOW,
                   .reserve = reserve_use::none,
                   .use_highatomic = false,
                   .caller = caller};
    const gfp_plan plan = plan_allocation(mask, order, this_cpu_read(reclaiming));
    page* head = nullptr;
    if (order < MAX_ORDER &&
        (plan.must_not_fail || !fail_page_alloc_.should_fail(PAGE_SIZE << order))) {
        head = find(wanted);
        if (!head) {
            if (plan.wake_reclaimer && reclaimer_)
                reclaimer_->wake(*wanted.first, order);
            wanted.mark = WMARK_MIN;
            wanted.reserve = plan.reserve;
            wanted.use_highatomic = plan.use_highatomic;
            head = try_urgently(wanted);
        }
        if (!head && plan.reclaim) head = reclaim_and_retry(wanted);
        // The last page there is. To wait for more would be to wait for ever: there is
        // nobody else who runs and could free some.
        if (!head && plan.must_not_fail) {
            wanted.reserve = reserve_use::all;
            head = find(wanted);
        }
    }
    if (head)
        return hand_out(head, given_flags(page_zonenum(*head), wanted.type), mask, order, caller);
    report_failure(wanted);
    return nullptr;
}

page* page_allocator::take(zone& zone, const request& wanted) {
    if (wanted.order >= PCP_ORDERS) return zone.take(wanted.order, wanted.type);
    for (;;) {
        const irq_state state = local_irq_save();
        page* const head = zone.pcp_take(wanted.order, wanted.type);
        local_irq_restore(state);
        if (!head || head->flags == zone.pcp_flags(wanted.order)) return head;
        clobbered(head, zone, wanted.order, wanted.caller);
    }
}

// A block that is not to be trusted counts as in use from now on, and nobody has it.
[[gnu::cold]] void page_allocator::clobbered(page* head, const zone& zone, unsigned order,
                                             uintptr_t caller) {
    report(page_bug::clobbered, head, order, caller);
    head->flags = given_flags(zone.type(), MIGRATE_UNMOVABLE) | page_flags::order(order);
    head->_refcount.store(1, memory_order::relaxed);
}

// The first zone, from the highest allowed one down, that has it and can spare it.
page* page_allocator::find(const request& wanted) {
    for (zone* at = wanted.first; at >= zones_; --at) {
        zone& zone = *at;
        if (wanted.reserve != reserve_use::all &&
            zone.free_pages() < must_remain(zone, wanted) + (1u << wanted.order))
            continue;
        if (page* const head = take(zone, wanted))
            return head;
    }
    return nullptr;
}

// Down to `min`, or below where the mask allows it. An urgent request of several
// pages that was met keeps its page block for the next one.
page* page_allocator::try_urgently(const request& wanted) {
    if (wanted.use_highatomic)
        for (zone* zone = wanted.first; zone >= zones_; --zone)
            if (page* const head = zone->take(wanted.order, MIGRATE_HIGHATOMIC)) return head;
    page* const head = find(wanted);
    if (head && wanted.use_highatomic && !mobility_disabled_) {
        zone& zone = zones_[page_zonenum(*head)];
        lock_guard held(zone.lock);
        zone.reserve_highatomic_locked(head);
    }
    return head;
}

// Each round that frees something is worth another one, as often as the plan says.
// Then follows what can be had without freeing: per-CPU lists, the urgent reserve.
page* page_allocator::reclaim_and_retry(const request& wanted) {
    const gfp_plan plan = plan_allocation(wanted.mask, wanted.order, false);
    for (u32 round = 0; round <= plan.most_retries; ++round) {
        u32 progress = 0;
        if (reclaimer_) {
            this_cpu_write(reclaiming, 1);
            const scope_guard done([] { this_cpu_write(reclaiming, 0); });
            progress = reclaimer_->reclaim(wanted.order, wanted.mask);
        }
        if (page* const head = find(wanted)) return head;
        if (progress == 0) break;
    }
    drain_local_pages();
    for (zone* zone = wanted.first; zone >= zones_; --zone) {
        lock_guard held(zone->lock);
        zone->unreserve_highatomic_locked(wanted.type);
    }
    return find(wanted);
}

void page_allocator::report_failure(const request& wanted) {
    nr_failed_ += 1;
    if (any(wanted.mask & __GFP_NOWARN)) return;
    log_allocation_failure(*this, {.order = wanted.order}, wanted.mask, wanted.caller);
}
