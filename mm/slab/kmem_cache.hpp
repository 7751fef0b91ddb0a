// Caches of objects of one size each (spec D1 ... D7).
//
// Pages are too large for most things. A kmem_cache takes pages from the page
// allocator, a slab of them at a time, cuts them into slots, and hands out and takes
// back one slot in a few instructions:
//
//     kmem_cache* const files = kmem_cache_create("filp", sizeof(file), 0, 0, nullptr);
//     file* const f = static_cast<file*>(kmem_cache_alloc(files, GFP_KERNEL));
//     kmem_cache_free(files, f);
//
//        kmem_cache "filp"               kmem_cache "kmalloc-64"    ...
//          | this CPU: | first free -> slot -> slot -> slot      one instruction's
//          |           | base of its slab                        work away
//          |
//          `- node: a lock, lists of slabs -> slab -> slab
//                                              |
//           | slot | slot | slot | slot | .... |  one block of 2^order pages
//
// How slots are found, kept and given back is the strategy's business; there are three
// (slub.hpp, slab.hpp, slob.hpp), one is chosen at boot: slab=slub|slab|slob. All of
// this file is the same with each.
//
// The usual way does not ask which one it is. Each CPU has, for each cache, a list of
// free slots that lie in one slab (slub's) and a stack of pointers to free slots of any
// slab. A strategy leaves empty what it does not use, and the next thing is tried; what
// is left over goes to the strategy's alloc() and free().
//
// A slot. Without debugging and constructor it is the object, and while it is free,
// the address of the next free one stands at its beginning. Otherwise:
//
//     | left red zone | object | right red zone | link | who allocated | who freed |
//     |<- red_left  ->|<------ object_size ---->|      |<----- SLAB_STORE_USER --->|
//     |<----------------------------------- size --------------------------------->|
//                                                ^ offset
//
// I1: a slab is a block of 2^order pages, and begins at a multiple of its size: an
//     object's address & slab_mask is where its slab begins.
// I2: each page of a slab is marked PG_slab, and its slab_cache is the cache. (slob's
//     pages belong to all caches; theirs is slob's own.)
// I3: a slot is free or somebody's; what is free is on one list, once.
// I4: a constructed object is constructed while it is free, too.
// I5: a cache with debug flags is always entered by the slow way, and nothing of it
//     lies on a CPU's list or stack.
//
// Locks: a cache's node has one (below the page allocator's callers, above none: no
// pages are asked for while it is held); the list of all caches has one.
#pragma once

#include <cpu/free_list.hpp>
#include <cpu/sanitize.hpp>
#include "lib/spinlock.hpp"
#include "lib/sync/percpu.hpp"
#include "mm/phys/page_alloc.hpp"

class slab_strategy;
struct kmem_cache;

using slab_flags_t = u32;
// Debugging, by the letters of slub_debug=.
inline constexpr slab_flags_t SLAB_CONSISTENCY_CHECKS = 0x100;  // F
inline constexpr slab_flags_t SLAB_RED_ZONE = 0x400;            // Z
inline constexpr slab_flags_t SLAB_POISON = 0x800;              // P
inline constexpr slab_flags_t SLAB_STORE_USER = 0x10000;        // U
inline constexpr slab_flags_t SLAB_DEBUG_FLAGS =
    SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER;
// What the caller wants.
inline constexpr slab_flags_t SLAB_KMALLOC = 0x1000;  // kmalloc's own
inline constexpr slab_flags_t SLAB_HWCACHE_ALIGN = 0x2000;
inline constexpr slab_flags_t SLAB_CACHE_DMA = 0x4000;
inline constexpr slab_flags_t SLAB_RECLAIM_ACCOUNT = 0x20000;
inline constexpr slab_flags_t SLAB_NOLEAKTRACE = 0x800000;  // an allocator's own objects
inline constexpr slab_flags_t SLAB_SELF_CONTAINED = 0x40000000;  // needs no other cache
inline constexpr slab_flags_t SLAB_NO_USER_FLAGS = 0x10000000;  // whatever slub_debug= says
inline constexpr slab_flags_t SLAB_NO_MERGE = 0x1000000;  // a cache of its own, always

using slab_ctor = void (*)(void* object);

// Slabs by how much of them is in use, under one lock. slub keeps only those that are
// partial on a list; the full ones on no list find back by their first free object.
struct kmem_cache_node {
    irq_spinlock list_lock{"a kmem_cache_node"};
    page_list partial GUARDED_BY(list_lock);
    page_list full GUARDED_BY(list_lock);
    page_list free GUARDED_BY(list_lock);
    u32 nr_partial GUARDED_BY(list_lock) = 0;
    u32 nr_free GUARDED_BY(list_lock) = 0;
    relaxed<u32> nr_slabs = 0;       // written under the lock
    relaxed<u32> total_objects = 0;  // likewise
    u32 colour_next GUARDED_BY(list_lock) = 0;
};

struct kmem_cache {
    // ---- what the usual way reads ------------------------------------------------
    per_cpu_var<cpu_free_list>* cpu_slab;
    size_t offset;         // of the link in a free slot
    uintptr_t slab_mask;   // from an address in a slab to the slab's
    slab_flags_t flags;

    // ---- the layout, from lay_out() on -------------------------------------------
    u32 size;         // of a slot, with everything
    u32 object_size;  // what was asked for
    u32 inuse;        // up to the link, or to where it may lie
    u32 align;
    u32 red_left;     // from slot to object
    u32 objects;      // in a slab
    u32 order;        // of a slab's block
    u32 min_partial;  // empty slabs that are kept
    u32 colours;      // how many starting places there are (slab)
    u32 colour_step;  // bytes from one to the next
    u32 reciprocal;   // 2^32 / size, rounded up: numbers objects without dividing (slab)
    gfp_t page_mask;  // what its pages are asked for with, besides

    // ---- who it is ---------------------------------------------------------------
    slab_strategy* strategy;
    slab_ctor ctor;
    const char* name;
    u32 refcount;  // its users: caches that were merged into this one, itself included
    u32 holders;   // who goes through the list of caches, and is here (cache_list.hpp)
    list_head list;
    kmem_cache_node node;
    relaxed<u32> nr_failed;  // allocations that got nothing

    bool is_debugged() const { return flags & SLAB_DEBUG_FLAGS; }
    size_t slab_bytes() const { return size_t{PAGE_SIZE} << order; }
};
using kmem_cache_list = list<kmem_cache, &kmem_cache::list>;

// What a CPU's list has for a base when it takes nothing: an address that nobody ever has
// for an object, not even by mistake, as an error code or null.
inline constexpr uintptr_t no_slab = 0x07ffffff;

// For addresses that may be anything: one that is not of the linear map has a frame behind
// max_pfn, or one of high memory, where no slab is.
[[gnu::always_inline]] inline uintptr_t frame_if_lowmem(const void* address) {
    return (reinterpret_cast<uintptr_t>(address) - PAGE_OFFSET) >> PAGE_SHIFT;
}
// The page, if it is a slab's, or null.
[[gnu::always_inline]] inline page* slab_page_of(const void* address) {
    const uintptr_t frame = frame_if_lowmem(address);
    if (frame >= max_pfn) [[unlikely]] return nullptr;
    page* const page = mem_map + frame;
    return PageSlab(*page) ? page : nullptr;
}

// ---- making and unmaking (kmem_cache.cpp) ----------------------------------------
// `align` 0: that of a pointer. Null, with a line in the log, when there is no memory
// or the size is senseless. `name` must live as long as the cache. It may be a cache
// that others use too (slab_merge.hpp).
kmem_cache* kmem_cache_create(const char* name, size_t size, size_t align,
                              slab_flags_t flags, slab_ctor ctor);
// All objects must have been freed. Else each is reported with who allocated it (if
// SLAB_STORE_USER knows), the cache stays, and the answer is false.
bool kmem_cache_destroy(kmem_cache* cache);
// Gives empty slabs back. How many pages that were.
u32 kmem_cache_shrink(kmem_cache* cache);

// ---- out and back ------------------------------------------------------------------
void* kmem_cache_alloc_slow(kmem_cache* cache, gfp_t mask);
void kmem_cache_free_slow(kmem_cache* cache, void* object);
// The same for whoever has a caller of its own, and for kmalloc, of whose objects only
// `size` bytes were asked for.
void* kmem_cache_alloc_from(kmem_cache* cache, size_t size, gfp_t mask, uintptr_t caller);
void kmem_cache_free_from(kmem_cache* cache, void* object, uintptr_t caller);

[[gnu::always_inline]] inline void* kmem_cache_alloc_usual(kmem_cache* cache) {
    if constexpr (dear_checks) return nullptr;
    void* object = cpu_list_pop(cache->cpu_slab, cache->offset);
    if (!object) [[unlikely]] object = cpu_stack_pop(cache->cpu_slab);
    if (object) [[likely]] sanitize_allocated(object, cache->object_size);
    return object;
}

// An object in the CPU's slab is the cache's by its address alone. On the stack there may
// be those of any slab of the cache, so its page is asked, if the caller has not done that.
enum class object_page : u8 { unknown, of_this_cache };

[[gnu::always_inline]] inline bool kmem_cache_free_usual(kmem_cache* cache, void* object,
                                                         object_page where) {
    if constexpr (dear_checks) return false;
    if (!cpu_list_push(cache->cpu_slab, object, cache->offset, cache->slab_mask))
        [[unlikely]] {
        const uintptr_t frame = frame_if_lowmem(object);
        if (where == object_page::unknown &&
            (frame >= max_pfn || mem_map[frame].slab_cache != cache)) [[unlikely]]
            return false;
        if (!cpu_stack_push(cache->cpu_slab, object)) return false;
    }
    sanitize_freed(object, cache->object_size);
    return true;
}

// What the usual way does not look after.
inline constexpr gfp_t gfp_unusual = __GFP_ZERO | __GFP_HIGHMEM;

// Inlined always, as are kmalloc's: whose memory it is, is told by who calls what is not.
// Null when there is no memory.
[[gnu::always_inline]] inline void* kmem_cache_alloc(kmem_cache* cache, gfp_t mask) {
    if (may_allocate_without_care() && !any(mask & gfp_unusual)) [[likely]]
        if (void* const object = kmem_cache_alloc_usual(cache)) [[likely]] return object;
    return kmem_cache_alloc_slow(cache, mask);
}
[[gnu::always_inline]] inline void* kmem_cache_zalloc(kmem_cache* cache, gfp_t mask) {
    return kmem_cache_alloc(cache, mask | __GFP_ZERO);
}
// What is no object of this cache, or null, is reported, and nothing happens to it; in the
// middle of an object that is noticed where the cache is debugged.
[[gnu::always_inline]] inline void kmem_cache_free(kmem_cache* cache, void* object) {
    if (!kmem_cache_free_usual(cache, object, object_page::unknown)) [[unlikely]]
        kmem_cache_free_slow(cache, object);
}

// All `count` or none: false.
bool kmem_cache_alloc_bulk(kmem_cache* cache, gfp_t mask, size_t count, void** objects);
void kmem_cache_free_bulk(kmem_cache* cache, size_t count, void** objects);

inline u32 kmem_cache_size(const kmem_cache* cache) { return cache->object_size; }

// ---- all of them -------------------------------------------------------------------
// With the page allocator up; kmalloc() works afterwards.
void kmem_cache_init();
// Each cache in turn, the list locked: `visit` must not make or destroy caches.
void for_each_cache(void (*visit)(kmem_cache& cache, void* context), void* context);
