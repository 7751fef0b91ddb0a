// slub: free slots are linked through themselves, slab by slab.
//
//     this CPU      freelist -> slot -> slot        the active slab, frozen: what its
//                   base ---> | slab A      |       CPU has taken, the slab does not
//                             | freelist -------->  know of; this is what others freed
//     node.partial            | slab B      | <-> | slab C      |
//                             | freelist ------> slot -> slot
//     full                    | slab D      |       on no list: the first object that
//                             | freelist: 0 |       comes back puts it on `partial`
//
//     this CPU      stack: slot, slot, slot         came back to other slabs than the
//                                                   active one, and go there together
//
// struct page of a slab: `freelist` as above, `counters` = objects, of them in use (not
// on `freelist`), and whether it is frozen.
//
// S1: a frozen slab is on no list; it is the base of exactly one CPU's list.
// S2: a slab that is not frozen has as many slots on its freelist as are not in use.
// S3: node.partial holds exactly the slabs that are not frozen and not full.
// S4: a slot on a CPU's stack counts as in use for its slab.
//
// The stack is not in Linux 6.1's slub, but newer ones have it, as its slab always had:
// one lock for half a stack of slots, and what was freed last goes out next.
//
// Whole slabs come and go by the partial list: an empty one is kept while there are
// fewer than min_partial, else its pages go back at once.
#include "mm/slab/slub.hpp"

#include "lib/string.hpp"
#include "mm/slab/slab_strategy.hpp"

namespace {

// page->counters.
struct slab_use {
    u32 in_use : 16;
    u32 objects : 15;
    u32 frozen : 1;
};
static_assert(sizeof(slab_use) == sizeof(u32));

slab_use use_of(const page& head) { return std::bit_cast<slab_use>(head.counters); }
void set_use(page& head, slab_use use) { head.counters = std::bit_cast<u32>(use); }

u32 log2_of(u32 value) { return std::bit_width(value) - 1; }

}  // namespace

// Linux's: the smallest order that wastes at most a sixteenth with enough objects in a
// slab, then with fewer; more waste is better than no slab.
u32 slub_order(u32 size, u32 most_order) {
    const u32 wanted = 4 * std::bit_width(NR_CPUS);
    for (u32 objects = wanted; objects > 1; objects /= 2)
        for (u32 fraction = 16; fraction >= 4; fraction /= 2)
            for (u32 order = 0; order <= most_order; ++order) {
                const u32 bytes = PAGE_SIZE << order;
                if (bytes / size >= objects && bytes % size <= bytes / fraction) return order;
            }
    u32 order = 0;
    while (order < MAX_ORDER && (PAGE_SIZE << order) < size) ++order;
    return order;
}

class slub final : public slab_strategy {
public:
    const char* name() const override { return "slub"; }

    bool lay_out(kmem_cache& cache) override {
        // A small machine has few large blocks.
        const u32 most = the_page_allocator().managed_pages() < 4096 ? 1 : PAGE_ALLOC_COSTLY_ORDER;
        cache.order = slub_order(cache.size, most);
        if (cache.order >= MAX_ORDER) return false;
        cache.objects = min_of(static_cast<u32>(cache.slab_bytes() / cache.size), u32{0x7fff});
        cache.slab_mask = ~(cache.slab_bytes() - 1);
        cache.min_partial = cache.order > PAGE_ALLOC_COSTLY_ORDER
                                ? 0
                                : max_of(u32{5}, min_of(u32{10}, log2_of(cache.size) / 2));
        return true;
    }

    void* alloc(kmem_cache& cache, size_t, gfp_t mask) override {
        for (page* fresh = nullptr;;) {
            {
                lock_guard held(cache.node.list_lock);
                if (fresh) add_locked(cache, fresh);
                if (void* const slot = take_locked(cache)) return slot;
            }
            fresh = make_slab(cache, mask);
            if (!fresh) return nullptr;
        }
    }

    // The usual way failed: this CPU's stack is full, or there is none.
    void free(kmem_cache& cache, void* slot) override {
        provide_cpu_stack(cache);
        page_list empty;
        {
            lock_guard held(cache.node.list_lock);
            cpu_stack& stack = *this_cpu(*cache.cpu_slab).stack;
            flush_locked(cache, stack, cpu_stack_batch(stack.limit), empty);
            if (stack.count < stack.limit)
                stack.entries[stack.count++] = slot;
            else if (page& head = *slab_head(cache, slot); give_locked(cache, head, slot))
                empty.push_back(head);
        }
        give_pages_back(cache, empty);
    }

    u32 shrink(kmem_cache& cache, u32 keep) override {
        page_list empty;
        {
            lock_guard held(cache.node.list_lock);
            retire_locked(cache, this_cpu(*cache.cpu_slab), empty);
            take_empty_locked(cache, keep, empty);
        }
        return give_pages_back(cache, empty);
    }

    void take_back_from_all_cpus(kmem_cache& cache) override {
        page_list empty;
        for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu) {
            cpu_free_list& list = per_cpu(*cache.cpu_slab, cpu);
            cpu_stack* stack;
            {
                lock_guard held(cache.node.list_lock);
                retire_locked(cache, list, empty);
                stack = detach_cpu_stack(list);
            }
            free_cpu_stack(stack);
        }
        give_pages_back(cache, empty);
    }

    kmem_cache* cache_of(const page* page, const void*) override { return page->slab_cache; }
    size_t usable_size(kmem_cache& cache, const void*) override { return cache.object_size; }

    std::optional<slot_place> find_slot(kmem_cache& cache, const void* address) override;
    slab_counts count(kmem_cache& cache) override;
    void visit(kmem_cache& cache, slab_visitor& visitor) override;
    void check_invariants(kmem_cache& cache) override;

private:
    // ---- a CPU's list, and where it comes from -----------------------------------
    void* take_locked(kmem_cache& cache) REQUIRES(cache.node.list_lock) {
        if (cache.is_debugged()) return take_from_slab_locked(cache);
        cpu_free_list& mine = this_cpu(*cache.cpu_slab);
        if (!mine.head) {
            // Who was told to take care comes here first.
            if (mine.stack->count > 0) return mine.stack->entries[--mine.stack->count];
            if (!refill_locked(cache, mine)) return nullptr;
        }
        void* const slot = mine.head;
        mine.head = slot_next(cache, slot);
        return slot;
    }

    // Past the CPU's list, which the usual way would enter (I5).
    void* take_from_slab_locked(kmem_cache& cache) REQUIRES(cache.node.list_lock) {
        if (cache.node.partial.empty()) return nullptr;
        page& head = cache.node.partial.front();
        void* const slot = head.freelist;
        head.freelist = slot_next(cache, slot);
        slab_use use = use_of(head);
        ++use.in_use;
        set_use(head, use);
        if (!head.freelist) {
            page_list::erase(head);
            --cache.node.nr_partial;
        }
        return slot;
    }

    bool refill_locked(kmem_cache& cache, cpu_free_list& mine) REQUIRES(cache.node.list_lock) {
        if (mine.base != no_slab) {
            page* const active = virt_to_page(reinterpret_cast<void*>(mine.base));
            if (active->freelist) return take_freelist(*active, mine), true;
            slab_use use = use_of(*active);
            use.frozen = false;
            set_use(*active, use);
            mine.base = no_slab;
        }
        page* const next = cache.node.partial.pop_front();
        if (!next) return false;
        --cache.node.nr_partial;
        mine.base = reinterpret_cast<uintptr_t>(slab_start(next));
        take_freelist(*next, mine);
        return true;
    }

    static void take_freelist(page& head, cpu_free_list& mine) {
        mine.head = head.freelist;
        head.freelist = nullptr;
        slab_use use = use_of(head);
        use.in_use = use.objects;
        use.frozen = true;
        set_use(head, use);
    }

    // True: the slab is empty, and on no list any more.
    bool give_locked(kmem_cache& cache, page& head, void* slot)
        REQUIRES(cache.node.list_lock) {
        const bool was_full = !head.freelist;
        set_slot_next(cache, slot, head.freelist);
        head.freelist = slot;
        slab_use use = use_of(head);
        --use.in_use;
        set_use(head, use);
        if (use.frozen) return false;
        if (was_full) {
            cache.node.partial.push_back(head);
            ++cache.node.nr_partial;
        }
        if (use.in_use > 0 || cache.node.nr_partial <= cache.min_partial) return false;
        page_list::erase(head);
        --cache.node.nr_partial;
        forget_locked(cache);
        return true;
    }

    // The `count` slots that have been on the stack for longest go to their slabs.
    void flush_locked(kmem_cache& cache, cpu_stack& stack, u32 count, page_list& empty)
        REQUIRES(cache.node.list_lock) {
        count = min_of(count, stack.count);
        for (u32 i = 0; i < count; ++i) {
            page& head = *slab_head(cache, stack.entries[i]);
            if (give_locked(cache, head, stack.entries[i])) empty.push_back(head);
        }
        stack.count -= count;
        memmove(stack.entries, stack.entries + count, stack.count * sizeof(void*));
    }

    // A CPU's stack and list go back, and the active slab is one like others then.
    void retire_locked(kmem_cache& cache, cpu_free_list& list, page_list& empty)
        REQUIRES(cache.node.list_lock) {
        flush_locked(cache, *list.stack, list.stack->count, empty);
        if (list.base == no_slab) return;
        page& head = *virt_to_page(reinterpret_cast<void*>(list.base));
        slab_use use = use_of(head);
        while (void* const slot = list.head) {
            list.head = slot_next(cache, slot);
            set_slot_next(cache, slot, head.freelist);
            head.freelist = slot;
            --use.in_use;
        }
        use.frozen = false;
        set_use(head, use);
        list.base = no_slab;
        if (!head.freelist) return;
        cache.node.partial.push_front(head);
        ++cache.node.nr_partial;
    }

    void take_empty_locked(kmem_cache& cache, u32 keep, page_list& empty)
        REQUIRES(cache.node.list_lock) {
        for (page& head : cache.node.partial.safe()) {
            if (use_of(head).in_use > 0) continue;
            if (keep > 0) {
                --keep;
                continue;
            }
            page_list::erase(head);
            --cache.node.nr_partial;
            forget_locked(cache);
            empty.push_back(head);
        }
    }

    // ---- slabs --------------------------------------------------------------------
    static u32 give_pages_back(kmem_cache& cache, page_list& slabs) {
        u32 pages = 0;
        while (page* const head = slabs.pop_front()) {
            kmem_freepages(cache, head);
            pages += 1u << cache.order;
        }
        return pages;
    }

    page* make_slab(kmem_cache& cache, gfp_t mask) {
        page* const head = kmem_getpages(cache, mask);
        if (!head) return nullptr;
        char* const start = static_cast<char*>(slab_start(head));
        char* const last = start + size_t{cache.size} * (cache.objects - 1);
        for (char* slot = start; slot < last; slot += cache.size)
            set_slot_next(cache, slot, slot + cache.size);
        set_slot_next(cache, last, nullptr);
        if (cache.ctor || cache.is_debugged())
            for (char* slot = start; slot <= last; slot += cache.size)
                prepare_slot(cache, slot);
        sanitize_slab(cache, start);
        head->freelist = start;
        set_use(*head, {.in_use = 0, .objects = cache.objects, .frozen = false});
        return head;
    }

    static void sanitize_slab(const kmem_cache& cache, char* start) {
        for (u32 i = 0; i < cache.objects; ++i)
            sanitize_freed(start + size_t{i} * cache.size + cache.red_left, cache.object_size);
    }

    void add_locked(kmem_cache& cache, page* head) REQUIRES(cache.node.list_lock) {
        cache.node.partial.push_front(*head);
        ++cache.node.nr_partial;
        cache.node.nr_slabs += 1;
        cache.node.total_objects += cache.objects;
    }

    void forget_locked(kmem_cache& cache) REQUIRES(cache.node.list_lock) {
        cache.node.nr_slabs -= 1;
        cache.node.total_objects -= cache.objects;
    }

    // How many CPUs have this slab for their active one.
    static u32 bases_at(kmem_cache& cache, const page& head) {
        u32 cpus = 0;
        for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu)
            cpus += per_cpu(*cache.cpu_slab, cpu).base ==
                    reinterpret_cast<uintptr_t>(slab_start(&head));
        return cpus;
    }

    template <class Visit>
    static void for_each_slab(kmem_cache& cache, Visit visit);
    template <class Visit>
    static void for_each_free(kmem_cache& cache, const page& head, Visit visit);
};

// Every slab, full ones too, by a walk over all pages: they are on no list.
template <class Visit>
void slub::for_each_slab(kmem_cache& cache, Visit visit) {
    page_allocator& pages = the_page_allocator();
    for (u32 frame = 0; frame < pages.frames();) {
        page& head = pages.map()[frame];
        const u32 marks = head.flags & page_flags::marks;
        const bool ours = PageSlab(head) && head.slab_cache == &cache;
        if (ours) visit(head);
        frame += marks & page_flags::bit(PG_reserved) ? 1 : 1u << page_order(head);
    }
}

// The free slots of a slab: `visit(slot, on_cpu)`.
template <class Visit>
void slub::for_each_free(kmem_cache& cache, const page& head, Visit visit) {
    for (void* slot = head.freelist; slot; slot = slot_next(cache, slot)) visit(slot, false);
    const auto start = reinterpret_cast<uintptr_t>(slab_start(&head));
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu) {
        const cpu_free_list& list = per_cpu(*cache.cpu_slab, cpu);
        for (u32 i = 0; i < list.stack->count; ++i)
            if (slab_head(cache, list.stack->entries[i]) == &head)
                visit(list.stack->entries[i], true);
        if (list.base != start) continue;
        for (void* slot = list.head; slot; slot = slot_next(cache, slot)) visit(slot, true);
    }
}

std::optional<slot_place> slub::find_slot(kmem_cache& cache, const void* address) {
    const page* const head = slab_head(cache, address);
    if (!PageSlab(*head) || head->slab_cache != &cache) return {};
    char* const start = static_cast<char*>(slab_start(head));
    const size_t index = (static_cast<const char*>(address) - start) / cache.size;
    if (index >= cache.objects) return {};
    slot_place place{start + index * cache.size, false};
    lock_guard held(cache.node.list_lock);
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
        for (void* slot = list.head; slot; slot = slot_next(cache, slot)) ++counts.cpu_objects;
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
            kassert(slab_head(cache, slot) == &head, "slub: free slot {} is not of its slab", slot);
            on_slab += !on_cpu;
            kassert(++all <= use.objects, "slub: the free slots of {} run in circles",
                    slab_start(&head));
        });
        kassert(use.frozen == bases_at(cache, head), "S1: a slab at {} is frozen: {}",
                slab_start(&head), u32{use.frozen});
        kassert(on_slab == u32(use.objects - use.in_use), "S2: {} slots on a freelist, {} of {} in use",
                on_slab, u32{use.in_use}, u32{use.objects});
        ++slabs;
        partial += !use.frozen && head.freelist != nullptr;
    });
    lock_guard held(cache.node.list_lock);
    kassert(slabs == cache.node.nr_slabs, "slub: {} slabs, nr_slabs says {}", slabs,
            u32{cache.node.nr_slabs});
    kassert(partial == cache.node.nr_partial && partial == cache.node.partial.count(),
            "S3: {} partial slabs, nr_partial says {}", partial, cache.node.nr_partial);
}

slab_strategy& slub_strategy() {
    static constinit slub strategy;
    return strategy;
}
