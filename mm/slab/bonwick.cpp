// slab (bonwick.hpp has the theory).
#include "mm/slab/bonwick.hpp"

#include "lib/string.hpp"
#include "mm/slab/slab_debug.hpp"

#include <new>
#include <utility>

namespace {

constexpr u32 cache_line = 64;
// The next `count` free ones of a slab that has as many; the first is the last to be
// put there, and so the first to come off a stack. How many the chain led to.
[[gnu::noinline]] u32 take_slots(slab_descriptor& slab, char* first, u32 size, u32 objects,
                                 void** slots, u32 count) {
    u32 index = slab.free;
    void** at = slots + count;
    while (at != slots && index < objects) [[likely]] {
        *--at = first + size_t{index} * size;
        index = std::exchange(slab.bufctl[index], BUFCTL_ACTIVE);
    }
    slab.free = static_cast<kmem_bufctl_t>(index);
    count = static_cast<u32>(slots + count - at);
    slab.inuse = static_cast<u16>(slab.inuse + count);
    return count;
}

// Every object is free, in order; two are written at a time.
void number_slots(slab_descriptor& slab, u32 objects) {
    slab.inuse = 0;
    slab.free = 0;
    u32 next_two = 0x0002'0001;
    for (u32 i = 0; i < objects; i += 2, next_two += 0x0002'0002)
        __builtin_memcpy(&slab.bufctl[i], &next_two, sizeof(next_two));
    slab.bufctl[objects - 1] = BUFCTL_END;
}

constinit bonwick the_bonwick;

}  // namespace

slab_strategy& bonwick_strategy() { return the_bonwick; }
void bonwick_init() { the_bonwick.init(); }

void bonwick::init() {
    constexpr slab_flags_t own = SLAB_NO_MERGE | SLAB_NOLEAKTRACE;
    constexpr u32 descriptor_bytes = slab_descriptor::bytes(most_off_slab_objects);
    descriptors_ =
        kmem_cache_create_with(*this, "slab_descriptor", descriptor_bytes, 0, own, nullptr);
    kassert(descriptors_, "no memory for {} bytes of a cache at boot", sizeof(kmem_cache));
}

bool bonwick::lay_out(kmem_cache& cache) {
    // Nothing is written into a free object, so a constructed one needs no link.
    if (!cache.is_debugged()) cache.size = align_up(cache.inuse, cache.align);
    // A small machine has few large blocks.
    const bool is_small = the_page_allocator().managed_pages() < 4096;
    const u32 most = is_small ? 0 : PAGE_ALLOC_COSTLY_ORDER;
    const slab_layout layout = lay_out_slab(cache.size, cache.align, most,
                                            cache.flags & SLAB_SELF_CONTAINED
                                                ? descriptor_place::on_slab
                                                : descriptor_place::by_size);
    if (layout.objects == 0) return false;
    cache.order = layout.order;
    cache.objects = layout.objects;
    cache.slab_mask = ~(cache.slab_bytes() - 1);
    cache.reciprocal = static_cast<u32>(((u64{1} << 32) + cache.size - 1) / cache.size);
    cache.colour_step = max_of(cache_line, cache.align);
    cache.colours = layout.left / cache.colour_step + 1;
    const u32 two_batches = cpu_stack_limit(cache.size);
    cache.min_partial = max_of(8u, 1 + two_batches / cache.objects);
    if (layout.off_slab) cache.flags |= CFLGS_OFF_SLAB;
    provide_cpu_stack(cache);
    return true;
}

// ---- out and back --------------------------------------------------------------------

void* bonwick::alloc(kmem_cache& cache, size_t, gfp_t mask) {
    provide_cpu_stack(cache);
    for (page* fresh = nullptr;;) {
        u32 colour;
        {
            lock_guard held(cache.node.list_lock);
            if (fresh) add_locked(cache, *fresh);
            if (void* const slot = take_locked(cache)) return slot;
            colour = next_colour_locked(cache);
        }
        fresh = make_slab(cache, colour, mask);
        if (!fresh) return nullptr;
    }
}

void bonwick::free(kmem_cache& cache, void* slot) {
    page_list empty;
    {
        lock_guard held(cache.node.list_lock);
        cpu_stack& stack = *this_cpu(*cache.cpu_slab).stack;
        if (stack.limit == 0) {
            give_locked(cache, slot, empty);
        } else {
            if (stack.count == stack.limit)
                drain_locked(cache, stack, cpu_stack_batch(stack.limit), empty);
            stack.entries[stack.count++] = slot;
        }
    }
    release(cache, empty);
}

// The stack stays, empty: the cache will soon need it again, or be destroyed. Empty slabs
// of the descriptors' cache are for whoever shrinks that one.
u32 bonwick::shrink(kmem_cache& cache, u32 keep) {
    page_list empty;
    {
        lock_guard held(cache.node.list_lock);
        cpu_stack& stack = *this_cpu(*cache.cpu_slab).stack;
        drain_locked(cache, stack, stack.count, empty);
        while (cache.node.nr_free > keep)
            remove_locked(cache, cache.node.free.back(), empty);
    }
    return release(cache, empty);
}

void bonwick::take_back_from_all_cpus(kmem_cache& cache) {
    page_list empty;
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu) {
        cpu_stack* stack;
        {
            lock_guard held(cache.node.list_lock);
            cpu_free_list& list = per_cpu(*cache.cpu_slab, cpu);
            drain_locked(cache, *list.stack, list.stack->count, empty);
            stack = detach_cpu_stack(list);
        }
        free_cpu_stack(stack);
    }
    release(cache, empty);
}

// ---- a CPU's stack -------------------------------------------------------------------

void* bonwick::take_locked(kmem_cache& cache) {
    cpu_stack& stack = *this_cpu(*cache.cpu_slab).stack;
    if (stack.count > 0) return stack.entries[--stack.count];
    if (cache.node.nr_partial == 0 && cache.node.nr_free == 0) return nullptr;
    // From an idle cache one object is wanted; who knows whether it will be more.
    const bool is_idle = cache.node.nr_slabs == cache.node.nr_free;
    if (stack.limit == 0 || is_idle) {
        void* slot;
        take_from_slabs_locked(cache, &slot, 1);
        return slot;
    }
    stack.count = take_from_slabs_locked(cache, stack.entries, cpu_stack_batch(stack.limit));
    return stack.entries[--stack.count];
}

// Those that have lain longest go: the processor's cache has forgotten them already.
void bonwick::drain_locked(kmem_cache& cache, cpu_stack& stack, u32 count,
                           page_list& empty) {
    if (count == 0) return;  // perhaps it is everybody's: no_cpu_stack()
    for (u32 i = 0; i < count; ++i) give_locked(cache, stack.entries[i], empty);
    stack.count -= count;
    memmove(stack.entries, stack.entries + count, stack.count * sizeof(void*));
}

// ---- slabs on their lists ------------------------------------------------------------

u32 bonwick::take_from_slabs_locked(kmem_cache& cache, void** slots, u32 wanted) {
    u32 taken = 0;
    while (taken < wanted) {
        page* head = cache.node.partial.pop_front();
        if (head) {
            --cache.node.nr_partial;
        } else {
            head = cache.node.free.pop_front();
            if (!head) break;
            --cache.node.nr_free;
        }
        taken += take_from_slab_locked(cache, *head, slots + taken, wanted - taken);
        if (descriptor_of(*head)->free == BUFCTL_END) {
            cache.node.full.push_back(*head);
        } else {
            cache.node.partial.push_front(*head);
            ++cache.node.nr_partial;
        }
    }
    return taken;
}

// As many as there are, where all is well.
u32 bonwick::take_from_slab_locked(kmem_cache& cache, page& head, void** slots,
                                   u32 wanted) {
    slab_descriptor& slab = *descriptor_of(head);
    const u32 objects = objects_of(cache, head), inuse = min_of(u32{slab.inuse}, objects);
    const u32 free = objects - inuse, some = min_of(wanted, free);
    const u32 found = take_slots(slab, static_cast<char*>(head.s_mem), cache.size,
                                 cache.objects, slots, some);
    const bool leads_on =
        found == free ? slab.free == BUFCTL_END : slab.free < cache.objects;
    if (found == some && free > 0 && leads_on) [[likely]] return found;

    found_slab_bug({.bug = slab_bug::first_link,
                    .cache = cache,
                    .object = &slab,
                    .link = reinterpret_cast<const void*>(uintptr_t{slab.free}),
                    .lost = inuse > 0 ? free - found : 0});
    cache.node.total_objects -= objects;
    if (inuse == 0) {
        // Nobody has any of it, so its chain can be made anew.
        head.counters = 0;
        number_slots(slab, cache.objects);
        cache.node.total_objects += cache.objects;
        return take_from_slab_locked(cache, head, slots, wanted);
    }
    // What was found lies at the far end of what was wanted.
    memmove(slots, slots + (some - found), found * sizeof(void*));
    slab.inuse = static_cast<u16>(inuse + found);
    slab.free = BUFCTL_END;
    head.counters += free - found;
    cache.node.total_objects += objects_of(cache, head);
    return found;
}

void bonwick::give_locked(kmem_cache& cache, void* slot, page_list& empty) {
    page& head = *slab_head(cache, slot);
    slab_descriptor& slab = *descriptor_of(head);
    const u32 index = index_of(cache, head, slot);
    if (slab.bufctl[index] != BUFCTL_ACTIVE) [[unlikely]]
        return found_slab_bug({.bug = slab_bug::double_free,
                               .cache = cache,
                               .object = static_cast<char*>(slot) + cache.red_left});
    const bool was_full = slab.free == BUFCTL_END;
    slab.bufctl[index] = slab.free;
    slab.free = static_cast<kmem_bufctl_t>(index);
    --slab.inuse;
    if (slab.inuse > 0 && !was_full) return;
    page_list::erase(head);
    if (!was_full) --cache.node.nr_partial;
    if (slab.inuse > 0) {
        cache.node.partial.push_back(head);
        ++cache.node.nr_partial;
        return;
    }
    cache.node.free.push_front(head);
    ++cache.node.nr_free;
    if (cache.node.nr_free > cache.min_partial) remove_locked(cache, head, empty);
}

// A new slab.
void bonwick::add_locked(kmem_cache& cache, page& head) {
    cache.node.free.push_front(head);
    ++cache.node.nr_free;
    cache.node.nr_slabs += 1;
    cache.node.total_objects += cache.objects;
}

// One of cache.node.free.
void bonwick::remove_locked(kmem_cache& cache, page& head, page_list& empty) {
    empty.move_to_back(head);
    --cache.node.nr_free;
    cache.node.nr_slabs -= 1;
    cache.node.total_objects -= objects_of(cache, head);
}

// ---- slabs of nobody -----------------------------------------------------------------

u32 bonwick::next_colour_locked(kmem_cache& cache) {
    const u32 colour = cache.node.colour_next;
    cache.node.colour_next = colour + 1 < cache.colours ? colour + 1 : 0;
    return colour;
}

page* bonwick::make_slab(kmem_cache& cache, u32 colour, gfp_t mask) {
    page* const head = kmem_getpages(cache, mask);
    if (!head) return nullptr;
    char* at = static_cast<char*>(slab_start(head)) + colour * cache.colour_step;
    if (cache.flags & CFLGS_OFF_SLAB) {
        head->freelist = kmem_cache_alloc(descriptors_, mask & ~__GFP_ZERO);
        if (!head->freelist) {
            kmem_freepages(cache, head);
            return nullptr;
        }
    } else {
        head->freelist = at;
        at += on_slab_descriptor_bytes(cache);
    }
    head->s_mem = at;
    head->counters = 0;
    number_slots(*descriptor_of(*head), cache.objects);
    if (cache.ctor || cache.is_debugged())
        for (u32 i = 0; i < cache.objects; ++i)
            prepare_slot(cache, slot_at(cache, *head, i));
    for (u32 i = 0; i < cache.objects; ++i)
        sanitize_freed(slot_at(cache, *head, i) + cache.red_left, cache.object_size);
    return head;
}

// To the page allocator: how many pages.
u32 bonwick::release(kmem_cache& cache, page_list& empty) {
    u32 pages = 0;
    while (page* const head = empty.pop_front()) {
        if (cache.flags & CFLGS_OFF_SLAB) kmem_cache_free(descriptors_, head->freelist);
        kmem_freepages(cache, head);
        pages += 1u << cache.order;
    }
    return pages;
}
