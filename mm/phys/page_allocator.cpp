// From a gfp_mask to a page: the usual way, and the slow one.
#include "mm/phys/page_allocator.hpp"

#include <cpu/percpu.hpp>
#include "lib/scope_guard.hpp"
#include "lib/sync/preempt.hpp"
#include "mm/phys/allocation_failure.hpp"


namespace {

// Set while this CPU reclaims: what it allocates meanwhile never reclaims again.
DEFINE_PER_CPU(u32, reclaiming);

}  // namespace

struct page_allocator::request {
    gfp_t mask;
    unsigned order;
    zone_type highest;
    migrate_type type;
    zone_mark mark;
    reserve_use reserve;
    bool use_highatomic;
    uintptr_t caller;
};

namespace {

// What must remain in a zone for this to be granted, the lowmem reserve included.
template <class Request>
u32 must_remain(const zone& zone, const Request& wanted) {
    u32 mark = zone.wmark[wanted.mark];
    if (wanted.mark == WMARK_MIN) mark = mark_below_min(mark, wanted.reserve);
    // What is kept for urgent orders is not there for others.
    if (!wanted.use_highatomic) mark += zone.nr_reserved_highatomic();
    return mark + zone.lowmem_reserve[wanted.highest];
}

}  // namespace

page* page_allocator::alloc_pages(gfp_t mask, unsigned order) {
    request wanted{.mask = mask,
                   .order = order,
                   .highest = gfp_zone(mask),
                   .type = static_cast<migrate_type>(gfp_migrate_type(mask) & type_mask_),
                   .mark = WMARK_LOW,
                   .reserve = reserve_use::none,
                   .use_highatomic = false,
                   .caller = reinterpret_cast<uintptr_t>(__builtin_return_address(0))};
    if (gfp_may_wait(mask)) might_sleep("alloc_pages");
    page* head = nullptr;
    if (order < MAX_ORDER && !fail_page_alloc_.should_fail(PAGE_SIZE << order)) [[likely]] {
        head = find(wanted);
        if (!head) [[unlikely]] head = alloc_slowly(wanted);
    }
    if (!head) [[unlikely]] {
        report_failure(wanted);
        return nullptr;
    }
    return prepare(head, wanted);
}

// The first zone, from the highest allowed one down, that has it and can spare it.
inline page* page_allocator::find(const request& wanted) {
    for (unsigned type = wanted.highest + 1; type-- > 0;) {
        zone& zone = zones_[type];
        if (wanted.reserve != reserve_use::all &&
            zone.free_pages() < must_remain(zone, wanted) + (1u << wanted.order))
            continue;
        if (page* const head = take(zone, wanted)) return head;
    }
    return nullptr;
}

inline page* page_allocator::take(zone& zone, const request& wanted) {
    const unsigned order = wanted.order;
    if (order < PCP_ORDERS) [[likely]] {
        const u32 as_listed = page_flags::zone(zone.type()) | page_flags::bit(PG_pcp) |
                              page_flags::order(order);
        for (;;) {
            const irq_state state = local_irq_save();
            page* const head = zone.pcp_take(order, wanted.type);
            local_irq_restore(state);
            if (!head || head->flags == as_listed) [[likely]] return head;
            report(page_bug::clobbered, head, order, wanted.caller);
            lose(head, zone, order);
        }
    }
    lock_guard held(zone.lock);
    return zone.take_locked(order, wanted.type);
}

// A block that is not to be trusted counts as in use from now on, and nobody has it.
void page_allocator::lose(page* head, const zone& zone, unsigned order) {
    head->flags = page_flags::zone(zone.type()) | page_flags::bit(PG_allocated) |
                  page_flags::order(order);
    head->_refcount.store(1, std::memory_order_relaxed);
}

inline page* page_allocator::prepare(page* head, const request& wanted) {
    if constexpr (dear_checks) check_unchanged(head, wanted.order, wanted.caller);
    head->flags = (head->flags & page_flags::zone_mask) | page_flags::bit(PG_allocated) |
                  page_flags::order(wanted.order) | page_flags::type(wanted.type);
    head->_refcount.store(1, std::memory_order_relaxed);
    head->private_ = 0;
    if (any(wanted.mask & __GFP_ZERO) && memory_)
        memory_->clear(frame_of(head), 1u << wanted.order);
    if constexpr (dear_checks) note_owner(head, wanted.order, wanted.caller, wanted.mask);
    return head;
}

// ---- the slow way ----------------------------------------------------------------

page* page_allocator::alloc_slowly(request& wanted) {
    const gfp_plan plan = plan_allocation(wanted.mask, wanted.order, this_cpu_read(reclaiming));
    if (plan.wake_reclaimer && reclaimer_) reclaimer_->wake(zones_[wanted.highest], wanted.order);
    wanted.mark = WMARK_MIN;
    wanted.reserve = plan.reserve;
    wanted.use_highatomic = plan.use_highatomic;
    if (page* const head = try_urgently(wanted)) return head;
    if (plan.reclaim)
        if (page* const head = reclaim_and_retry(wanted)) return head;
    if (!plan.must_not_fail) return nullptr;
    wanted.reserve = reserve_use::all;
    page* const head = find(wanted);
    kassert(head, "an allocation of order {} that may not fail, and nothing is left",
            wanted.order);
    return head;
}

// Down to `min`, or below where the mask allows it. An urgent request of several
// pages that was met keeps its page block for the next one.
page* page_allocator::try_urgently(const request& wanted) {
    if (wanted.use_highatomic)
        for (unsigned type = wanted.highest + 1; type-- > 0;) {
            lock_guard held(zones_[type].lock);
            if (page* const head = zones_[type].take_locked(wanted.order, MIGRATE_HIGHATOMIC))
                return head;
        }
    page* const head = find(wanted);
    if (head && wanted.use_highatomic && type_mask_ != 0) {
        zone& zone = zones_[page_zonenum(*head)];
        lock_guard held(zone.lock);
        zone.reserve_highatomic_locked(head);
    }
    return head;
}

// Each round that frees something is worth another one; one that does not is
// followed by what can be had without freeing: per-CPU lists, the urgent reserve.
page* page_allocator::reclaim_and_retry(request& wanted) {
    const gfp_plan plan = plan_allocation(wanted.mask, wanted.order, false);
    for (u32 round = 0; round <= plan.most_retries; ++round) {
        u32 progress = 0;
        if (reclaimer_) {
            this_cpu_write(reclaiming, 1);
            const scope_guard done([] { this_cpu_write(reclaiming, 0); });
            progress = reclaimer_->reclaim(wanted.order, wanted.mask);
        }
        if (page* const head = find(wanted)) return head;
        if (progress > 0) continue;
        drain_local_pages();
        for (zone& zone : zones_) {
            lock_guard held(zone.lock);
            zone.unreserve_highatomic_locked();
        }
        return find(wanted);
    }
    return nullptr;
}

void page_allocator::report_failure(const request& wanted) {
    nr_failed_ += 1;
    if (any(wanted.mask & __GFP_NOWARN)) return;
    log_allocation_failure(*this, wanted.order, wanted.mask, wanted.caller);
}
