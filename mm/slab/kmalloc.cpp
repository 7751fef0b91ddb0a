#include "mm/slab/kmalloc.hpp"

#include "lib/string.hpp"
#include "mm/slab/slab_debug.hpp"
#include "mm/slab/slab_strategy.hpp"

kmem_cache* kmalloc_caches[NR_KMALLOC_TYPES][NR_KMALLOC_INDEXES];

#define CALLER reinterpret_cast<uintptr_t>(__builtin_return_address(0))

namespace {

// Up to this size the index is looked up, by the number of eights: many CPUs take their
// time to find the highest bit.
constexpr size_t looked_up = 1024;

struct small_indexes {
    u8 of_eights[looked_up / 8];
    consteval small_indexes() : of_eights{} {
        for (unsigned i = 0; i < looked_up / 8; ++i)
            of_eights[i] = static_cast<u8>(kmalloc_index((i + 1) * 8));
    }
};
constexpr small_indexes small;

// Of a size up to KMALLOC_MAX_CACHE_SIZE, but not 0.
[[gnu::always_inline]] inline unsigned index_for(size_t size) {
    return size <= looked_up ? small.of_eights[(size - 1) / 8]
                             : static_cast<unsigned>(std::bit_width(size - 1));
}

// Flags that make a request another one than most are.
constexpr gfp_t unusual_flags = gfp_unusual | __GFP_DMA | __GFP_RECLAIMABLE;

constexpr const char* names[NR_KMALLOC_TYPES][std::size(kmalloc_sizes)] = {
    {"kmalloc-8", "kmalloc-16", "kmalloc-32", "kmalloc-64", "kmalloc-96", "kmalloc-128",
     "kmalloc-192", "kmalloc-256", "kmalloc-512", "kmalloc-1k", "kmalloc-2k", "kmalloc-4k",
     "kmalloc-8k", "kmalloc-16k", "kmalloc-32k", "kmalloc-64k", "kmalloc-128k"},
    {"kmalloc-rcl-8", "kmalloc-rcl-16", "kmalloc-rcl-32", "kmalloc-rcl-64", "kmalloc-rcl-96",
     "kmalloc-rcl-128", "kmalloc-rcl-192", "kmalloc-rcl-256", "kmalloc-rcl-512",
     "kmalloc-rcl-1k", "kmalloc-rcl-2k", "kmalloc-rcl-4k", "kmalloc-rcl-8k",
     "kmalloc-rcl-16k", "kmalloc-rcl-32k", "kmalloc-rcl-64k", "kmalloc-rcl-128k"},
    {"dma-kmalloc-8", "dma-kmalloc-16", "dma-kmalloc-32", "dma-kmalloc-64",
     "dma-kmalloc-96", "dma-kmalloc-128", "dma-kmalloc-192", "dma-kmalloc-256",
     "dma-kmalloc-512", "dma-kmalloc-1k", "dma-kmalloc-2k", "dma-kmalloc-4k",
     "dma-kmalloc-8k", "dma-kmalloc-16k", "dma-kmalloc-32k", "dma-kmalloc-64k",
     "dma-kmalloc-128k"},
};

unsigned order_for(size_t size) {
    return std::bit_width((size - 1) >> PAGE_SHIFT);
}

[[gnu::noinline]] void* kmalloc_unusual(size_t size, gfp_t mask, uintptr_t caller) {
    if (size == 0) return ZERO_SIZE_PTR;
    if (size > KMALLOC_MAX_CACHE_SIZE) return kmalloc_large(size, mask);
    kmem_cache* const cache = kmalloc_caches[kmalloc_type(mask)][index_for(size)];
    return kmem_cache_alloc_from(cache, size, mask, caller);
}

// What `private_` of a large object's first page is, as long as it is one.
constexpr char large_mark = 0;
uintptr_t large_mark_of() { return reinterpret_cast<uintptr_t>(&large_mark); }

// The first page of a large object; null for any other address, whatever it is.
page* large_page_of(const void* object) {
    const uintptr_t frame = frame_if_lowmem(object);
    if (reinterpret_cast<uintptr_t>(object) % PAGE_SIZE != 0 || frame >= max_pfn)
        return nullptr;
    page& head = mem_map[frame];
    const bool is_large = page_test(head, PG_allocated) && !PageSlab(head) &&
                          !PageHighMem(head) && head.private_ == large_mark_of();
    return is_large ? &head : nullptr;
}

// Stands in for the cache in reports on what lies in none.
struct no_cache_at_all : kmem_cache {
    constexpr no_cache_at_all() : kmem_cache{} { name = "kmalloc"; }
};
constinit no_cache_at_all no_cache;

void tell_no_object(const void* object, uintptr_t caller) {
    found_slab_bug({.bug = slab_bug::not_an_object,
                    .cache = no_cache,
                    .object = object,
                    .caller = caller});
}

// What is in no slab is large, or nobody's.
[[gnu::noinline]] void kfree_odd(const void* object, uintptr_t caller) {
    if (is_zero_or_null(object)) return;
    page* const head = large_page_of(object);
    if (!head) return tell_no_object(object, caller);
    head->private_ = 0;
    __free_pages(head, page_order(*head));
}

// 0, and reported: it is no object.
size_t size_of_object(const void* object, uintptr_t caller) {
    size_t size = 0;
    if (page* const page = slab_page_of(object)) {
        slab_strategy& strategy = *page->slab_cache->strategy;
        size = strategy.usable_size(*strategy.cache_of(page, object), object);
    } else if (const struct page* const head = large_page_of(object)) {
        size = size_t{PAGE_SIZE} << page_order(*head);
    }
    if (size == 0) tell_no_object(object, caller);
    return size;
}

}  // namespace

void* kmalloc_large(size_t size, gfp_t mask) {
    if (size > KMALLOC_MAX_SIZE) return nullptr;
    void* const object = __get_free_pages(mask, order_for(size));
    if (object) virt_to_page(object)->private_ = large_mark_of();
    return object;
}

void* __kmalloc(size_t size, gfp_t mask) {
    if (size - 1 < KMALLOC_MAX_CACHE_SIZE && may_allocate_without_care() &&
        !any(mask & unusual_flags)) [[likely]] {
        kmem_cache* const cache = kmalloc_caches[KMALLOC_NORMAL][index_for(size)];
        if (void* const object = kmem_cache_alloc_usual(cache)) [[likely]] return object;
    }
    return kmalloc_unusual(size, mask, CALLER);
}

void* kmalloc_from_cache(kmem_cache* cache, gfp_t mask_and_slack) {
    if (may_allocate_without_care() && !any(mask_and_slack & gfp_unusual)) [[likely]]
        if (void* const object = kmem_cache_alloc_usual(cache)) [[likely]] return object;
    const u32 slack = kmalloc_slack(mask_and_slack);
    const gfp_t mask = mask_and_slack & gfp_t((1u << kmalloc_slack_shift) - 1);
    return kmem_cache_alloc_from(cache, cache->object_size - slack, mask, CALLER);
}

void kfree(const void* object) {
    page* const page = slab_page_of(object);
    if (!page) [[unlikely]] return kfree_odd(object, CALLER);
    void* const mine = const_cast<void*>(object);
    kmem_cache* const cache = page->slab_cache;
    if (kmem_cache_free_usual(cache, mine, object_page::of_this_cache)) [[likely]] return;
    kmem_cache_free_from(cache->strategy->cache_of(page, object), mine, CALLER);
}

size_t ksize(const void* object) {
    return is_zero_or_null(object) ? 0 : size_of_object(object, CALLER);
}

void* krealloc(const void* object, size_t size, gfp_t mask) {
    if (size == 0) {
        kfree(object);
        return ZERO_SIZE_PTR;
    }
    const bool is_first = is_zero_or_null(object);
    const size_t has = is_first ? 0 : size_of_object(object, CALLER);
    if (has == 0 && !is_first) return nullptr;
    if (has >= size) return const_cast<void*>(object);
    void* const larger = __kmalloc(size, mask);
    if (!larger) return nullptr;
    if (has > 0) memcpy(larger, object, has);
    kfree(object);
    return larger;
}

void kmalloc_init() {
    constexpr slab_flags_t flags[NR_KMALLOC_TYPES] = {
        SLAB_KMALLOC, SLAB_KMALLOC | SLAB_RECLAIM_ACCOUNT, SLAB_KMALLOC | SLAB_CACHE_DMA};
    for (unsigned type = 0; type < NR_KMALLOC_TYPES; ++type)
        for (unsigned i = 0; i < std::size(kmalloc_sizes); ++i) {
            const u32 size = kmalloc_sizes[i].size;
            // Powers of two lie at multiples of themselves, as everybody expects.
            const u32 align = std::has_single_bit(size) ? min_of(size, PAGE_SIZE) : 8;
            kmem_cache* const cache =
                kmem_cache_create(names[type][i], size, align, flags[type], nullptr);
            kassert(cache, "no memory for {} at boot", names[type][i]);
            kmalloc_caches[type][kmalloc_index(size)] = cache;
        }
}
