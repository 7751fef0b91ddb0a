// slub: free slots are linked through themselves, slab by slab.
//
//     this CPU      freelist -> slot -> slot        the active slab, frozen: what its
//                   base ---> | slab A      |       CPU has taken, the slab does not
//                             | freelist -------->  know of; this is what others freed
//     node.partial            | slab B      | <-> | slab C      |
//                             | freelist ------> slot -> slot
//     full                    | slab D      |       on no list: the first object that
//                             | freelist: 0 |       comes back puts it on `partial`
//
//     this CPU      stack: slot, slot, slot         came back to other slabs than the
//                                                   active one, and go there together
//
// struct page of a slab: `freelist` as above, `counters` = objects, of them in use (not
// on `freelist`), and whether it is frozen.
//
// S1: a frozen slab is on no list; it is the base of exactly one CPU's list.
// S2: a slab that is not frozen has as many slots on its freelist as are not in use.
// S3: node.partial holds exactly the slabs that are not frozen and not full.
// S4: a slot on a CPU's stack counts as in use for its slab.
//
// A link lies where a stray write may hit it. So all links of a slab's freelist are looked
// at when the slab becomes a CPU's (but not when it was just made), and on the careful
// ways one by one: one that does not lead to a slot of the same slab is reported, and
// what it hides is lost, from the slot that has it on. Such a slab has fewer `objects`
// from then on, and is otherwise like all; once nobody has any of it, it is made anew.
// What is lost from a CPU's list counts as in use for good, for nobody knows how long the
// list was. On the usual way no link is looked at (with dear checks, and in debugged
// caches, there is no usual way).
//
// The stack is not in Linux 6.1's slub, but newer ones have it, as its slab always had:
// one lock for half a stack of slots, and what was freed last goes out next.
//
// Whole slabs come and go by the partial list: an empty one is kept while there are
// fewer than min_partial, else its pages go back at once.
#pragma once

#include "mm/slab/slab_strategy.hpp"

// The order of a slab's block for slots of `size` bytes; MAX_ORDER or more: none.
u32 slub_order(u32 size, u32 most_order);

// page->counters; one less of it is one less in use.
struct slab_use {
    u32 in_use : 16;
    u32 objects : 15;
    u32 frozen : 1;
};
static_assert(sizeof(slab_use) == sizeof(u32));

inline slab_use use_of(const page& head) { return std::bit_cast<slab_use>(head.counters); }
inline void set_use(page& head, slab_use use) { head.counters = std::bit_cast<u32>(use); }

// Whether an address is that of a slot of the slab that begins at `start`. An index that
// was rounded down from the middle of a slot leads back to another address.
inline bool is_slot(const kmem_cache& cache, const char* start, const void* address) {
    const auto distance = static_cast<size_t>(static_cast<const char*>(address) - start);
    if (distance >= cache.slab_bytes()) return false;
    const auto index = static_cast<u32>(u64{distance} * cache.reciprocal >> 32);
    return index < cache.objects && size_t{index} * cache.size == distance;
}

class slub final : public slab_strategy {
public:
    const char* name() const override { return "slub"; }

    bool lay_out(kmem_cache& cache) override;
    void* alloc(kmem_cache& cache, size_t size, gfp_t mask) override;
    void free(kmem_cache& cache, void* slot) override;
    u32 shrink(kmem_cache& cache, u32 keep) override;
    void take_back_from_all_cpus(kmem_cache& cache) override;

    kmem_cache* cache_of(const page* page, const void*) override { return page->slab_cache; }
    size_t usable_size(kmem_cache& cache, const void*) override { return cache.object_size; }

    std::optional<slot_place> find_slot(kmem_cache& cache, const void* address) override;
    slab_counts count(kmem_cache& cache) override;
    void visit(kmem_cache& cache, slab_visitor& visitor) override;
    void check_invariants(kmem_cache& cache) override;

private:
    // ---- a CPU's list, and where it comes from -----------------------------------
    void* take_locked(kmem_cache& cache, const page* fresh) REQUIRES(cache.node.list_lock);
    void* take_from_slab_locked(kmem_cache& cache) REQUIRES(cache.node.list_lock);
    bool refill_locked(kmem_cache& cache, cpu_free_list& mine, const page* fresh)
        REQUIRES(cache.node.list_lock);
    static void* pop(const kmem_cache& cache, cpu_free_list& list);
    void* pop_locked(kmem_cache& cache, cpu_free_list& list) REQUIRES(cache.node.list_lock);

    // ---- back to the slabs --------------------------------------------------------
    bool give_locked(kmem_cache& cache, page& head, void* slot) REQUIRES(cache.node.list_lock);
    void flush_locked(kmem_cache& cache, cpu_stack& stack, u32 count, page_list& empty)
        REQUIRES(cache.node.list_lock);
    void retire_locked(kmem_cache& cache, cpu_free_list& list, page_list& empty)
        REQUIRES(cache.node.list_lock);
    void take_empty_locked(kmem_cache& cache, u32 keep, page_list& empty)
        REQUIRES(cache.node.list_lock);

    // ---- slabs --------------------------------------------------------------------
    page* make_slab(kmem_cache& cache, gfp_t mask);
    void add_locked(kmem_cache& cache, page* head) REQUIRES(cache.node.list_lock);
    void forget_locked(kmem_cache& cache, const page& head) REQUIRES(cache.node.list_lock);
    void check_links_locked(kmem_cache& cache, page& head) REQUIRES(cache.node.list_lock);
    void cut_locked(kmem_cache& cache, page& head, void* before, void* clobbered, u32 lost)
        REQUIRES(cache.node.list_lock);
};
