// What colouring is for, seen (spec D4): `demo colour`.
//
// A cache of the slab strategy (bonwick.hpp), whatever slab= says, with 64 slabs. Their
// first objects are looked at in turn, as one would walk a list of such objects:
//
//     as they lie     a colour further in each slab, so in different sets of the cache
//     uncoloured      at the beginning of each slab, so in one set, all of them
//
// The real addresses of both go through the model of a cache of 32 KiB with 8 ways, and
// through the processor's own, by the clock.
//
// An object of 896 bytes leaves an eighth of a page in its slab: eight colours, so eight
// slabs for each, and a set has room for eight lines.
#pragma once

#include "lib/format.hpp"
#include "mm/slab/cache_model.hpp"
#include "mm/slab/kmem_cache.hpp"

class colour_demo {
public:
    static constexpr u32 slabs = 64;
    static constexpr u32 object_size = 896;
    static constexpr u32 rounds = 10;
    using model = cache_model<32 << 10, 8, 64>;

    // Null: there is no memory for it, or for its slabs.
    static colour_demo* make();
    static void destroy(colour_demo* demo);  // null is fine
    colour_demo(const colour_demo&) = delete;
    colour_demo& operator=(const colour_demo&) = delete;

    u32 offset(u32 slab) const { return static_cast<u32>(first_[slab] - start_[slab]); }
    u32 colours() const { return cache_->colours; }
    u32 colour_step() const { return cache_->colour_step; }

    enum class kind : u8 { coloured, uncoloured };
    u32 misses(kind kind) const;
    u64 ticks(kind kind) const;

    void show_offsets(text_sink& out) const;
    void show_misses(text_sink& out) const;
    void show_clock(text_sink& out) const;

private:
    colour_demo() = default;
    ~colour_demo();
    bool fill();

    uintptr_t address(kind kind, u32 slab) const {
        return kind == kind::coloured ? first_[slab] : start_[slab];
    }

    kmem_cache* cache_ = nullptr;
    void* last_ = nullptr;  // each object holds the address of the one before
    uintptr_t start_[slabs];
    uintptr_t first_[slabs];
};
