#include "mm/slab/slob_slabs.hpp"

namespace {

u32 all_slots(const kmem_cache& cache) {
    return cache.objects == most_slob_slots ? ~0u : (1u << cache.objects) - 1;
}

char* slot_at(const kmem_cache& cache, const page& head, u32 index) {
    return static_cast<char*>(slab_start(&head)) + size_t{index} * cache.size;
}

u32 index_of(const kmem_cache& cache, const page& head, const void* address) {
    const auto offset = static_cast<const char*>(address) -
                        static_cast<const char*>(slab_start(&head));
    return static_cast<u32>(offset) / cache.size;
}

page* make_slab(kmem_cache& cache, gfp_t mask) {
    page* const head = kmem_getpages(cache, mask);
    if (!head) return nullptr;
    head->counters = 0;
    for (u32 i = 0; i < cache.objects; ++i) {
        char* const slot = slot_at(cache, *head, i);
        prepare_slot(cache, slot);
        sanitize_freed(slot + cache.red_left, cache.object_size);
    }
    return head;
}

void add_locked(kmem_cache& cache, page& head) REQUIRES(cache.node.list_lock) {
    cache.node.partial.push_front(head);
    ++cache.node.nr_partial;
    ++cache.node.nr_free;
    cache.node.nr_slabs += 1;
}

void remove_locked(kmem_cache& cache, page& head) REQUIRES(cache.node.list_lock) {
    page_list::erase(head);
    --cache.node.nr_partial;
    --cache.node.nr_free;
    cache.node.nr_slabs -= 1;
}

void* take_locked(kmem_cache& cache) REQUIRES(cache.node.list_lock) {
    page* const head = cache.node.partial.first();
    if (!head) return nullptr;
    const u32 index = static_cast<u32>(std::countr_one(head->counters));
    if (head->counters == 0) --cache.node.nr_free;
    head->counters |= 1u << index;
    if (head->counters == all_slots(cache)) {
        cache.node.full.move_to_back(*head);
        --cache.node.nr_partial;
    }
    return slot_at(cache, *head, index);
}

}  // namespace

bool slob_slabs_lay_out(kmem_cache& cache) {
    cache.order = 0;
    while (cache.order < MAX_ORDER && cache.slab_bytes() < cache.size) ++cache.order;
    if (cache.order >= MAX_ORDER) return false;
    cache.objects = static_cast<u32>(cache.slab_bytes() / cache.size);
    cache.objects = min_of(cache.objects, most_slob_slots);
    cache.slab_mask = ~(cache.slab_bytes() - 1);
    return true;
}

void* slob_slabs_alloc(kmem_cache& cache, gfp_t mask) {
    for (page* fresh = nullptr;;) {
        {
            lock_guard held(cache.node.list_lock);
            if (fresh) add_locked(cache, *fresh);
            if (void* const slot = take_locked(cache)) return slot;
        }
        fresh = make_slab(cache, mask);
        if (!fresh) return nullptr;
    }
}

void slob_slabs_free(kmem_cache& cache, void* slot) {
    page& head = *slab_head(cache, slot);
    {
        lock_guard held(cache.node.list_lock);
        if (head.counters == all_slots(cache)) {
            cache.node.partial.move_to_front(head);
            ++cache.node.nr_partial;
        }
        head.counters &= ~(1u << index_of(cache, head, slot));
        if (head.counters != 0) return;
        ++cache.node.nr_free;
        if (cache.is_debugged()) return;
        remove_locked(cache, head);
    }
    kmem_freepages(cache, &head);
}

u32 slob_slabs_shrink(kmem_cache& cache, u32 keep) {
    page_list empty;
    {
        lock_guard held(cache.node.list_lock);
        for (page& head : cache.node.partial.safe()) {
            if (cache.node.nr_free <= keep) break;
            if (head.counters != 0) continue;
            remove_locked(cache, head);
            empty.push_back(head);
        }
    }
    u32 pages = 0;
    while (page* const head = empty.pop_front()) {
        kmem_freepages(cache, head);
        pages += 1u << cache.order;
    }
    return pages;
}

std::optional<slot_place> slob_slabs_find(kmem_cache& cache, const void* address) {
    const page& head = *slab_head(cache, address);
    const u32 index = index_of(cache, head, address);
    if (index >= cache.objects) return {};
    lock_guard held(cache.node.list_lock);
    return slot_place{slot_at(cache, head, index), !(head.counters >> index & 1)};
}

void slob_slabs_visit(kmem_cache& cache, slab_visitor& visitor) {
    lock_guard held(cache.node.list_lock);
    for (const page_list* list : {&cache.node.full, &cache.node.partial})
        for (const page& head : *list) {
            visitor.slab(&head, slab_start(&head));
            for (u32 i = 0; i < cache.objects; ++i)
                visitor.slot(slot_at(cache, head, i), head.counters >> i & 1
                                                          ? slab_visitor::state::in_use
                                                          : slab_visitor::state::free);
        }
}

void slob_slabs_check(kmem_cache& cache) {
    lock_guard held(cache.node.list_lock);
    u32 partial = 0, full = 0, empty = 0;
    for (const page& head : cache.node.partial) {
        kassert(head.slab_cache == &cache, "I2: {} is not a slab of {}", slab_start(&head),
                cache.name);
        kassert((head.counters & ~all_slots(cache)) == 0, "B1: slots {:x} of {}",
                head.counters, cache.objects);
        kassert(head.counters != all_slots(cache), "B2: full slab {} is on `partial`",
                slab_start(&head));
        ++partial;
        empty += head.counters == 0;
    }
    for (const page& head : cache.node.full) {
        kassert(head.counters == all_slots(cache), "B2: slab {} is on `full`, slots {:x}",
                slab_start(&head), head.counters);
        ++full;
    }
    kassert(partial == cache.node.nr_partial && empty == cache.node.nr_free &&
                partial + full == cache.node.nr_slabs,
            "B2: {} partial slabs, {} of them empty, {} full; counted {}, {}, together {}",
            partial, empty, full, cache.node.nr_partial, cache.node.nr_free,
            u32{cache.node.nr_slabs});
}
