#include "mm/slab/cache_list.hpp"

#include "mm/slab/slab_merge.hpp"

namespace {

constinit irq_spinlock caches_lock("the list of caches");
constinit kmem_cache_list caches GUARDED_BY(caches_lock);

}  // namespace

void add_cache(kmem_cache& cache) {
    lock_guard held(caches_lock);
    caches.push_back(cache);
}

void remove_cache(kmem_cache& cache) {
    lock_guard held(caches_lock);
    kmem_cache_list::erase(cache);
}

bool drop_cache_user(kmem_cache& cache) {
    lock_guard held(caches_lock);
    --cache.refcount;
    if (cache.refcount <= 1) forget_aliases(cache);
    return cache.refcount == 0 && cache.holders == 0;
}

void revive_cache(kmem_cache& cache) {
    lock_guard held(caches_lock);
    cache.refcount = 1;
}

void for_each_cache(void (*visit)(kmem_cache& cache, void* context), void* context) {
    lock_guard held(caches_lock);
    for (kmem_cache& cache : caches) visit(cache, context);
}

kmem_cache* next_cache(kmem_cache* before) {
    kmem_cache* next;
    {
        lock_guard held(caches_lock);
        next = before ? caches.next(*before) : caches.first();
        while (next && next->refcount == 0) next = caches.next(*next);
        if (next) ++next->holders;
    }
    if (before) let_go_of_cache(*before);
    return next;
}

void let_go_of_cache(kmem_cache& cache) {
    bool last;
    {
        lock_guard held(caches_lock);
        last = --cache.holders == 0 && cache.refcount == 0;
    }
    if (last) unmake_cache(cache);
}

kmem_cache* find_cache(std::string_view name) {
    for (kmem_cache* cache = next_cache(nullptr); cache; cache = next_cache(cache))
        if (name == cache->name || is_alias_of(*cache, name)) return cache;
    return nullptr;
}

kmem_cache* share_cache_if(bool (*fits)(kmem_cache& cache, void* context), void* context) {
    lock_guard held(caches_lock);
    for (kmem_cache* cache = caches.last(); cache; cache = caches.prev(*cache)) {
        if (cache->refcount == 0 || !fits(*cache, context)) continue;
        ++cache->refcount;
        return cache;
    }
    return nullptr;
}
