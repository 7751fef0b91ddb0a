// What all strategies share: making caches and unmaking them, and the careful way of
// an object, out and back.
#include "mm/slab/kmem_cache.hpp"

#include "lib/log.hpp"
#include "lib/string.hpp"
#include "mm/slab/bonwick.hpp"
#include "mm/slab/cache_list.hpp"
#include "mm/slab/kmalloc.hpp"
#include "mm/slab/slab_debug.hpp"
#include "mm/slab/slab_merge.hpp"
#include "mm/slab/slab_shrinker.hpp"
#include "mm/slab/slab_strategy.hpp"

#include <new>

constinit fault_attr failslab("failslab");

namespace {

// The first cache is the one that caches come from. It cannot come from itself.
constinit kmem_cache* cache_of_caches = nullptr;
alignas(kmem_cache) constinit char room_for_the_first[sizeof(kmem_cache)] = {};

constexpr size_t largest_object = size_t{PAGE_SIZE} << (MAX_ORDER - 1);

// From the size of an object to that of a slot (kmem_cache.hpp has the drawing).
void lay_out_slot(kmem_cache& cache) {
    size_t size = align_up(size_t{cache.object_size}, sizeof(void*));
    const bool zoned = cache.flags & SLAB_RED_ZONE;
    if (zoned && size == cache.object_size) size += sizeof(void*);
    cache.inuse = static_cast<u32>(size);
    cache.offset = 0;
    if (cache.ctor || cache.is_debugged()) {
        cache.offset = size;
        size += sizeof(void*);
    }
    size += slab_track_bytes(cache.flags);
    cache.red_left = 0;
    if (zoned) {
        cache.red_left = static_cast<u32>(align_up(sizeof(void*), size_t{cache.align}));
        cache.offset += cache.red_left;
        size += cache.red_left;
    }
    cache.size = static_cast<u32>(align_up(size, size_t{cache.align}));
}

// Makes `cache`, whose memory is there. False: there is no memory, or no such layout.
bool set_up(kmem_cache& cache, slab_strategy& strategy, const char* name, size_t size,
            size_t align, slab_flags_t flags, slab_ctor ctor) {
    cache.strategy = &strategy;
    cache.name = name;
    cache.object_size = static_cast<u32>(size);
    cache.align = static_cast<u32>(slab_align(size, align, flags));
    cache.flags = flags | slab_debug_flags(name, flags);
    cache.ctor = ctor;
    cache.refcount = 1;
    if (flags & SLAB_CACHE_DMA) cache.page_mask |= __GFP_DMA;
    if (flags & SLAB_RECLAIM_ACCOUNT) cache.page_mask |= __GFP_RECLAIMABLE;
    lay_out_slot(cache);
    cache.cpu_slab = alloc_percpu<cpu_free_list>();
    if (!cache.cpu_slab) return false;
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu)
        per_cpu(*cache.cpu_slab, cpu) = {nullptr, no_slab, &no_cpu_stack()};
    if (strategy.lay_out(cache)) return true;
    free_percpu(cache.cpu_slab);
    return false;
}

bool is_sane(const char* name, size_t size, size_t align) {
    if (name && size > 0 && size <= largest_object && (align & (align - 1)) == 0 &&
        align <= PAGE_SIZE)
        return true;
    pr_err("kmem_cache_create({}): size {}, align {}", name ? name : "(null)", size, align);
    return false;
}

}  // namespace

kmem_cache* kmem_cache_create_with(slab_strategy& strategy, const char* name, size_t size,
                                   size_t align, slab_flags_t flags, slab_ctor ctor) {
    if (!is_sane(name, size, align)) return nullptr;
    if (void* const room = kmem_cache_alloc(cache_of_caches, GFP_KERNEL)) {
        auto* const cache = new (room) kmem_cache{};
        if (set_up(*cache, strategy, name, size, align, flags, ctor)) {
            add_cache(*cache);
            return cache;
        }
        kmem_cache_free(cache_of_caches, cache);
    }
    pr_err("kmem_cache_create({}): no room for a cache of {} bytes", name, size);
    return nullptr;
}

kmem_cache* kmem_cache_create(const char* name, size_t size, size_t align, slab_flags_t flags,
                              slab_ctor ctor) {
    if (!is_sane(name, size, align)) return nullptr;
    if (kmem_cache* const like = find_mergeable(name, size, align, flags, ctor)) return like;
    return kmem_cache_create_with(the_slab_strategy(), name, size, align, flags, ctor);
}

bool kmem_cache_destroy(kmem_cache* cache) {
    if (!cache) return true;
    return !drop_cache_user(*cache) || unmake_cache(*cache);
}

bool unmake_cache(kmem_cache& cache) {
    cache.strategy->take_back_from_all_cpus(cache);
    cache.strategy->shrink(cache, 0);
    if (slab_nr_live(cache) == 0 && free_clobbered_slots(cache) > 0)
        cache.strategy->shrink(cache, 0);
    if (cache.strategy->count(cache).total_slabs > 0 || slab_nr_live(cache) > 0) {
        report_leaked_objects(cache);
        revive_cache(cache);
        return false;
    }
    remove_cache(cache);
    free_percpu(cache.cpu_slab);
    kmem_cache_free(cache_of_caches, &cache);
    return true;
}

u32 kmem_cache_shrink(kmem_cache* cache) { return cache->strategy->shrink(*cache, 0); }

// ---- the careful way -----------------------------------------------------------------

void* kmem_cache_alloc_from(kmem_cache* cache, size_t size, gfp_t mask, uintptr_t caller) {
    if (gfp_may_wait(mask)) might_sleep("kmem_cache_alloc");
    if (any(mask & __GFP_HIGHMEM)) [[unlikely]] {
        pr_err("BUG: kmem_cache_alloc({}): objects lie in low memory", cache->name);
        pr_err("  asked for with {}", mask);
        return nullptr;
    }
    void* object = nullptr;
    if (!failslab.should_fail(cache->object_size)) {
        void* slot = cache->strategy->alloc(*cache, size, mask);
        object = slot ? static_cast<char*>(slot) + cache->red_left : nullptr;
        if (cache->is_debugged())
            while (slot && !(object = debug_allocated(*cache, slot, size, caller)))
                slot = cache->strategy->alloc(*cache, size, mask);
    }
    if (!object) {
        cache->nr_failed.add_atomically(1);
        return nullptr;
    }
    // Not always all of object_size: slob takes as much as was asked for.
    const size_t usable = cache->strategy->usable_size(*cache, object);
    sanitize_allocated(object, usable);
    if (any(mask & __GFP_ZERO)) memset(object, 0, usable);
    return object;
}

void kmem_cache_free_from(kmem_cache* cache, void* object, uintptr_t caller) {
    if (!is_object_of(*cache, object, caller)) return;
    if (cache->is_debugged() && !debug_freed(*cache, object, caller)) return;
    sanitize_freed(object, cache->strategy->usable_size(*cache, object));
    cache->strategy->free(*cache, static_cast<char*>(object) - cache->red_left);
}

#define CALLER reinterpret_cast<uintptr_t>(__builtin_return_address(0))

void* kmem_cache_alloc_slow(kmem_cache* cache, gfp_t mask) {
    return kmem_cache_alloc_from(cache, cache->object_size, mask, CALLER);
}

void kmem_cache_free_slow(kmem_cache* cache, void* object) {
    kmem_cache_free_from(cache, object, CALLER);
}

bool kmem_cache_alloc_bulk(kmem_cache* cache, gfp_t mask, size_t count, void** objects) {
    for (size_t i = 0; i < count; ++i) {
        objects[i] = nullptr;
        if (may_allocate_without_care() && !any(mask & gfp_unusual))
            objects[i] = kmem_cache_alloc_usual(cache);
        if (!objects[i])
            objects[i] = kmem_cache_alloc_from(cache, cache->object_size, mask, CALLER);
        if (objects[i]) continue;
        kmem_cache_free_bulk(cache, i, objects);
        return false;
    }
    return true;
}

void kmem_cache_free_bulk(kmem_cache* cache, size_t count, void** objects) {
    for (size_t i = 0; i < count; ++i)
        if (!kmem_cache_free_usual(cache, objects[i], object_page::unknown))
            kmem_cache_free_from(cache, objects[i], CALLER);
}

// ---- boot ------------------------------------------------------------------------------

void kmem_cache_init() {
    kassert(!cache_of_caches, "kmem_cache_init() once only");
    auto* const first = new (room_for_the_first) kmem_cache{};
    const bool made = set_up(*first, the_slab_strategy(), "kmem_cache", sizeof(kmem_cache), 0,
                             SLAB_NO_MERGE, nullptr);
    kassert(made, "the cache of caches cannot be laid out: {} bytes", sizeof(kmem_cache));
    cache_of_caches = first;
    add_cache(*first);
    kmalloc_init();
    cpu_stacks_init();
    bonwick_init();
    the_shrinkers().add(slab_shrinker());
}
