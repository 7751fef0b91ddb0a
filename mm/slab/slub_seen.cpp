// What is in slub's slabs, for those who look.
#include "mm/slab/slub.hpp"

namespace {

// Every slab, full ones too, by a walk over the pages: they are on no list. It ends where
// HighMem begins, which has no slabs and may have a hole of a million frames.
template <class Visit>
void for_each_slab(kmem_cache& cache, Visit visit) {
    page_allocator& pages = the_page_allocator();
    const u32 end = pages.zone_at(ZONE_HIGHMEM).frames().start.raw();
    for (u32 frame = 0; frame < end;) {
        page& head = pages.map()[frame];
        const u32 marks = head.flags & page_flags::marks;
        const bool ours = PageSlab(head) && head.slab_cache == &cache;
        if (ours) visit(head);
        frame += marks & page_flags::bit(PG_reserved) ? 1 : 1u << page_order(head);
    }
}

// As far as the links lead to slots of the slab, and not in circles.
template <class Visit>
void follow_links(const kmem_cache& cache, const char* start, void* slot, Visit visit) {
    for (u32 left = cache.objects; left > 0 && is_slot(cache, start, slot); --left) {
        visit(slot);
        slot = slot_next(cache, slot);
    }
}

// The free slots of a slab: `visit(slot, on_cpu)`.
template <class Visit>
void for_each_free(kmem_cache& cache, const page& head, Visit visit) {
    const char* const start = static_cast<const char*>(slab_start(&head));
    follow_links(cache, start, head.freelist, [&](void* slot) { visit(slot, false); });
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu) {
        const cpu_free_list& list = per_cpu(*cache.cpu_slab, cpu);
        for (u32 i = 0; i < list.stack->count; ++i)
            if (slab_head(cache, list.stack->entries[i]) == &head)
                visit(list.stack->entries[i], true);
        if (list.base == reinterpret_cast<uintptr_t>(start))
            follow_links(cache, start, list.head, [&](void* slot) { visit(slot, true); });
    }
}

// How many CPUs have this slab for their active one.
u32 bases_at(kmem_cache& cache, const page& head) {
    u32 cpus = 0;
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu)
        cpus += per_cpu(*cache.cpu_slab, cpu).base ==
                reinterpret_cast<uintptr_t>(slab_start(&head));
    return cpus;
}

}  // namespace

std::optional<slot_place> slub::find_slot(kmem_cache& cache, const void* address) {
    page* const head = slab_head(cache, address);
    if (!PageSlab(*head) || head->slab_cache != &cache) return {};
    char* const start = static_cast<char*>(slab_start(head));
    const size_t index = (static_cast<const char*>(address) - start) / cache.size;
    if (index >= cache.objects) return {};
    slot_place place{start + index * cache.size, false};
    lock_guard held(cache.node.list_lock);
    if (cache.flags & SLAB_CONSISTENCY_CHECKS && head->freelist)
        check_links_locked(cache, *head);
    for_each_free(cache, *head, [&](void* slot, bool) { place.is_free |= slot == place.slot; });
    return place;
}

slab_counts slub::count(kmem_cache& cache) {
    lock_guard held(cache.node.list_lock);
    slab_counts counts{.active_objects = cache.node.total_objects,
                       .total_objects = cache.node.total_objects,
                       .active_slabs = cache.node.nr_slabs,
                       .total_slabs = cache.node.nr_slabs,
                       .cpu_objects = 0};
    for (const page& head : cache.node.partial) {
        const slab_use use = use_of(head);
        counts.active_objects -= use.objects - use.in_use;
        if (use.in_use == 0) --counts.active_slabs;
    }
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu) {
        const cpu_free_list& list = per_cpu(*cache.cpu_slab, cpu);
        follow_links(cache, reinterpret_cast<const char*>(list.base), list.head,
                     [&](void*) { ++counts.cpu_objects; });
        counts.cpu_objects += list.stack->count;
        if (list.base == no_slab) continue;
        // What others gave back to an active slab is free as well.
        const slab_use use = use_of(*virt_to_page(reinterpret_cast<void*>(list.base)));
        counts.active_objects -= use.objects - use.in_use;
    }
    return counts;
}

// Free slots are marked first, so many at a time: to look each one up in a list would
// take the square of the time.
void slub::visit(kmem_cache& cache, slab_visitor& visitor) {
    constexpr u32 marked = 1024;
    using state = slab_visitor::state;
    for_each_slab(cache, [&](page& head) {
        char* const start = static_cast<char*>(slab_start(&head));
        visitor.slab(&head, start);
        for (u32 from = 0; from < cache.objects; from += marked) {
            state states[marked] = {};
            for_each_free(cache, head, [&](void* free, bool on_cpu) {
                const u32 index = static_cast<u32>((static_cast<char*>(free) - start) / cache.size);
                if (index - from < marked)
                    states[index - from] = on_cpu ? state::on_cpu : state::free;
            });
            for (u32 i = from; i < min_of(from + marked, cache.objects); ++i)
                visitor.slot(start + size_t{i} * cache.size, states[i - from]);
        }
    });
}

void slub::check_invariants(kmem_cache& cache) {
    u32 slabs = 0, partial = 0;
    for_each_slab(cache, [&](page& head) {
        const slab_use use = use_of(head);
        u32 on_slab = 0;
        u32 all = 0;
        for_each_free(cache, head, [&](void* slot, bool on_cpu) {
            kassert(slab_head(cache, slot) == &head, "S4: {} is on the stack of another",
                    slot);
            on_slab += !on_cpu;
            kassert(++all <= use.objects, "slub: the free slots of {} run in circles",
                    slab_start(&head));
        });
        kassert(use.frozen == bases_at(cache, head), "S1: a slab at {} is frozen: {}",
                slab_start(&head), u32{use.frozen});
        kassert(on_slab == u32(use.objects - use.in_use),
                "S2: {} slots on a freelist, {} of {} in use", on_slab, u32{use.in_use},
                u32{use.objects});
        ++slabs;
        partial += !use.frozen && head.freelist != nullptr;
    });
    lock_guard held(cache.node.list_lock);
    kassert(slabs == cache.node.nr_slabs, "slub: {} slabs, nr_slabs says {}", slabs,
            u32{cache.node.nr_slabs});
    kassert(partial == cache.node.nr_partial && partial == cache.node.partial.count(),
            "S3: {} partial slabs, nr_partial says {}", partial, cache.node.nr_partial);
}
