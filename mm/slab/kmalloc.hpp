// kmalloc: memory of any size, from the general caches (spec D5).
//
// There is a cache for each of these sizes, and a request takes the smallest that will
// do. kmalloc_sizes is that table; the books' thirteen sizes and those of Linux's slub
// are marked in it.
//
//     kmalloc(100, GFP_KERNEL)
//         kmalloc_type(GFP_KERNEL)  = KMALLOC_NORMAL
//         kmalloc_index(100)        = 7
//         kmalloc_caches[0][7]      = "kmalloc-128"
//
// The index of 2^n is n; 1 and 2 are 96 and 192, which are no powers of two. Where the
// size is a constant, so is the index: what remains of the choice at run time are the
// two instructions that load the cache and the mask. Requests above
// KMALLOC_MAX_CACHE_SIZE are blocks of pages (kmalloc_large).
//
// The three types are for memory that is never given back, memory that shrinkers can
// give back (its pages lie together, see migrate types), and memory below 16 MiB.
//
// kmalloc(0) is ZERO_SIZE_PTR: not null, for nothing failed, and not to be touched.
#pragma once

#include "lib/types.hpp"
#include "mm/slab/kmem_cache.hpp"

#include <new>

enum kmalloc_cache_type : u8 { KMALLOC_NORMAL, KMALLOC_RECLAIM, KMALLOC_DMA };
inline constexpr unsigned NR_KMALLOC_TYPES = 3;

inline constexpr unsigned KMALLOC_SHIFT_LOW = 3;
inline constexpr unsigned KMALLOC_SHIFT_HIGH = 17;
inline constexpr size_t KMALLOC_MIN_SIZE = 1u << KMALLOC_SHIFT_LOW;
inline constexpr size_t KMALLOC_MAX_CACHE_SIZE = 1u << KMALLOC_SHIFT_HIGH;
// Nothing larger can be had: the largest block.
inline constexpr size_t KMALLOC_MAX_SIZE = size_t{PAGE_SIZE} << (MAX_ORDER - 1);

inline constexpr unsigned NR_KMALLOC_INDEXES = KMALLOC_SHIFT_HIGH + 1;
extern kmem_cache* kmalloc_caches[NR_KMALLOC_TYPES][NR_KMALLOC_INDEXES];

struct kmalloc_size {
    u32 size;
    bool in_the_books;   // the thirteen of Linux 2.6: 32 ... 131072
    bool in_slub_notes;  // slub's 2^3 ... 2^11
};
inline constexpr kmalloc_size kmalloc_sizes[] = {
    {8, false, true},     {16, false, true},    {32, true, true},      {64, true, true},
    {96, false, false},   {128, true, true},    {192, false, false},   {256, true, true},
    {512, true, true},    {1024, true, true},   {2048, true, true},    {4096, true, false},
    {8192, true, false},  {16384, true, false}, {32768, true, false},  {65536, true, false},
    {131072, true, false},
};

inline void* const ZERO_SIZE_PTR = reinterpret_cast<void*>(16);
inline bool is_zero_or_null(const void* pointer) {
    return reinterpret_cast<uintptr_t>(pointer) <= 16;
}

// Of 1 ... KMALLOC_MAX_CACHE_SIZE.
[[gnu::always_inline]] constexpr unsigned kmalloc_index(size_t size) {
    if (size <= KMALLOC_MIN_SIZE) return KMALLOC_SHIFT_LOW;
    if (size > 64 && size <= 96) return 1;
    if (size > 128 && size <= 192) return 2;
    return std::bit_width(size - 1);
}

[[gnu::always_inline]] constexpr kmalloc_cache_type kmalloc_type(gfp_t mask) {
    if (any(mask & __GFP_DMA)) return KMALLOC_DMA;
    return any(mask & __GFP_RECLAIMABLE) ? KMALLOC_RECLAIM : KMALLOC_NORMAL;
}

// For slob, which takes no more than was asked for: how much less that is than the cache's
// objects are, in the bits of a mask that no flag has. Of a constant size the mask is a
// constant as well, so the call does not grow; the other strategies do not look at it.
inline constexpr unsigned kmalloc_slack_shift = 21;
[[gnu::always_inline]] constexpr gfp_t kmalloc_mask(size_t size, gfp_t mask) {
    const unsigned index = kmalloc_index(size);
    const size_t room = index == 1 ? 96 : index == 2 ? 192 : size_t{1} << index;
    const size_t slack = room <= PAGE_SIZE ? room - size : 0;
    return mask | gfp_t(static_cast<u32>(slack) << kmalloc_slack_shift);
}
constexpr u32 kmalloc_slack(gfp_t mask) { return u32(mask) >> kmalloc_slack_shift; }
static_assert(kmalloc_slack(GFP_HIGHUSER_MOVABLE | __GFP_HARDWALL) == 0);
static_assert(kmalloc_slack(kmalloc_mask(2049, GFP_KERNEL)) == 2047);

// ---- the calls -----------------------------------------------------------------------
void* __kmalloc(size_t size, gfp_t mask);
void* kmalloc_large(size_t size, gfp_t mask);
void* kmalloc_from_cache(kmem_cache* cache, gfp_t mask_and_slack);
// Null and ZERO_SIZE_PTR are fine. What is no object, whatever its address, is reported
// (slab_debug.hpp), and nothing happens to it; the same with the next two.
void kfree(const void* object);
// How much of it may be used: what was asked for, or more. 0 of null, and of no object.
size_t ksize(const void* object);
// Like realloc: null and the old object untouched when there is no memory, or it was no
// object; of size 0 it frees.
void* krealloc(const void* object, size_t size, gfp_t mask);

[[gnu::always_inline]] inline void* kmalloc(size_t size, gfp_t mask) {
    if (__builtin_constant_p(size) && size > 0 && size <= KMALLOC_MAX_CACHE_SIZE)
        return kmalloc_from_cache(kmalloc_caches[kmalloc_type(mask)][kmalloc_index(size)],
                                  kmalloc_mask(size, mask));
    return __kmalloc(size, mask);
}
[[gnu::always_inline]] inline void* kzalloc(size_t size, gfp_t mask) {
    return kmalloc(size, mask | __GFP_ZERO);
}

// Null when count * size is more than there are numbers for.
[[gnu::always_inline]] inline void* kmalloc_array(size_t count, size_t size, gfp_t mask) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) return nullptr;
    return __kmalloc(bytes, mask);
}
[[gnu::always_inline]] inline void* kcalloc(size_t count, size_t size, gfp_t mask) {
    return kmalloc_array(count, size, mask | __GFP_ZERO);
}

// `new (GFP_KERNEL) thing`: null when there is no memory, so no constructor runs then.
// `delete` gives back to kfree. Plain `new` could not fail, so there is none.
[[gnu::always_inline]] inline void* operator new(size_t size, gfp_t mask) noexcept {
    return kmalloc(size, mask);
}
[[gnu::always_inline]] inline void* operator new[](size_t size, gfp_t mask) noexcept {
    return kmalloc(size, mask);
}

// From kmem_cache_init(), when there are caches.
void kmalloc_init();
