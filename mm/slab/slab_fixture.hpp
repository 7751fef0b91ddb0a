// For the tests of mm/slab: caches that must go when their test ends, reports that are
// counted, contents that can be told apart.
#pragma once

#include "lib/string.hpp"
#include "mm/phys/shrinker.hpp"
#include "mm/slab/slab_debug.hpp"
#include "mm/slab/slab_strategy.hpp"

#include <test.hpp>

// What was found, instead of lines in the log.
class slab_reports {
public:
    struct seen {
        slab_bug bug;
        const kmem_cache* cache;
        const void* object;
        intptr_t offset;  // of the wrong byte, from the object on
        int found;        // -1: no byte is wrong
        u8 expected;
        uintptr_t caller;
        const void* link;
        u32 lost;
    };
    static constexpr unsigned most = 8;

    slab_reports() : before_(set_slab_reporter(note)) { count_ = 0; }
    ~slab_reports() { set_slab_reporter(before_); }
    slab_reports(const slab_reports&) = delete;
    slab_reports& operator=(const slab_reports&) = delete;

    unsigned count() const { return count_; }
    const seen& operator[](unsigned i) const { return seen_[i]; }
    void clear() { count_ = 0; }

    // Exactly one since the last time, and that one.
    bool only(slab_bug bug, const void* object) {
        const bool it_is = count_ == 1 && seen_[0].bug == bug && seen_[0].object == object;
        count_ = 0;
        return it_is;
    }

private:
    static void note(const slab_report& report) {
        if (count_++ >= most) return;
        const u8* const object = static_cast<const u8*>(report.object);
        seen_[count_ - 1] = {report.bug,
                             &report.cache,
                             object,
                             report.bad ? report.bad - object : 0,
                             report.bad ? *report.bad : -1,
                             report.expected,
                             report.caller,
                             report.link,
                             report.lost};
    }

    static inline constinit unsigned count_ = 0;
    static inline constinit seen seen_[most] = {};
    slab_reporter before_;
};

// With these flags, whatever slub_debug= says; destroyed at the end, and that must work.
class test_cache {
public:
    explicit test_cache(slab_strategy& strategy, size_t size, size_t align = 0,
                        slab_flags_t flags = 0, slab_ctor ctor = nullptr)
        : cache_(kmem_cache_create_with(strategy, "test-cache", size, align,
                                        flags | SLAB_NO_MERGE | SLAB_NO_USER_FLAGS, ctor)) {
        EXPECT_TRUE(cache_ != nullptr);
    }
    ~test_cache() {
        if (!cache_) return;
        check();
        EXPECT_EQ(slab_nr_live(*cache_), 0u);
        EXPECT_TRUE(kmem_cache_destroy(cache_));
    }
    test_cache(const test_cache&) = delete;
    test_cache& operator=(const test_cache&) = delete;

    explicit operator bool() const { return cache_ != nullptr; }
    kmem_cache* get() const { return cache_; }
    kmem_cache* operator->() const { return cache_; }
    kmem_cache& operator*() const { return *cache_; }

    u8* alloc(gfp_t mask = GFP_KERNEL) {
        return static_cast<u8*>(kmem_cache_alloc(cache_, mask | __GFP_NOWARN));
    }
    void free(void* object) { kmem_cache_free(cache_, object); }

    void check() { cache_->strategy->check_invariants(*cache_); }
    u32 live() { return slab_nr_live(*cache_); }
    u32 slabs() { return cache_->strategy->count(*cache_).total_slabs; }

private:
    kmem_cache* cache_;
};

// Bytes that depend on `seed` and on their place.
inline u8 content_byte(u32 seed, size_t i) {
    return static_cast<u8>(seed * 37 + i * 11 + (i >> 8) + 1);
}
inline void fill_contents(void* object, size_t size, u32 seed) {
    for (size_t i = 0; i < size; ++i) static_cast<u8*>(object)[i] = content_byte(seed, i);
}
inline bool has_contents(const void* object, size_t size, u32 seed) {
    for (size_t i = 0; i < size; ++i)
        if (static_cast<const u8*>(object)[i] != content_byte(seed, i)) return false;
    return true;
}
inline bool all_bytes_are(const void* object, size_t size, u8 byte) {
    for (size_t i = 0; i < size; ++i)
        if (static_cast<const u8*>(object)[i] != byte) return false;
    return true;
}

inline bool lies_at_multiple(const void* object, size_t align) {
    return reinterpret_cast<uintptr_t>(object) % align == 0;
}

// All caches without an empty slab: only then do pages in use tell of objects in use.
// What one gives back may leave a slab empty in another, where its descriptors were.
inline void shrink_all_caches() {
    for (u32 pages = 1; pages > 0;) {
        pages = 0;
        for_each_cache(
            [](kmem_cache& cache, void* sum) {
                *static_cast<u32*>(sum) += kmem_cache_shrink(&cache);
            },
            &pages);
    }
}
// Without the pages of allocators' own caches, either, nor what shrinkers have: what they
// keep, as stacks for CPUs, is for the next time.
inline u32 pages_in_use_without_empty_slabs() {
    the_shrinkers().reclaim_all();
    shrink_all_caches();
    u32 own = 0;
    for_each_cache(
        [](kmem_cache& cache, void* sum) {
            if (cache.flags & SLAB_NOLEAKTRACE)
                *static_cast<u32*>(sum) += cache.strategy->count(cache).total_slabs << cache.order;
        },
        &own);
    return the_page_allocator().pages_in_use() - own;
}
