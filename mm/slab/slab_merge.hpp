// Caches of like size are one: slub merges them.
//
// Two caches whose objects are nearly of one size, and who want nothing special, lose
// by being two: each keeps half-empty slabs for itself. So kmem_cache_create() gives
// out a cache that is there, once more, under one more name:
//
//     kmem_cache_create("filp", 192, ...)      kmem_cache "kmalloc-192", refcount 3
//     kmem_cache_create("dentry", 190, ...) -> also called "filp" and "dentry"
//
// Linux's conditions, all of them:
//   - no constructor, no debug flags (slub_debug= of either name), no SLAB_NO_MERGE;
//   - both or neither SLAB_CACHE_DMA, and so SLAB_RECLAIM_ACCOUNT;
//   - the slots hold the new object, with less than a word to spare, and begin at
//     multiples of its alignment;
//   - the boot parameter slab_nomerge was not given.
//
// What it costs: an object that somebody writes to after he freed it, or frees twice,
// may be an object of somebody else. And a cache cannot tell its users apart:
//
// M1: kmem_cache_destroy() of a merged cache only takes one user away, and says true
//     even if he has left objects behind. The last user's call is the one that looks,
//     and reports what anybody left. Who wants to be told takes SLAB_NO_MERGE.
// M2: nobody knows which of the users it was that left: the names stay until one user
//     remains, and then the cache goes by its first name again.
//
// Demonstrations and tests that create a cache with a strategy of their own
// (kmem_cache_create_with) always get one of their own.
#pragma once

#include "mm/slab/kmem_cache.hpp"

#include <string_view>

// With one line of a CPU's cache for objects that want it, but no more than what keeps
// a small object from straddling two.
constexpr size_t slab_align(size_t size, size_t align, slab_flags_t flags) {
    size_t wanted = max_of(align, sizeof(void*));
    if (flags & SLAB_HWCACHE_ALIGN) {
        size_t line = 64;
        while (size <= line / 2) line /= 2;
        wanted = max_of(wanted, line);
    }
    return wanted;
}

// What is asked for, in the terms of a slot.
struct merge_wish {
    size_t object_size;
    size_t align;  // by slab_align
    slab_flags_t flags;
    size_t slot_size() const {
        return align_up(align_up(object_size, sizeof(void*)), align);
    }
};
bool can_merge_into(const kmem_cache& cache, const merge_wish& wish);

// A cache that is there already, with one user more; null: make one.
kmem_cache* find_mergeable(const char* name, size_t size, size_t align, slab_flags_t flags,
                           slab_ctor ctor);

inline constexpr size_t longest_alias = 31;  // what is longer is cut
using alias_name = text_buffer<longest_alias>;
// The index-th name besides its first; false: there are not so many.
bool alias_of(const kmem_cache& cache, u32 index, alias_name& name);
bool is_alias_of(const kmem_cache& cache, std::string_view name);
void forget_aliases(const kmem_cache& cache);
