// Caches over heaps: the strategy. slob.hpp has the theory.
#include "mm/slab/slob.hpp"

#include "lib/string.hpp"
#include "mm/slab/kmalloc.hpp"
#include "mm/slab/slab_debug.hpp"
#include "mm/slab/slob_slabs.hpp"

namespace {

// In the unit in front of an object of kmalloc: the mark, and how many bytes were asked
// for. It goes when the object does, so that a second kfree() finds none.
constexpr u32 header_bytes = slob_heap::unit;
constexpr u32 header_mark = 0x510b0000;
constexpr u32 header_mask = 0xffff0000;

// Out of bounds for everybody else.
[[gnu::no_sanitize_address]] u32& header(const void* object) {
    return *reinterpret_cast<u32*>(const_cast<char*>(static_cast<const char*>(object)) -
                                   header_bytes);
}
[[gnu::no_sanitize_address]] void set_header(const void* object, u32 value) {
    header(object) = value;
}
// 0: that is no object of kmalloc.
[[gnu::no_sanitize_address]] u32 asked_for(const void* object) {
    const auto raw = reinterpret_cast<uintptr_t>(object);
    if (raw % slob_kmalloc_align != 0 || raw % PAGE_SIZE == 0) return 0;
    const u32 value = header(object);
    const u32 size = value & ~header_mask;
    return (value & header_mask) == header_mark && size <= PAGE_SIZE ? size : 0;
}

bool is_kmalloc(const kmem_cache& cache) { return cache.flags & SLAB_KMALLOC; }

// What an object takes in a page: `before` bytes, then itself.
struct block_shape {
    size_t bytes;
    size_t align;
    size_t before;
};
block_shape shape_of(const kmem_cache& cache, size_t size) {
    if (!is_kmalloc(cache)) return {cache.object_size, cache.align, 0};
    const size_t align = std::has_single_bit(size) ? min_of(size, size_t{PAGE_SIZE}) : 0;
    return {size + header_bytes, max_of(align, slob_kmalloc_align), header_bytes};
}

bool shares_pages(const kmem_cache& cache, const block_shape& shape) {
    return !cache.is_debugged() && shape.bytes < PAGE_SIZE &&
           slob_heap::fits(shape.bytes, shape.align, shape.before);
}

}  // namespace

class slob final : public slab_strategy {
public:
    const char* name() const override { return "slob"; }

    bool lay_out(kmem_cache& cache) override {
        cache.min_partial = 0;
        // Without debugging no room is needed for a link, and none to round up.
        if (!cache.is_debugged() && !is_kmalloc(cache))
            cache.size = align_up(cache.object_size, slob_heap::unit);
        if (!slob_slabs_lay_out(cache)) return false;
        if (!cache.is_debugged()) cache.objects = max_of(PAGE_SIZE / cache.size, u32{1});
        return true;
    }

    void* alloc(kmem_cache& cache, size_t size, gfp_t mask) override {
        void* const slot = alloc_somewhere(cache, size, mask);
        if (slot) cache.node.total_objects.add_atomically(1);
        return slot;
    }

    void free(kmem_cache& cache, void* slot) override {
        slob_heap* const heap = heap_of(*virt_to_page(slot));
        if (!heap)
            slob_slabs_free(cache, slot);
        else if (!free_to(*heap, cache, slot))
            return;
        cache.node.total_objects.add_atomically(-1u);
    }

    u32 shrink(kmem_cache& cache, u32 keep) override {
        return slob_slabs_shrink(cache, keep);
    }

    // Of kmalloc, or in a slab. Else slob cannot know, and says that its page is slob's.
    kmem_cache* cache_of(const page* page, const void* object) override {
        if (heap_of(*page))
            if (const u32 size = asked_for(object))
                return kmalloc_caches[kmalloc_type(page->slab_cache->page_mask)]
                                     [kmalloc_index(size)];
        return page->slab_cache;
    }

    bool is_of(kmem_cache& cache, const page* page, const void* object) override {
        const slob_heap* const heap = heap_of(*page);
        if (!heap || cache.is_debugged()) return page->slab_cache == &cache;
        // From kfree(), of what is no object: free() finds out what it is.
        if (page->slab_cache == &cache) return true;
        if (cache.strategy != this || heap != &heap_for(cache)) return false;
        if (!is_kmalloc(cache)) return true;
        const u32 size = asked_for(object);
        return size > 0 && kmalloc_index(size) == kmalloc_index(cache.object_size);
    }

    size_t usable_size(kmem_cache& cache, const void* object) override {
        const bool shares = heap_of(*virt_to_page(object));
        return shares && is_kmalloc(cache) ? asked_for(object) : cache.object_size;
    }

    std::optional<slot_place> find_slot(kmem_cache& cache, const void* address) override {
        const page* const page = virt_to_page(address);
        if (!PageSlab(*page) || page->slab_cache != &cache || heap_of(*page)) return {};
        return slob_slabs_find(cache, address);
    }

    slab_counts count(kmem_cache& cache) override {
        lock_guard held(cache.node.list_lock);
        const u32 active = cache.node.total_objects, slabs = cache.node.nr_slabs;
        return {.active_objects = active,
                .total_objects = cache.is_debugged() ? slabs * cache.objects : active,
                .active_slabs = slabs - cache.node.nr_free,
                .total_slabs = slabs,
                .cpu_objects = 0};
    }

    // What lies in slabs; the rest cannot be told apart.
    void visit(kmem_cache& cache, slab_visitor& visitor) override {
        slob_slabs_visit(cache, visitor);
    }

    void check_invariants(kmem_cache& cache) override {
        slob_slabs_check(cache);
        heap_for(cache).check_invariants();
    }

private:
    void* alloc_somewhere(kmem_cache& cache, size_t size, gfp_t mask);
    bool free_to(slob_heap& heap, kmem_cache& cache, void* object);

    // Null: its objects lie in slabs.
    slob_heap* heap_of(const page& page) {
        for (slob_heap& heap : heaps_)
            if (page.slab_cache == &heap.pages_owner()) return &heap;
        return nullptr;
    }
    slob_heap& heap_for(const kmem_cache& cache) {
        return heaps_[kmalloc_type(cache.page_mask)];
    }

    // By kmalloc_cache_type.
    slob_heap heaps_[NR_KMALLOC_TYPES] = {
        {*this, 0, {}},
        {*this, SLAB_RECLAIM_ACCOUNT, __GFP_RECLAIMABLE},
        {*this, SLAB_CACHE_DMA, __GFP_DMA},
    };
};

void* slob::alloc_somewhere(kmem_cache& cache, size_t size, gfp_t mask) {
    const block_shape shape = shape_of(cache, size);
    if (!shares_pages(cache, shape)) return slob_slabs_alloc(cache, mask);
    void* const block = heap_for(cache).alloc(shape.bytes, shape.align, shape.before, mask);
    if (!block) return nullptr;
    void* const object = static_cast<char*>(block) + shape.before;
    if (is_kmalloc(cache)) set_header(object, header_mark | static_cast<u32>(size));
    if (cache.ctor) {
        sanitize_allocated(object, cache.object_size);
        cache.ctor(object);
    }
    return object;
}

// False, and reported: it is free already, or was never an object.
bool slob::free_to(slob_heap& heap, kmem_cache& cache, void* object) {
    const size_t size = is_kmalloc(cache) ? asked_for(object) : cache.object_size;
    if (size > 0) {
        const block_shape shape = shape_of(cache, size);
        if (is_kmalloc(cache)) set_header(object, 0);
        if (heap.free(static_cast<char*>(object) - shape.before, shape.bytes)) return true;
    }
    const bool twice = heap.is_free(object);
    found_slab_bug({.bug = twice ? slab_bug::double_free : slab_bug::not_an_object,
                    .cache = cache,
                    .object = object});
    return false;
}

slab_strategy& slob_strategy() {
    static constinit slob strategy;
    return strategy;
}
