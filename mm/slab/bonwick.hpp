// slab: objects that stay constructed, in slabs that know their free ones by number.
// After Jeff Bonwick, "The Slab Allocator", USENIX 1994, and Linux 2.6's slab.c.
//
//     this CPU     stack | o | o | o | o |      hot objects: taken and put on top
//                          ^   |                without a lock
//              a batch of  |   v  a batch of
//              them comes  |      them goes
//     node.full     | slab A | <-> | slab B |   no object is free
//     node.partial  | slab C | <-> | slab D |   some are: taken from first
//     node.free     | slab E |                  all are: may be given back
//
// A slab is a block of pages. Its descriptor has one number for each object, which says
// which object is the next free one. So no free object is ever written to, and what the
// constructor made of it is still there when it is taken again (I4 of kmem_cache.hpp):
//
//               | descriptor, a number an object  |
//     | colour  | inuse 2, free 1 | A | 3 | A | - |  0  |  1  |  2  |  3  | rest |
//                         |             |       |    ^
//                         `- object 1 --'       |    s_mem, in struct page
//                            then 3 ------------'
//
// (A: BUFCTL_ACTIVE, not on the slab's list. -: BUFCTL_END.) Objects of an eighth of a
// page and more would lose one of them to the descriptor, so theirs lies elsewhere, in
// a cache of its own ("slab_descriptor"), unless the rest has room for it. struct page
// finds it: page->freelist.
//
// Colour. Slabs begin at multiples of 4096, so without further ado the first object of
// every slab would lie in the same few sets of the processor's cache, which has room
// for eight lines of them and leaves the other sets idle. What is left over in a slab
// is therefore put partly in front, a cache line more in each new slab, until it is
// used up and the next slab begins at the first colour again (`demo colour`).
//
// The stacks come from a cache as well ("cpu_stack"): that of the CPU that makes a cache
// at once, others when they are first needed, and if there is no memory, the next time;
// a CPU works without, only slower. That cache itself has no stacks, and its descriptors
// lie in its slabs, so nothing goes round in circles:
//
//     any cache -> slab_descriptor -> cpu_stack -> pages
//
// Empty slabs are kept while they hold about two batches of objects (and eight in any
// case); more go back to the page allocator as soon as the lock is released.
//
// B1: a slab is on node.full, partial or free as all, some or none of its objects are
//     in use; what lies on a CPU's stack is in use by that measure.
// B2: a descriptor's chain from `free` to BUFCTL_END has objects - inuse members; the
//     numbers of all others are BUFCTL_ACTIVE. Where it was clobbered, that is seen when
//     objects are taken, and reported; those that nobody reaches any more are lost, and
//     struct page counts them (`counters`): the slab has so many objects less, until it
//     is given back.
// B3: what lies on a stack is BUFCTL_ACTIVE, and lies there once.
// B4: nr_partial, nr_free, nr_slabs and total_objects count what is on the lists.
// B5: s_mem is a colour behind where uncoloured objects would begin.
//
// Left out: the slabs' shared and alien arrays (one node, and few CPUs), and the timer
// that ages stacks: shrinkers ask when pages are wanted.
#pragma once

#include "mm/slab/slab_strategy.hpp"

using kmem_bufctl_t = u16;
inline constexpr kmem_bufctl_t BUFCTL_END = 0xffff;
inline constexpr kmem_bufctl_t BUFCTL_ACTIVE = 0xfffd;

// Linux's struct slab. Its list and first object are in struct page.
struct slab_descriptor {
    u16 inuse;
    kmem_bufctl_t free;  // the first free object, or BUFCTL_END
    kmem_bufctl_t bufctl[];

    // An even number of them: they are written in pairs.
    static constexpr u32 bytes(u32 objects) {
        return sizeof(slab_descriptor) + align_up(objects, 2u) * sizeof(kmem_bufctl_t);
    }
};
static_assert(sizeof(slab_descriptor) == 4);

inline slab_descriptor* descriptor_of(const page& head) {
    return static_cast<slab_descriptor*>(head.freelist);
}

// Of those that a slab began with, less what was lost (B2).
inline u32 objects_of(const kmem_cache& cache, const page& head) {
    return cache.objects - head.counters;
}

inline char* slot_at(const kmem_cache& cache, const page& head, u32 index) {
    return static_cast<char*>(head.s_mem) + size_t{index} * cache.size;
}

// Of a slot, without a division: its distance from s_mem is a multiple of size.
inline u32 index_of(const kmem_cache& cache, const page& head, const void* slot) {
    const auto distance =
        static_cast<u32>(static_cast<const char*>(slot) - static_cast<char*>(head.s_mem));
    return static_cast<u32>(u64{distance} * cache.reciprocal >> 32);
}

// Linux's name for a flag: the descriptors of this cache lie elsewhere.
inline constexpr slab_flags_t CFLGS_OFF_SLAB = 0x80000000;

// From the colour to the first object.
inline u32 on_slab_descriptor_bytes(const kmem_cache& cache) {
    if (cache.flags & CFLGS_OFF_SLAB) return 0;
    return align_up(slab_descriptor::bytes(cache.objects), cache.align);
}

// How a slab of a cache is divided.
struct slab_layout {
    u32 order;
    u32 objects;   // 0: no slab is large enough
    u32 first;     // bytes from the colour to the first object
    u32 left;      // bytes that neither descriptor nor objects need
    bool off_slab;

    bool operator==(const slab_layout&) const = default;
};
// The smallest order that wastes at most an eighth and has room for four objects (each
// slab costs a call of the page allocator), or else `most_order`.
enum class descriptor_place : u8 { by_size, on_slab };
slab_layout lay_out_slab(u32 size, u32 align, u32 most_order,
                         descriptor_place place = descriptor_place::by_size);

// Descriptors off the slab are all of one size.
inline constexpr u32 most_off_slab_objects = 16;

class bonwick final : public slab_strategy {
public:
    const char* name() const override { return "slab"; }

    void init();  // see bonwick_init()
    bool lay_out(kmem_cache& cache) override;
    void* alloc(kmem_cache& cache, size_t size, gfp_t mask) override;
    void free(kmem_cache& cache, void* slot) override;
    u32 shrink(kmem_cache& cache, u32 keep) override;
    void take_back_from_all_cpus(kmem_cache& cache) override;

    kmem_cache* cache_of(const page* page, const void*) override { return page->slab_cache; }
    size_t usable_size(kmem_cache& cache, const void*) override { return cache.object_size; }

    std::optional<slot_place> find_slot(kmem_cache& cache, const void* address) override;
    slab_counts count(kmem_cache& cache) override;
    void visit(kmem_cache& cache, slab_visitor& visitor) override NO_THREAD_SAFETY_ANALYSIS;
    void check_invariants(kmem_cache& cache) override;

private:
    // ---- a CPU's stack ------------------------------------------------------------
    void* take_locked(kmem_cache& cache) REQUIRES(cache.node.list_lock);
    void drain_locked(kmem_cache& cache, cpu_stack& stack, u32 count, page_list& empty)
        REQUIRES(cache.node.list_lock);

    // ---- slabs on their lists -----------------------------------------------------
    u32 take_from_slabs_locked(kmem_cache& cache, void** slots, u32 wanted)
        REQUIRES(cache.node.list_lock);
    void give_locked(kmem_cache& cache, void* slot, page_list& empty)
        REQUIRES(cache.node.list_lock);
    u32 take_from_slab_locked(kmem_cache& cache, page& head, void** slots, u32 wanted)
        REQUIRES(cache.node.list_lock);
    void add_locked(kmem_cache& cache, page& head) REQUIRES(cache.node.list_lock);
    void remove_locked(kmem_cache& cache, page& head, page_list& empty)
        REQUIRES(cache.node.list_lock);

    // ---- slabs of nobody ----------------------------------------------------------
    u32 next_colour_locked(kmem_cache& cache) REQUIRES(cache.node.list_lock);
    page* make_slab(kmem_cache& cache, u32 colour, gfp_t mask);
    u32 release(kmem_cache& cache, page_list& empty);

    void check_slab_locked(kmem_cache& cache, const page& head)
        REQUIRES(cache.node.list_lock);
    void check_stacks_locked(kmem_cache& cache) REQUIRES(cache.node.list_lock);

    kmem_cache* descriptors_ = nullptr;
};

// Makes the two caches that others of this strategy rely on, before any memory is taken
// from those that were made earlier. From kmem_cache_init().
void bonwick_init();
