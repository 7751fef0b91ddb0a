// slob: objects of all caches side by side in the same pages, first fit (after Matt
// Mackall's, 2.6.16). For machines where memory is scarcer than time.
//
//     a heap         under 256 bytes    page <-> page <-> page
//                    under 1024         page
//                    under a page       page <-> page
//
//     a page   | dentry | 6 free | dentry | 20|kmalloc(20) | filp | 40 free |
//                         `------------------------------------->`
//
// A page is divided into units, of a pointer's size each. A free block says in its
// first unit how many it has and where in the page the next one begins; the page knows
// the first (slob_use, in `counters`). A block is cut from the first free one that is
// large enough, and what comes back is joined to its free neighbours. The page that
// served a request is looked at first by the next. One that becomes wholly free goes
// back to the page allocator at once: nothing is kept.
//
// Three heaps, for what must not be mixed: memory in general, that of
// SLAB_RECLAIM_ACCOUNT (other page blocks), and that of SLAB_CACHE_DMA.
//
// What a page does not know is where objects begin in it, and whose they are.
//   - An object of a cache has nothing besides itself: its cache tells its size.
//   - One of kmalloc has a unit in front, which says how many bytes were asked for.
//     Those and no more are taken. Sizes that are powers of two lie at multiples of
//     themselves, as with the other strategies; for that, much of a page may remain to
//     smaller objects. Others lie at multiples of slob_kmalloc_align. So a kmalloc
//     cache's page_mask tells the heap, and the size its cache: kfree() finds both.
//   - Objects that are not smaller than a page, and all of caches that are debugged,
//     lie in slabs of their own cache (slob_slabs.hpp): there every slot is known.
//
// Left out for that reason, of caches that are not debugged: their objects are counted
// but not listed (visit), and one that is freed to another cache is not noticed. What
// is freed twice is, for the memory is free already.
//
// A constructor runs at each allocation, not once a slot: nothing stays constructed.
// (kmem_cache.hpp's I4 then asks for no more than that users cannot tell.) The CPUs'
// lists and stacks stay empty.
//
// L1: the free blocks of a page lie inside of it, in order of address, and none
//     touches the next.
// L2: slob_use counts the free units.
// L3: a page with free units is on the list that it was taken for, one without on none;
//     none is wholly free.
// L4: the units of all pages are those in use, those that are free and those that were
//     lost.
//
// The first unit of a free block lies where a stray write may hit it. It is looked at
// whenever a block is passed: one that L1 forbids is reported, and lost with all that are
// free behind it. struct page counts what was lost (`index`), and the page goes back when
// nothing else is in it.
//
// Locks: each heap has one. Pages are asked for and given back while it is not held.
#pragma once

#include "mm/slab/slab_strategy.hpp"

inline constexpr size_t slob_kmalloc_align = 8;

// Memory by the byte. The kernel has three of these; a test makes its own.
class slob_heap {
public:
    static constexpr u32 unit = sizeof(void*);
    static constexpr u32 units_in_page = PAGE_SIZE / unit;
    // A list is for blocks of less bytes than this.
    static constexpr u32 list_limits[] = {256, 1024, PAGE_SIZE + 1};
    static constexpr u32 nr_lists = std::size(list_limits);

    // `pages` of whom: what kmem_cache knows of a cache's pages, slob's own.
    constexpr slob_heap(slab_strategy& strategy, slab_flags_t flags, gfp_t page_mask);
    slob_heap(const slob_heap&) = delete;
    slob_heap& operator=(const slob_heap&) = delete;

    // A block in which the address `before` bytes behind its start is a multiple of
    // `align`, at most a page. It must fit in a page. Null: no memory.
    void* alloc(size_t bytes, size_t align, size_t before, gfp_t mask) EXCLUDES(lock_);
    static bool fits(size_t bytes, size_t align, size_t before) {
        return align_up(before, align) - before + bytes <= PAGE_SIZE;
    }
    // False: some of it is free already, or outside of the page. Nothing was done.
    [[nodiscard]] bool free(void* block, size_t bytes) EXCLUDES(lock_);

    // Whether an address in one of its pages is free.
    bool is_free(const void* address) EXCLUDES(lock_);
    // Whom its pages say that they belong to (I2).
    const kmem_cache& pages_owner() const { return pages_; }

    u32 nr_pages() const { return pages_.node.nr_slabs; }
    u32 nr_pages_on(u32 list) EXCLUDES(lock_);
    size_t bytes_in_use() const { return size_t{units_in_use_} * unit; }
    void check_invariants() EXCLUDES(lock_);

private:
    struct place;

    void check_blocks_locked(page& head) REQUIRES(lock_);
    void* take_locked(u32 list, u32 units, u32 align, u32 before) REQUIRES(lock_);
    void add_page_locked(page& fresh, u32 list) REQUIRES(lock_);
    void check_page_locked(const page& head, u32 list) REQUIRES(lock_);

    irq_spinlock lock_{"a slob heap"};
    page_list partial_[nr_lists] GUARDED_BY(lock_);
    relaxed<u32> units_in_use_ = 0;  // written under the lock
    u32 units_lost_ GUARDED_BY(lock_) = 0;
    kmem_cache pages_;
};

// What slob's pages have for a list of each CPU: none.
extern per_cpu_var<cpu_free_list> slob_cpu_list;

constexpr slob_heap::slob_heap(slab_strategy& strategy, slab_flags_t flags, gfp_t page_mask)
    : pages_{} {
    pages_.cpu_slab = &slob_cpu_list;
    pages_.slab_mask = ~uintptr_t{PAGE_SIZE - 1};
    pages_.flags = flags;
    pages_.page_mask = page_mask;
    pages_.strategy = &strategy;
    pages_.name = "slob";
}
