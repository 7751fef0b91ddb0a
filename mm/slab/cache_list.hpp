// The list of all caches, for those who go through it.
//
// Whoever looks at a cache for longer than he can hold a lock holds the cache itself:
//
//     for (kmem_cache* cache = next_cache(nullptr); cache; cache = next_cache(cache))
//         show(*cache);
//
// C1: a cache is unmade when it has no user (kmem_cache_destroy) and no holder is left;
//     the last one who lets go does it.
// C2: a cache without users is found by nobody who does not hold it already.
#pragma once

#include "mm/slab/kmem_cache.hpp"

#include <string_view>

void add_cache(kmem_cache& cache);
void remove_cache(kmem_cache& cache);
// One user less; where one is left, the cache goes by one name again. True: nobody is
// left, and nobody holds the cache, so the caller unmakes it.
bool drop_cache_user(kmem_cache& cache);
// It could not be unmade: it has one user again.
void revive_cache(kmem_cache& cache);
// True: nothing of it is left. Else it was revived. For C1 (kmem_cache.cpp).
bool unmake_cache(kmem_cache& cache);

// Holds the one behind `before` (null: the first one), and lets go of that. Null
// behind the last one.
kmem_cache* next_cache(kmem_cache* before);
void let_go_of_cache(kmem_cache& cache);
// Holds the cache that is called so, by whichever of its names (slab_merge.hpp).
kmem_cache* find_cache(std::string_view name);
// Adds a user to the newest cache for which `fits` is true. The list is locked.
kmem_cache* share_cache_if(bool (*fits)(kmem_cache& cache, void* context), void* context);
