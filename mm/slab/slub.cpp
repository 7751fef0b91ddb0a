#include "mm/slab/slub.hpp"

#include "lib/string.hpp"
#include "mm/slab/slab_debug.hpp"

namespace {

u32 log2_of(u32 value) { return std::bit_width(value) - 1; }

void take_freelist(page& head, cpu_free_list& mine) {
    mine.head = head.freelist;
    head.freelist = nullptr;
    slab_use use = use_of(head);
    use.in_use = use.objects;
    use.frozen = true;
    set_use(head, use);
}

u32 give_pages_back(kmem_cache& cache, page_list& slabs) {
    u32 pages = 0;
    while (page* const head = slabs.pop_front()) {
        kmem_freepages(cache, head);
        pages += 1u << cache.order;
    }
    return pages;
}

void sanitize_slab(const kmem_cache& cache, char* start) {
    for (u32 i = 0; i < cache.objects; ++i)
        sanitize_freed(start + size_t{i} * cache.size + cache.red_left, cache.object_size);
}

// Every slot free, linked in order.
void fill_slab(kmem_cache& cache, page& head) {
    char* const start = static_cast<char*>(slab_start(&head));
    char* const last = start + size_t{cache.size} * (cache.objects - 1);
    for (char* slot = start; slot < last; slot += cache.size)
        set_slot_next(cache, slot, slot + cache.size);
    set_slot_next(cache, last, nullptr);
    if (cache.ctor || cache.is_debugged())
        for (char* slot = start; slot <= last; slot += cache.size)
            prepare_slot(cache, slot);
    sanitize_slab(cache, start);
    head.freelist = start;
    set_use(head, {.in_use = 0, .objects = cache.objects, .frozen = use_of(head).frozen});
}

// Whether the first free slot is one, and so is the next.
bool leads_on(const kmem_cache& cache, const page& head) {
    const char* const start = static_cast<const char*>(slab_start(&head));
    if (!is_slot(cache, start, head.freelist)) return false;
    void* const next = slot_next(cache, head.freelist);
    const slab_use use = use_of(head);
    return use.in_use + 1u == use.objects ? !next : is_slot(cache, start, next);
}

// `slot`: whose link it is; null: the slab's own, to its first free slot.
void tell_clobbered(const kmem_cache& cache, const void* slot, const void* link, u32 lost) {
    const char* const object = static_cast<const char*>(slot) + (slot ? cache.red_left : 0);
    found_slab_bug({.bug = slot ? slab_bug::link : slab_bug::first_link,
                    .cache = cache,
                    .object = slot ? object : link,
                    .link = link,
                    .lost = lost});
}

constinit slub the_slub;

}  // namespace

slab_strategy& slub_strategy() { return the_slub; }

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

bool slub::lay_out(kmem_cache& cache) {
    // A small machine has few large blocks.
    const u32 most = the_page_allocator().managed_pages() < 4096 ? 1 : PAGE_ALLOC_COSTLY_ORDER;
    cache.order = slub_order(cache.size, most);
    if (cache.order >= MAX_ORDER) return false;
    cache.objects = min_of(static_cast<u32>(cache.slab_bytes() / cache.size), u32{0x7fff});
    cache.slab_mask = ~(cache.slab_bytes() - 1);
    cache.reciprocal = static_cast<u32>(((u64{1} << 32) + cache.size - 1) / cache.size);
    cache.min_partial = cache.order > PAGE_ALLOC_COSTLY_ORDER
                            ? 0
                            : max_of(u32{5}, min_of(u32{10}, log2_of(cache.size) / 2));
    return true;
}

void* slub::alloc(kmem_cache& cache, size_t, gfp_t mask) {
    for (page* fresh = nullptr;;) {
        {
            lock_guard held(cache.node.list_lock);
            if (fresh) add_locked(cache, fresh);
            if (void* const slot = take_locked(cache, fresh)) return slot;
        }
        fresh = make_slab(cache, mask);
        if (!fresh) return nullptr;
    }
}

// The usual way failed: this CPU's stack is full, or there is none.
void slub::free(kmem_cache& cache, void* slot) {
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

u32 slub::shrink(kmem_cache& cache, u32 keep) {
    page_list empty;
    {
        lock_guard held(cache.node.list_lock);
        retire_locked(cache, this_cpu(*cache.cpu_slab), empty);
        take_empty_locked(cache, keep, empty);
    }
    return give_pages_back(cache, empty);
}

void slub::take_back_from_all_cpus(kmem_cache& cache) {
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

// ---- a CPU's list, and where it comes from -------------------------------------------

[[gnu::always_inline]] inline void* slub::take_locked(kmem_cache& cache,
                                                       const page* fresh) {
    if (cache.is_debugged()) return take_from_slab_locked(cache);
    cpu_free_list& mine = this_cpu(*cache.cpu_slab);
    for (;;) {
        if (void* const slot = dear_checks ? pop_locked(cache, mine) : pop(cache, mine))
            return slot;
        // Who was told to take care comes here first.
        if (mine.stack->count > 0) return mine.stack->entries[--mine.stack->count];
        if (!refill_locked(cache, mine, fresh)) return nullptr;
    }
}

// As the usual way does it, but null when the list is empty.
[[gnu::always_inline]] inline void* slub::pop(const kmem_cache& cache,
                                               cpu_free_list& list) {
    void* const slot = list.head;
    if (slot) list.head = slot_next(cache, slot);
    return slot;
}

// The first of a CPU's list; null when there is none, or it leads nowhere.
void* slub::pop_locked(kmem_cache& cache, cpu_free_list& list) {
    void* const slot = list.head;
    if (!slot) return nullptr;
    const char* const start = reinterpret_cast<const char*>(list.base);
    const bool is_ours = is_slot(cache, start, slot);
    void* const next = is_ours ? slot_next(cache, slot) : nullptr;
    if (is_ours && (!next || is_slot(cache, start, next))) [[likely]] {
        list.head = next;
        return slot;
    }
    list.head = nullptr;
    tell_clobbered(cache, is_ours ? slot : nullptr, is_ours ? next : slot, 0);
    return nullptr;
}

// Past the CPU's list, which the usual way would enter (I5).
void* slub::take_from_slab_locked(kmem_cache& cache) {
    page* first;
    for (;;) {
        first = cache.node.partial.first();
        if (!first) return nullptr;
        if (leads_on(cache, *first)) [[likely]] break;
        check_links_locked(cache, *first);
    }
    page& head = *first;
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

[[gnu::always_inline]] inline bool slub::refill_locked(kmem_cache& cache,
                                                         cpu_free_list& mine,
                                                         const page* fresh) {
    if (mine.base != no_slab) {
        page* const active = virt_to_page(reinterpret_cast<void*>(mine.base));
        if (active->freelist) check_links_locked(cache, *active);
        if (active->freelist) return take_freelist(*active, mine), true;
        slab_use use = use_of(*active);
        use.frozen = false;
        set_use(*active, use);
        mine.base = no_slab;
    }
    // A slab of which nothing is left is not on the list any more.
    page* next;
    do {
        next = cache.node.partial.first();
        if (!next) return false;
        if (next != fresh) check_links_locked(cache, *next);
    } while (next != cache.node.partial.first());
    page_list::erase(*next);
    --cache.node.nr_partial;
    mine.base = reinterpret_cast<uintptr_t>(slab_start(next));
    take_freelist(*next, mine);
    return true;
}

// ---- back to the slabs ----------------------------------------------------------------

[[gnu::always_inline]] inline void slub::forget_locked(kmem_cache& cache,
                                                        const page& head) {
    cache.node.nr_slabs -= 1;
    cache.node.total_objects -= use_of(head).objects;
}

// True: the slab is empty, and on no list any more.
[[gnu::always_inline]] inline bool slub::give_locked(kmem_cache& cache, page& head, void* slot) {
    const bool was_full = !head.freelist;
    set_slot_next(cache, slot, head.freelist);
    head.freelist = slot;
    const auto use = std::bit_cast<slab_use>(--head.counters);
    if (use.frozen) return false;
    if (was_full) {
        cache.node.partial.push_back(head);
        ++cache.node.nr_partial;
    }
    if (use.in_use > 0 || cache.node.nr_partial <= cache.min_partial) return false;
    page_list::erase(head);
    --cache.node.nr_partial;
    forget_locked(cache, head);
    return true;
}

// The `count` slots that have been on the stack for longest go to their slabs.
void slub::flush_locked(kmem_cache& cache, cpu_stack& stack, u32 count, page_list& empty) {
    count = min_of(count, stack.count);
    if (count == 0) return;  // perhaps it is everybody's: no_cpu_stack()
    for (u32 i = 0; i < count; ++i) {
        page& head = *slab_head(cache, stack.entries[i]);
        if (give_locked(cache, head, stack.entries[i])) empty.push_back(head);
    }
    stack.count -= count;
    memmove(stack.entries, stack.entries + count, stack.count * sizeof(void*));
}

// A CPU's stack and list go back, and the active slab is one like others then.
void slub::retire_locked(kmem_cache& cache, cpu_free_list& list, page_list& empty) {
    flush_locked(cache, *list.stack, list.stack->count, empty);
    if (list.base == no_slab) return;
    page& head = *virt_to_page(reinterpret_cast<void*>(list.base));
    slab_use use = use_of(head);
    while (void* const slot = pop_locked(cache, list)) {
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

void slub::take_empty_locked(kmem_cache& cache, u32 keep, page_list& empty) {
    for (page& head : cache.node.partial.safe()) {
        if (use_of(head).in_use > 0) continue;
        if (keep > 0) {
            --keep;
            continue;
        }
        page_list::erase(head);
        --cache.node.nr_partial;
        forget_locked(cache, head);
        empty.push_back(head);
    }
}

// ---- slabs ------------------------------------------------------------------------------

page* slub::make_slab(kmem_cache& cache, gfp_t mask) {
    page* const head = kmem_getpages(cache, mask);
    if (!head) return nullptr;
    set_use(*head, {});
    fill_slab(cache, *head);
    return head;
}

void slub::add_locked(kmem_cache& cache, page* head) {
    cache.node.partial.push_front(*head);
    ++cache.node.nr_partial;
    cache.node.nr_slabs += 1;
    cache.node.total_objects += cache.objects;
}

// ---- clobbered links --------------------------------------------------------------------

// As many free slots as are not in use, each of them a slot, the last without a link: else
// what is wrong is told, and cut off.
void slub::check_links_locked(kmem_cache& cache, page& head) {
    const char* const start = static_cast<const char*>(slab_start(&head));
    const slab_use use = use_of(head);
    const u32 free = use.objects - use.in_use;
    void* slot = head.freelist;
    if (free == 0 || !is_slot(cache, start, slot)) [[unlikely]]
        return cut_locked(cache, head, nullptr, nullptr, free);
    void* before = nullptr;
    for (u32 left = free - 1; left > 0; --left) {
        void* const next = slot_next(cache, slot);
        if (!is_slot(cache, start, next)) [[unlikely]]
            return cut_locked(cache, head, before, slot, left + 1);
        before = slot;
        slot = next;
    }
    if (slot_next(cache, slot)) [[unlikely]] cut_locked(cache, head, before, slot, 1);
}

// `before` is the last good one, or null; the slab is its CPU's, or on `partial`.
void slub::cut_locked(kmem_cache& cache, page& head, void* before, void* clobbered,
                      u32 lost) {
    slab_use use = use_of(head);
    void* const link = clobbered ? slot_next(cache, clobbered) : head.freelist;
    cache.node.total_objects -= use.objects;
    if (use.in_use == 0) {
        tell_clobbered(cache, clobbered, link, 0);
        sanitize_allocated(slab_start(&head), cache.slab_bytes());
        fill_slab(cache, head);
        cache.node.total_objects += cache.objects;
        return;
    }
    use.objects -= lost;
    set_use(head, use);
    cache.node.total_objects += use.objects;
    tell_clobbered(cache, clobbered, link, lost);
    if (before) return set_slot_next(cache, before, nullptr);
    head.freelist = nullptr;
    if (use.frozen) return;
    page_list::erase(head);
    --cache.node.nr_partial;
}
