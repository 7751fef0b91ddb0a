#include "mm/slab/slab_shrinker.hpp"

#include "mm/slab/cache_list.hpp"
#include "mm/slab/slab_strategy.hpp"

namespace {

class all_caches final : public shrinker {
public:
    constexpr all_caches() : shrinker("slab") {}

    // At most: if all objects in use lay together. shrink() finds out how they lie.
    u32 count(gfp_t) override {
        u32 pages = 0;
        for (kmem_cache* cache = next_cache(nullptr); cache; cache = next_cache(cache)) {
            const slab_counts counts = cache->strategy->count(*cache);
            const u32 in_use = counts.active_objects - counts.cpu_objects;
            const u32 filled = (in_use + cache->objects - 1) / max_of(cache->objects, 1u);
            pages += (counts.total_slabs - min_of(filled, counts.total_slabs))
                     << cache->order;
        }
        return pages;
    }

    u32 scan(u32 pages, gfp_t) override {
        u32 freed = 0;
        kmem_cache* cache = next_cache(nullptr);
        for (; cache && freed < pages; cache = next_cache(cache))
            freed += kmem_cache_shrink(cache);
        if (cache) let_go_of_cache(*cache);
        return freed;
    }
};

constinit all_caches caches;

}  // namespace

shrinker& slab_shrinker() { return caches; }
