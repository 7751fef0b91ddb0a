// The strategies side by side, on the same work: `demo slabs`.
//
// Caches of eight sizes, and objects of them by chance, but by the same chance for each
// strategy:
//
//     full    all objects are there
//     half    half of them, by chance, were freed
//     again   as many others were allocated, larger ones more often
//     none    all were freed; what still has pages are the caches
//
// At each of these moments the pages of slabs are counted, whoever's they are, and in
// between the ticks of each allocation and of each free. Under QEMU's -icount a tick is
// an instruction.
#pragma once

#include "mm/slab/slab_strategy.hpp"

// What is compared; in the order of the table.
inline constexpr slab_strategy& (*compared_strategies[])() = {
    slub_strategy,
    bonwick_strategy,
    slob_strategy,
};

struct slabs_moment {
    u32 pages;
    u32 bytes;  // that were asked for

    // Of what the pages hold, what nobody asked for; in per cent.
    u32 waste() const {
        const u32 held = pages * PAGE_SIZE;
        return held > bytes ? (held - bytes) * 100 / held : 0;
    }
};

struct slabs_figures {
    slabs_moment full, half, again, none;
    u32 pages_after_shrink;  // with the caches still there
    u32 alloc_ticks;         // of one, on the average; 0 without a clock
    u32 free_ticks;
};

class slabs_demo {
public:
    static constexpr u32 nr_objects = 800;
    static constexpr u16 sizes[] = {16, 28, 52, 84, 140, 220, 420, 900};
    static constexpr u32 nr_caches = std::size(sizes);

    // `clock` may be null: on a CPU that has none.
    explicit slabs_demo(u64 (*clock)()) : clock_(clock) {}
    slabs_demo(const slabs_demo&) = delete;
    slabs_demo& operator=(const slabs_demo&) = delete;

    // Nothing when there is too little memory. Either way all is given back.
    std::optional<slabs_figures> measure(slab_strategy& strategy);
    // 0 or an errno.
    int run(text_sink& out);

private:
    bool make_caches(slab_strategy& strategy);
    bool work(slabs_figures& figures);
    bool alloc(u32 index, u32 cache);
    void free(u32 index);
    void free_all();
    slabs_moment moment() const;
    u64 now() const { return clock_ ? clock_() : 0; }

    u64 (*clock_)();
    u64 alloc_ticks_ = 0;
    u64 free_ticks_ = 0;
    u32 allocs_ = 0;
    u32 frees_ = 0;
    u32 pages_before_ = 0;
    u32 bytes_ = 0;
    kmem_cache* caches_[nr_caches] = {};
    void* objects_[nr_objects] = {};
    u8 cache_of_[nr_objects] = {};
};
