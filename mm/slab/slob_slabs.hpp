// Slabs of one cache, with a bit for each slot: slob's way with objects that are not
// smaller than a page, and with those of debugged caches. Few slots, so that the bits
// have room in struct page.
//
//     node.partial   | page | counters: 0000 ... 0000 1101      three slots in use
//     node.full      | page | counters: 1111 ... 1111 1111
//
// An empty slab of a debugged cache is kept until shrink(): what is written to a free
// object is seen when it is handed out again. Others go back at once.
//
// B1: a bit of `counters` is set where the slot is in use; there are cache.objects.
// B2: a slab is on `full` when all of its bits are set, else on `partial`; nr_partial
//     and nr_slabs count them, nr_free the empty ones.
#pragma once

#include "mm/slab/slab_strategy.hpp"

inline constexpr u32 most_slob_slots = 32;

// False: no block is large enough.
bool slob_slabs_lay_out(kmem_cache& cache);
void* slob_slabs_alloc(kmem_cache& cache, gfp_t mask);
void slob_slabs_free(kmem_cache& cache, void* slot);
u32 slob_slabs_shrink(kmem_cache& cache, u32 keep);
// `address` lies in one of its slabs.
std::optional<slot_place> slob_slabs_find(kmem_cache& cache, const void* address);
void slob_slabs_visit(kmem_cache& cache, slab_visitor& visitor);
void slob_slabs_check(kmem_cache& cache);
