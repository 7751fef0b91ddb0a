// Caches and kmalloc in any order, of every strategy: what is handed out belongs to
// nobody else, keeps its contents until it is given back, and in the end all is there.
//
// Input: a byte that chooses the strategy, then pairs of bytes, an operation and its
// argument.
#include "host-tests/support/kernel_memory.hpp"
#include "mm/slab/kmalloc.hpp"
#include "mm/slab/slab_debug.hpp"
#include "mm/slab/slab_strategy.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

void require(bool truth, int line = __builtin_LINE()) {
    if (truth) return;
    fprintf(stderr, "slab_fuzz.cpp:%d: does not hold\n", line);
    abort();
}

slab_strategy& (*const strategies[])() = {slub_strategy, bonwick_strategy, slob_strategy};

u32 reports = 0;
void count_report(const slab_report&) { ++reports; }

// An object is filled with its number, which no other one has.
struct held {
    u8* object;
    size_t size;
    kmem_cache* cache;  // null: kmalloc's
    u8 content;
};

class shadow {
public:
    explicit shadow(slab_strategy& strategy) : strategy_(strategy) {}

    void step(u8 operation, u8 argument) {
        switch (operation % 11) {
            case 0: return create(operation / 11, argument);
            case 1: case 2: return alloc(argument);
            case 3: return alloc_kmalloc(operation / 11, argument);
            case 4: case 5: return release(argument);
            case 6: return reallocate(operation / 11, argument);
            case 7: return bulk(argument);
            case 8: return shrink(argument);
            case 9: return destroy(argument);
            case 10: return free_wrongly(operation / 11, argument);
        }
    }

    void check() {
        for (kmem_cache* const cache : caches_) {
            strategy_.check_invariants(*cache);
            u32 live = 0;
            for (const held& one : held_) live += one.cache == cache;
            require(slab_nr_live(*cache) == live);
        }
    }

    void finish() {
        check();
        while (!held_.empty()) release(0);
        for (kmem_cache* const cache : caches_) require(kmem_cache_destroy(cache));
        require(reports == 0);
    }

private:
    static constexpr size_t most_caches = 6, most_held = 400;

    void create(u8 kind, u8 argument) {
        constexpr slab_flags_t flags[] = {0, SLAB_HWCACHE_ALIGN, SLAB_RED_ZONE, SLAB_POISON,
                                          SLAB_DEBUG_FLAGS, SLAB_STORE_USER};
        if (caches_.size() == most_caches) return;
        const size_t size = 1 + (argument < 200 ? argument : (argument - 199) * 97);
        const size_t align = size_t{1} << kind % 8;
        kmem_cache* const cache =
            kmem_cache_create_with(strategy_, "fuzz", size, align,
                                   flags[argument % std::size(flags)] | SLAB_NO_MERGE, nullptr);
        require(cache);
        caches_.push_back(cache);
    }

    void now_held(void* object, size_t size, kmem_cache* cache) {
        u8* const start = static_cast<u8*>(object);
        for (const held& other : held_)
            require(start + size <= other.object || other.object + other.size <= start);
        memset(start, ++content_, size);
        held_.push_back({start, size, cache, content_});
    }
    void require_contents(const held& one, size_t size) {
        for (size_t i = 0; i < size; ++i) require(one.object[i] == one.content);
    }
    held take_out(u8 argument) {
        held& chosen = held_[argument % held_.size()];
        const held one = chosen;
        chosen = held_.back();
        held_.pop_back();
        require_contents(one, one.size);
        return one;
    }

    void alloc(u8 argument) {
        if (caches_.empty() || held_.size() >= most_held) return;
        kmem_cache* const cache = caches_[argument % caches_.size()];
        void* const object = kmem_cache_alloc(cache, argument & 64 ? GFP_ATOMIC : GFP_KERNEL);
        if (object) now_held(object, cache->object_size, cache);
    }
    void alloc_kmalloc(u8 kind, u8 argument) {
        constexpr gfp_t masks[] = {GFP_KERNEL, GFP_ATOMIC, GFP_KERNEL | __GFP_RECLAIMABLE,
                                   GFP_KERNEL | __GFP_DMA};
        if (held_.size() >= most_held) return;
        const size_t size = size_t{argument} * argument * (kind % 4 + 1);
        void* const object = kmalloc(size, masks[kind % 4] | __GFP_NOWARN);
        require(size > 0 || object == ZERO_SIZE_PTR);
        if (object && size > 0) now_held(object, size, nullptr);
    }
    void release(u8 argument) {
        if (held_.empty()) return;
        const held one = take_out(argument);
        if (one.cache) kmem_cache_free(one.cache, one.object);
        else kfree(one.object);
    }
    void reallocate(u8 kind, u8 argument) {
        if (held_.empty() || held_[argument % held_.size()].cache) return;
        held one = take_out(argument);
        const size_t size = size_t{kind} * kind * 30;
        void* const moved = krealloc(one.object, size, GFP_KERNEL | __GFP_NOWARN);
        if (size == 0) return require(moved == ZERO_SIZE_PTR);
        if (!moved) return held_.push_back(one);
        one.object = static_cast<u8*>(moved);
        require_contents(one, size < one.size ? size : one.size);
        now_held(moved, size, nullptr);
    }
    void bulk(u8 argument) {
        if (caches_.empty() || held_.size() >= most_held) return;
        kmem_cache* const cache = caches_[argument % caches_.size()];
        void* objects[20];
        if (!kmem_cache_alloc_bulk(cache, GFP_KERNEL, argument % 21, objects)) return;
        for (u32 i = 0; i < argument % 21; ++i)
            now_held(objects[i], cache->object_size, cache);
    }
    void shrink(u8 argument) {
        if (!caches_.empty()) kmem_cache_shrink(caches_[argument % caches_.size()]);
    }
    // Leaks are reported, each once, but of memory that caches share; then they go.
    void destroy(u8 argument) {
        if (caches_.empty()) return;
        const size_t i = argument % caches_.size();
        u32 live = 0, listed = 0;
        for (const held& one : held_) {
            if (one.cache != caches_[i]) continue;
            ++live;
            listed += !has_objects_of_many_caches(*virt_to_page(one.object));
        }
        require(kmem_cache_destroy(caches_[i]) == (live == 0));
        require(reports == listed);
        reports = 0;
        if (live == 0) caches_.erase(caches_.begin() + static_cast<intptr_t>(i));
    }

    // In memory that caches share, slob knows of no object whose it is.
    bool is_seen_to_be_a_strangers(const kmem_cache& cache, const held& one) {
        return !one.cache || &strategy_ != &slob_strategy() || cache.is_debugged() ||
               !has_objects_of_many_caches(*virt_to_page(one.object));
    }

    // Into the middle of an object, to another cache: one report, and nothing else.
    void free_wrongly(u8 kind, u8 argument) {
        if (held_.empty() || caches_.empty()) return;
        const held& one = held_[argument % held_.size()];
        kmem_cache* const cache = caches_[kind % caches_.size()];
        if (one.cache == cache) {
            if (!cache->is_debugged() || one.size < 2) return;
            kmem_cache_free_from(cache, one.object + 1 + kind % (one.size - 1), 1);
        } else if (!is_seen_to_be_a_strangers(*cache, one)) {
            return;
        } else {
            kmem_cache_free_from(cache, one.object, 1);
        }
        require(reports == 1);
        reports = 0;
        require_contents(one, one.size);
    }

    slab_strategy& strategy_;
    std::vector<kmem_cache*> caches_;
    std::vector<held> held_;
    u8 content_ = 0;
};

void add_shrunk(kmem_cache& cache, void* sum) {
    *static_cast<u32*>(sum) += kmem_cache_shrink(&cache);
}
void add_own(kmem_cache& cache, void* sum) {
    if (!(cache.flags & SLAB_NOLEAKTRACE)) return;
    *static_cast<u32*>(sum) += cache.strategy->count(cache).total_slabs << cache.order;
}

// What one cache gives back may leave a slab empty in another, where its descriptors were.
// What allocators keep for themselves, as stacks for CPUs, is for the next time.
u32 pages_behind_all_objects() {
    for (u32 pages = 1; pages > 0;) for_each_cache(add_shrunk, &(pages = 0));
    u32 own = 0;
    for_each_cache(add_own, &own);
    return the_page_allocator().pages_in_use() - own;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
    set_up_kernel_memory();
    set_slab_reporter(count_report);
    if (size == 0) return 0;
    reports = 0;
    const u32 before = pages_behind_all_objects();
    shadow machine(strategies[data[0] % std::size(strategies)]());
    for (size_t i = 1; i + 1 < size; i += 2) {
        machine.step(data[i], data[i + 1]);
        if (i % 64 == 1) machine.check();
    }
    machine.finish();
    require(pages_behind_all_objects() == before);
    return 0;
}
