// Between caches and the page allocator.
#include "mm/phys/vmstat.hpp"
#include "mm/slab/slab_strategy.hpp"

namespace {

relaxed<u32>& slab_pages_counter(const kmem_cache& cache) {
    return cache.flags & SLAB_RECLAIM_ACCOUNT ? vm_counters.slab_reclaimable
                                              : vm_counters.slab_unreclaimable;
}

// What a cache's pages are asked for with: nothing that concerns the object alone.
gfp_t mask_for_pages(const kmem_cache& cache, gfp_t mask) {
    return (mask & ~(__GFP_ZERO | __GFP_DMA | __GFP_MOVABLE | __GFP_RECLAIMABLE)) |
           cache.page_mask;
}

}  // namespace

page* kmem_getpages(kmem_cache& cache, gfp_t mask) {
    page* const head = alloc_pages(mask_for_pages(cache, mask), cache.order);
    if (!head) return nullptr;
    for (u32 i = 0; i < 1u << cache.order; ++i) {
        head[i].flags = head[i].flags | page_flags::bit(PG_slab);
        head[i].slab_cache = &cache;
    }
    slab_pages_counter(cache).add_atomically(1u << cache.order);
    return head;
}

void kmem_freepages(kmem_cache& cache, page* head) {
    sanitize_allocated(slab_start(head), cache.slab_bytes());
    for (u32 i = 0; i < 1u << cache.order; ++i) {
        head[i].flags = head[i].flags & ~page_flags::bit(PG_slab);
        head[i].slab_cache = nullptr;
    }
    head->_mapcount.store(-1, memory_order::relaxed);  // it was `counters`
    head->mapping = nullptr;                           // it was s_mem
    slab_pages_counter(cache).add_atomically(-(1u << cache.order));
    __free_pages(head, cache.order);
}

uintptr_t link_code(const kmem_cache& cache, const void* place) {
    // Addresses of one slab differ in their low bits most: turned round, these reach
    // the high ones.
    const uintptr_t at = reinterpret_cast<uintptr_t>(place);
    return reinterpret_cast<uintptr_t>(&cache) * 0x9e3779b1u ^ __builtin_bswap32(u32(at));
}
