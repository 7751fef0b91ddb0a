// What a strategy must be able to do; kmem_cache.hpp has the whole picture.
//
// A strategy deals in slots. What an object is inside its slot, constructing it at the
// right time, poison and red zones are the same for all (kmem_cache.cpp,
// slab_debug.hpp); so is the usual way, of which a strategy only fills the CPU's list
// or stack. A strategy's own state is in the cache (node, cpu_slab) and in struct page.
#pragma once

#include "mm/slab/kmem_cache.hpp"

// What slabinfo says of a cache.
struct slab_counts {
    u32 active_objects;
    u32 total_objects;
    u32 active_slabs;
    u32 total_slabs;
    u32 cpu_objects;  // free, on CPUs' lists and stacks; active_objects counts them
};

// Where an address lies.
struct slot_place {
    void* slot;
    bool is_free;
};

// For pictures, leak lists and checks: slabs, and the slots in them.
class slab_visitor {
public:
    // A slab: its pages begin at `head`, its first slot at `first`.
    virtual void slab(const page* head, const void* first) = 0;
    enum class state : u8 { in_use, free, on_cpu };
    virtual void slot(void* slot, state state) = 0;

protected:
    ~slab_visitor() = default;
};

class slab_strategy {
public:
    virtual const char* name() const = 0;

    // Decides on order, objects, slab_mask, min_partial and the like for a cache whose
    // size, align and offset are known, and makes the CPUs' lists. False: no slab can
    // hold such a slot.
    virtual bool lay_out(kmem_cache& cache) = 0;

    // A slot, constructed if there is a constructor; null when there is no memory.
    // `size`: how much of the object was asked for. May wait if the mask says so.
    virtual void* alloc(kmem_cache& cache, size_t size, gfp_t mask) = 0;
    // A slot of this cache (the caller has looked).
    virtual void free(kmem_cache& cache, void* slot) = 0;

    // Takes back what this CPU has, and gives empty slabs to the page allocator: how
    // many pages. `keep` empty slabs may stay.
    virtual u32 shrink(kmem_cache& cache, u32 keep) = 0;
    // The cache is about to be destroyed, and nobody is at work in it: takes back what
    // all CPUs have.
    virtual void take_back_from_all_cpus(kmem_cache&) {}

    // Of an object, whose page is known to be a slab's.
    virtual kmem_cache* cache_of(const page* page, const void* object) = 0;
    // Whether it may be an object of this cache.
    virtual bool is_of(kmem_cache& cache, const page* page, const void* object) {
        return cache_of(page, object) == &cache;
    }
    virtual size_t usable_size(kmem_cache& cache, const void* object) = 0;
    // Which slot an address is in, if it is in one. For debugging.
    virtual std::optional<slot_place> find_slot(kmem_cache& cache, const void* address) = 0;

    virtual slab_counts count(kmem_cache& cache) = 0;
    // With nobody else at work in this cache.
    virtual void visit(kmem_cache& cache, slab_visitor& visitor) = 0;
    virtual void check_invariants(kmem_cache& cache) = 0;

protected:
    ~slab_strategy() = default;
};

slab_strategy& slub_strategy();
slab_strategy& bonwick_strategy();  // "slab"
slab_strategy& slob_strategy();
// The one that was chosen for the kernel's caches.
slab_strategy& the_slab_strategy();

// For tests and demonstrations: a cache of another strategy than the kernel's.
kmem_cache* kmem_cache_create_with(slab_strategy& strategy, const char* name, size_t size,
                                   size_t align, slab_flags_t flags, slab_ctor ctor);

// ---- what strategies share (slab_pages.cpp) ----------------------------------------
// A block for a slab of this cache, its pages marked (I2); null: no memory.
page* kmem_getpages(kmem_cache& cache, gfp_t mask);
void kmem_freepages(kmem_cache& cache, page* head);

// ---- CPUs' stacks (slab_stacks.cpp) ------------------------------------------------
// An empty one without room, for CPUs' lists that have none.
cpu_stack& no_cpu_stack();
// How many slots of a size one holds, by Linux's table; half of them move at a time.
constexpr u32 cpu_stack_limit(u32 size) {
    if (size > 131072) return 1;
    if (size > PAGE_SIZE) return 8;
    if (size > 1024) return 24;
    return size > 256 ? 54 : 120;
}
constexpr u32 cpu_stack_batch(u32 limit) { return (limit + 1) / 2; }
// From kmem_cache_init(), when caches can be made.
void cpu_stacks_init();
// Gives this CPU's list one, if it has none and there is memory.
void provide_cpu_stack(kmem_cache& cache);
// The stack of a CPU, which is empty; null: it had none. The caller has the node's lock.
cpu_stack* detach_cpu_stack(cpu_free_list& list);
void free_cpu_stack(cpu_stack* stack);

inline void* slab_start(const page* head) { return lowmem_page_address(head); }
inline page* slab_head(const kmem_cache& cache, const void* slot) {
    return virt_to_page(reinterpret_cast<const void*>(
        reinterpret_cast<uintptr_t>(slot) & cache.slab_mask));
}
// The slot behind a free one. With dear checks it is stored in a way that no stray
// write produces: a clobbered one then leads nowhere, and is seen (link_is_sane).
uintptr_t link_code(const kmem_cache& cache, const void* place);

NO_SANITIZE_ADDRESS inline void* slot_next(const kmem_cache& cache, void* slot) {
    void** const link = reinterpret_cast<void**>(static_cast<char*>(slot) + cache.offset);
    if constexpr (!dear_checks) return *link;
    return reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(*link) ^ link_code(cache, link));
}
NO_SANITIZE_ADDRESS inline void set_slot_next(const kmem_cache& cache, void* slot,
                                              void* next) {
    void** const link = reinterpret_cast<void**>(static_cast<char*>(slot) + cache.offset);
    if constexpr (dear_checks)
        next = reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(next) ^ link_code(cache, link));
    *link = next;
}

// Whether the page is one in which several caches have objects (slob's, see I2).
inline bool has_objects_of_many_caches(const page& page) {
    return PageSlab(page) && page.slab_cache->object_size == 0;
}

// A slot as it is when its slab is made: poisoned, constructed.
void prepare_slot(kmem_cache& cache, void* slot);
