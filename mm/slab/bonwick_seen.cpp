// slab as others see it: where an address lies, what is in use, and whether all is well.
#include "mm/slab/bonwick.hpp"

namespace {

bool is_on_a_stack(const kmem_cache& cache, const void* slot) {
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu) {
        const cpu_stack& stack = *per_cpu(*cache.cpu_slab, cpu).stack;
        for (u32 i = 0; i < stack.count; ++i)
            if (stack.entries[i] == slot) return true;
    }
    return false;
}

slab_visitor::state state_of(const kmem_cache& cache, const page& head, u32 index) {
    using enum slab_visitor::state;
    if (descriptor_of(head)->bufctl[index] != BUFCTL_ACTIVE) return free;
    return is_on_a_stack(cache, slot_at(cache, head, index)) ? on_cpu : in_use;
}

}  // namespace

std::optional<slot_place> bonwick::find_slot(kmem_cache& cache, const void* address) {
    const page* const head = slab_head(cache, address);
    if (!PageSlab(*head) || head->slab_cache != &cache || address < head->s_mem) return {};
    const size_t distance =
        static_cast<const char*>(address) - static_cast<const char*>(head->s_mem);
    const auto index = static_cast<u32>(distance / cache.size);
    if (index >= cache.objects) return {};
    lock_guard held(cache.node.list_lock);
    return slot_place{slot_at(cache, *head, index),
                      state_of(cache, *head, index) != slab_visitor::state::in_use};
}

slab_counts bonwick::count(kmem_cache& cache) {
    lock_guard held(cache.node.list_lock);
    slab_counts counts{.active_objects = cache.node.total_objects,
                       .total_objects = cache.node.total_objects,
                       .active_slabs = cache.node.nr_slabs - cache.node.nr_free,
                       .total_slabs = cache.node.nr_slabs,
                       .cpu_objects = 0};
    for (const page_list* const slabs : {&cache.node.free, &cache.node.partial})
        for (const page& head : *slabs)
            counts.active_objects -= objects_of(cache, head) - descriptor_of(head)->inuse;
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu)
        counts.cpu_objects += per_cpu(*cache.cpu_slab, cpu).stack->count;
    return counts;
}

// Nobody else is at work in this cache, so it is not locked: a visitor may print.
void bonwick::visit(kmem_cache& cache, slab_visitor& visitor) {
    const kmem_cache_node& node = cache.node;
    for (const page_list* const slabs : {&node.full, &node.partial, &node.free})
        for (const page& head : *slabs) {
            visitor.slab(&head, head.s_mem);
            for (u32 i = 0; i < cache.objects; ++i)
                visitor.slot(slot_at(cache, head, i), state_of(cache, head, i));
        }
}

void bonwick::check_slab_locked(kmem_cache& cache, const page& head) {
    const slab_descriptor& slab = *descriptor_of(head);
    kassert(PageSlab(head) && head.slab_cache == &cache, "I2: the slab at {} is not of {}",
            slab_start(&head), cache.name);
    u32 free = 0;
    for (u32 index = slab.free; index != BUFCTL_END; index = slab.bufctl[index]) {
        kassert(index < cache.objects, "B2: object {} of {} follows in the slab at {}", index,
                cache.objects, slab_start(&head));
        kassert(++free <= cache.objects, "B2: the chain of the slab at {} goes in circles",
                slab_start(&head));
    }
    u32 active = 0;
    for (u32 i = 0; i < cache.objects; ++i) active += slab.bufctl[i] == BUFCTL_ACTIVE;
    const u32 objects = objects_of(cache, head);
    kassert(slab.inuse + free == objects &&
                (active == slab.inuse || objects < cache.objects),
            "B2: {} of {} in use, {} are free, {} active", slab.inuse, objects, free,
            active);
    const auto offset = static_cast<u32>(static_cast<const char*>(head.s_mem) -
                                         static_cast<const char*>(slab_start(&head)));
    const u32 uncoloured = on_slab_descriptor_bytes(cache);
    kassert((offset - uncoloured) % cache.colour_step == 0 &&
                (offset - uncoloured) / cache.colour_step < cache.colours,
            "B5: the first object is at {}, that is no colour of {}", offset, cache.colours);
}

void bonwick::check_stacks_locked(kmem_cache& cache) {
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu) {
        const cpu_stack& stack = *per_cpu(*cache.cpu_slab, cpu).stack;
        kassert(stack.count <= stack.limit, "B3: {} pointers on a stack of {}", stack.count,
                stack.limit);
        kassert(stack.count == 0 || !cache.is_debugged(), "I5: {} objects of {} on a stack",
                stack.count, cache.name);
        for (u32 i = 0; i < stack.count; ++i) {
            void* const slot = stack.entries[i];
            const page& head = *slab_head(cache, slot);
            kassert(PageSlab(head) && head.slab_cache == &cache, "B3: {} is not of {}", slot,
                    cache.name);
            const u32 index = index_of(cache, head, slot);
            kassert(index < cache.objects && slot_at(cache, head, index) == slot &&
                        descriptor_of(head)->bufctl[index] == BUFCTL_ACTIVE,
                    "B3: {} lies on a stack, and is no active object", slot);
            for (u32 j = 0; j < i; ++j)
                kassert(stack.entries[j] != slot, "B3: {} lies on a stack twice", slot);
        }
    }
}

void bonwick::check_invariants(kmem_cache& cache) {
    lock_guard held(cache.node.list_lock);
    u32 full = 0, partial = 0, free = 0, objects = 0;
    for (const page& head : cache.node.full) {
        check_slab_locked(cache, head);
        objects += objects_of(cache, head);
        kassert(descriptor_of(head)->inuse == objects_of(cache, head),
                "B1: {} of {} in use, full", descriptor_of(head)->inuse,
                objects_of(cache, head));
        ++full;
    }
    for (const page& head : cache.node.partial) {
        check_slab_locked(cache, head);
        objects += objects_of(cache, head);
        const u32 inuse = descriptor_of(head)->inuse;
        kassert(inuse > 0 && inuse < objects_of(cache, head),
                "B1: {} of {} in use, partial", inuse, objects_of(cache, head));
        ++partial;
    }
    for (const page& head : cache.node.free) {
        check_slab_locked(cache, head);
        objects += objects_of(cache, head);
        kassert(descriptor_of(head)->inuse == 0, "B1: {} of {} in use, free",
                descriptor_of(head)->inuse, cache.objects);
        ++free;
    }
    kassert(partial == cache.node.nr_partial && free == cache.node.nr_free,
            "B4: {} partial and {} free slabs, counted {} and {}", partial, free,
            cache.node.nr_partial, cache.node.nr_free);
    const u32 slabs = full + partial + free;
    kassert(slabs == cache.node.nr_slabs && objects == cache.node.total_objects,
            "B4: {} slabs with {} objects, counted {} and {}", slabs, objects,
            cache.node.nr_slabs, cache.node.total_objects);
    check_stacks_locked(cache);
}
