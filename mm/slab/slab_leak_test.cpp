// Destroying a cache whose objects are still in use, and memory that is not there.
#include "mm/slab/slab_fixture.hpp"
#include "mm/slab/test_strategies.hpp"

#include <test.hpp>

namespace {

constexpr u32 most_objects = 24;
void* objects[most_objects];
constexpr gfp_t quiet = GFP_KERNEL | __GFP_NOWARN;

// In the kernel the command line may have asked for failures by chance.
bool fails_by_chance() {
    return failslab.armed() || the_page_allocator().fail_page_alloc().armed();
}

// All that a cache does in its life. False: some of it was refused.
bool live_through(slab_strategy& strategy, size_t size, slab_flags_t flags) {
    kmem_cache* const cache =
        kmem_cache_create_with(strategy, "test-life", size, 0, flags | SLAB_NO_MERGE,
                               nullptr);
    if (!cache) return false;
    u32 count = 0;
    for (; count < most_objects; ++count) {
        objects[count] = kmem_cache_alloc(cache, quiet);
        if (!objects[count]) break;
        fill_contents(objects[count], size, count);
    }
    strategy.check_invariants(*cache);
    EXPECT_EQ(slab_nr_live(*cache), count);
    for (u32 i = 0; i < count; ++i) {
        EXPECT_TRUE(has_contents(objects[i], size, i));
        kmem_cache_free(cache, objects[i]);
    }
    strategy.check_invariants(*cache);
    EXPECT_EQ(u32{cache->nr_failed}, count < most_objects ? 1u : 0u);
    EXPECT_TRUE(kmem_cache_destroy(cache));
    return count == most_objects;
}

}  // namespace

STRATEGY_TEST(each_leaked_object_is_reported_once_with_who_took_it) {
    constexpr u32 leaked = 5;
    kmem_cache* const cache = kmem_cache_create_with(strategy, "test-leak", 56, 0,
                                                     SLAB_STORE_USER | SLAB_NO_MERGE, nullptr);
    ASSERT_TRUE(cache);
    for (u32 i = 0; i < most_objects; ++i) {
        objects[i] = kmem_cache_alloc_from(cache, 56, GFP_KERNEL, 0x1000 + i);
        ASSERT_TRUE(objects[i]);
    }
    for (u32 i = leaked; i < most_objects; ++i) kmem_cache_free(cache, objects[i]);
    {
        slab_reports reports;
        EXPECT_FALSE(kmem_cache_destroy(cache));
        EXPECT_EQ(reports.count(), leaked);
        for (u32 i = 0; i < leaked; ++i) {
            u32 times = 0;
            for (u32 k = 0; k < leaked; ++k) {
                if (reports[k].object != objects[i]) continue;
                ++times;
                EXPECT_EQ(reports[k].bug, slab_bug::leaked);
                EXPECT_EQ(reports[k].cache, cache);
            }
            EXPECT_EQ(times, 1u);
            EXPECT_EQ(alloc_track(*cache, objects[i]).caller, 0x1000u + i);
        }
    }
    // The cache is what it was.
    strategy.check_invariants(*cache);
    void* const another = kmem_cache_alloc(cache, GFP_KERNEL);
    ASSERT_TRUE(another);
    kmem_cache_free(cache, another);
    for (u32 i = 0; i < leaked; ++i) kmem_cache_free(cache, objects[i]);
    slab_reports reports;
    EXPECT_TRUE(kmem_cache_destroy(cache));
    EXPECT_EQ(reports.count(), 0u);
}

STRATEGY_TEST(leaks_are_told_without_any_debugging) {
    kmem_cache* const cache =
        kmem_cache_create_with(strategy, "test-leak", 32, 0,
                               SLAB_NO_MERGE | SLAB_NO_USER_FLAGS, nullptr);
    ASSERT_TRUE(cache);
    void* const object = kmem_cache_alloc(cache, GFP_KERNEL);
    {
        slab_reports reports;
        EXPECT_FALSE(kmem_cache_destroy(cache));
        // slob knows how many there are, but not where.
        if (&strategy == &slob_strategy())
            EXPECT_EQ(reports.count(), 0u);
        else
            EXPECT_TRUE(reports.only(slab_bug::leaked, object));
    }
    kmem_cache_free(cache, object);
    EXPECT_TRUE(kmem_cache_destroy(cache));
}

// At each point at which pages can fail, and behind each, nothing is missing.
STRATEGY_TEST(a_life_short_of_pages_leaves_nothing_behind) {
    if (fails_by_chance()) SKIP_TEST("allocations fail by chance, as the command line says");
    for (const slab_flags_t flags : {slab_flags_t{0}, SLAB_DEBUG_FLAGS})
        for (const u32 size : {700u, 3000u}) {
            const u32 before = pages_in_use_without_empty_slabs();
            u32 refused = 0;
            const u32 points =
                for_each_failure(the_page_allocator().fail_page_alloc(), [&] {
                    refused += !live_through(strategy, size, flags);
                    EXPECT_EQ(pages_in_use_without_empty_slabs(), before);
                });
            EXPECT_GT(points, 1u);
            EXPECT_EQ(refused, points);
        }
}

STRATEGY_TEST(a_life_short_of_objects_leaves_nothing_behind) {
    if (fails_by_chance()) SKIP_TEST("allocations fail by chance, as the command line says");
    const u32 before = pages_in_use_without_empty_slabs();
    u32 refused = 0;
    const u32 points = for_each_failure(failslab, [&] {
        refused += !live_through(strategy, 100, 0);
        EXPECT_EQ(pages_in_use_without_empty_slabs(), before);
    });
    EXPECT_EQ(points, 1 + most_objects);  // the cache itself, and each object
    EXPECT_EQ(refused, points);
}
