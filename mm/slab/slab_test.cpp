// What every strategy owes: objects apart from each other, aligned, constructed,
// zeroed when that is asked for, and all pages back in the end.
#include "lib/test/sleep_reports.hpp"
#include "mm/slab/slab_fixture.hpp"
#include "mm/slab/test_strategies.hpp"

#include <test.hpp>

namespace {

constexpr u32 sizes[] = {1, 7, 8, 13, 24, 32, 64, 100, 192, 256, 500, 1024, 2000, 4096, 5000};

// As many as a few slabs hold, of small objects.
constexpr u32 most_objects = 70;
u8* objects[most_objects];

u32 object_count(u32 size) { return size <= 512 ? most_objects : 9; }

bool straddles_a_line(const u8* object, size_t size) {
    const uintptr_t first = reinterpret_cast<uintptr_t>(object);
    return first / 64 != (first + size - 1) / 64;
}

}  // namespace

STRATEGY_TEST(objects_are_apart_and_keep_their_contents) {
    for (const u32 size : sizes) {
        test_cache cache(strategy, size);
        ASSERT_TRUE(cache);
        EXPECT_EQ(kmem_cache_size(cache.get()), size);
        const u32 count = object_count(size);
        for (u32 i = 0; i < count; ++i) {
            objects[i] = cache.alloc();
            ASSERT_TRUE(objects[i]);
            fill_contents(objects[i], size, i);
        }
        cache.check();
        EXPECT_EQ(cache.live(), count);
        for (u32 i = 0; i < count; i += 2) {
            EXPECT_TRUE(has_contents(objects[i], size, i));
            cache.free(objects[i]);
        }
        cache.check();
        EXPECT_EQ(cache.live(), count / 2);
        // The holes are filled; what lies between them is untouched.
        for (u32 i = 0; i < count; i += 2) {
            objects[i] = cache.alloc();
            ASSERT_TRUE(objects[i]);
            fill_contents(objects[i], size, i + 1000);
        }
        for (u32 i = 0; i < count; ++i) {
            EXPECT_TRUE(has_contents(objects[i], size, i % 2 == 0 ? i + 1000 : i));
            cache.free(objects[i]);
        }
    }
}

STRATEGY_TEST(objects_are_aligned) {
    for (size_t align = 1; align <= PAGE_SIZE; align *= 4)
        for (const u32 size : {1u, 20u, 64u, 200u}) {
            test_cache cache(strategy, size, align);
            ASSERT_TRUE(cache);
            for (u32 i = 0; i < 5; ++i) {
                objects[i] = cache.alloc();
                ASSERT_TRUE(objects[i]);
                EXPECT_TRUE(lies_at_multiple(objects[i], max_of(align, sizeof(void*))));
            }
            for (u32 i = 0; i < 5; ++i) cache.free(objects[i]);
        }
}

// Larger ones begin with a line, smaller ones do not lie in two.
STRATEGY_TEST(objects_keep_to_cache_lines_when_asked_to) {
    for (const u32 size : {4u, 8u, 20u, 33u, 60u, 64u, 100u}) {
        test_cache cache(strategy, size, 0, SLAB_HWCACHE_ALIGN);
        ASSERT_TRUE(cache);
        for (u32 i = 0; i < 40; ++i) {
            objects[i] = cache.alloc();
            ASSERT_TRUE(objects[i]);
            if (size > 32) EXPECT_TRUE(lies_at_multiple(objects[i], 64));
            else EXPECT_FALSE(straddles_a_line(objects[i], size));
        }
        for (u32 i = 0; i < 40; ++i) cache.free(objects[i]);
    }
}

STRATEGY_TEST(zalloc_zeroes_what_was_dirty) {
    for (const u32 size : {1u, 33u, 256u, 3000u}) {
        test_cache cache(strategy, size);
        ASSERT_TRUE(cache);
        u8* object = cache.alloc();
        ASSERT_TRUE(object);
        memset(object, 0xff, size);
        cache.free(object);
        for (u32 i = 0; i < 8; ++i) {
            objects[i] = static_cast<u8*>(kmem_cache_zalloc(cache.get(), GFP_KERNEL));
            ASSERT_TRUE(objects[i]);
            EXPECT_TRUE(all_bytes_are(objects[i], size, 0));
        }
        for (u32 i = 0; i < 8; ++i) cache.free(objects[i]);
    }
}

// ---- constructors ---------------------------------------------------------------------

namespace {

constexpr u32 constructed_size = 40;
constinit u32 constructor_calls = 0;
void construct(void* object) {
    ++constructor_calls;
    fill_contents(object, constructed_size, 7);
}

}  // namespace

STRATEGY_TEST(objects_come_constructed_and_stay_so) {
    constructor_calls = 0;
    test_cache cache(strategy, constructed_size, 0, 0, construct);
    ASSERT_TRUE(cache);
    for (u32 round = 0; round < 3; ++round) {
        for (u32 i = 0; i < most_objects; ++i) {
            objects[i] = cache.alloc();
            ASSERT_TRUE(objects[i]);
            EXPECT_TRUE(has_contents(objects[i], constructed_size, 7));
            objects[i][i % constructed_size] ^= 0xff;
        }
        cache.check();
        // Who gives an object back leaves it as it was constructed.
        for (u32 i = 0; i < most_objects; ++i) {
            objects[i][i % constructed_size] ^= 0xff;
            cache.free(objects[i]);
        }
    }
    EXPECT_GE(constructor_calls, most_objects);
}

// Not once more for an object that comes back: that is what constructors are for.
STRATEGY_TEST(a_slot_is_constructed_once) {
    if (std::string_view(strategy.name()) == "slob")
        SKIP_TEST("slob's free slots belong to no cache");
    constructor_calls = 0;
    test_cache cache(strategy, constructed_size, 0, 0, construct);
    ASSERT_TRUE(cache);
    for (u32 i = 0; i < most_objects; ++i) objects[i] = cache.alloc();
    const u32 calls = constructor_calls;
    EXPECT_EQ(calls, strategy.count(*cache).total_objects);
    for (u32 round = 0; round < 3; ++round) {
        for (u32 i = 0; i < most_objects / 2; ++i) cache.free(objects[i]);
        for (u32 i = 0; i < most_objects / 2; ++i) objects[i] = cache.alloc();
    }
    EXPECT_EQ(constructor_calls, calls);
    for (u32 i = 0; i < most_objects; ++i) cache.free(objects[i]);
}

// ---- pages ------------------------------------------------------------------------------

STRATEGY_TEST(shrink_gives_every_page_back) {
    for (const u32 size : {16u, 100u, 700u, 4096u}) {
        test_cache cache(strategy, size);
        ASSERT_TRUE(cache);
        const u32 before = pages_in_use_without_empty_slabs();
        const u32 count = object_count(size);
        for (u32 i = 0; i < count; ++i) objects[i] = cache.alloc();
        // Small objects of slob's may have had room among others.
        if (&strategy != &slob_strategy())
            EXPECT_GT(pages_in_use_without_empty_slabs(), before);
        for (u32 i = 0; i < count; ++i) cache.free(objects[i]);
        kmem_cache_shrink(cache.get());
        EXPECT_EQ(cache.slabs(), 0u);
        EXPECT_EQ(pages_in_use_without_empty_slabs(), before);
        EXPECT_EQ(kmem_cache_shrink(cache.get()), 0u);
        cache.check();
    }
}

// With an object in it, a slab stays, and the object with it.
STRATEGY_TEST(shrink_leaves_what_is_in_use) {
    test_cache cache(strategy, 64);
    ASSERT_TRUE(cache);
    for (u32 i = 0; i < most_objects; ++i) {
        objects[i] = cache.alloc();
        ASSERT_TRUE(objects[i]);
        fill_contents(objects[i], 64, i);
    }
    for (u32 i = 1; i < most_objects; ++i) cache.free(objects[i]);
    kmem_cache_shrink(cache.get());
    cache.check();
    EXPECT_EQ(cache.live(), 1u);
    EXPECT_TRUE(has_contents(objects[0], 64, 0));
    cache.free(objects[0]);
}

STRATEGY_TEST(bulk_is_all_or_none) {
    test_cache cache(strategy, 48);
    ASSERT_TRUE(cache);
    void** const many = reinterpret_cast<void**>(objects);
    EXPECT_TRUE(kmem_cache_alloc_bulk(cache.get(), GFP_KERNEL, 0, many));
    ASSERT_TRUE(kmem_cache_alloc_bulk(cache.get(), GFP_KERNEL, most_objects, many));
    for (u32 i = 0; i < most_objects; ++i) fill_contents(objects[i], 48, i);
    for (u32 i = 0; i < most_objects; ++i) EXPECT_TRUE(has_contents(objects[i], 48, i));
    EXPECT_EQ(cache.live(), most_objects);
    kmem_cache_free_bulk(cache.get(), most_objects, many);
    EXPECT_EQ(cache.live(), 0u);
    {
        const fail_nth armed(failslab, 30);
        EXPECT_FALSE(kmem_cache_alloc_bulk(cache.get(), GFP_KERNEL, most_objects, many));
        EXPECT_TRUE(armed.failed());
    }
    EXPECT_EQ(cache.live(), 0u);
}

// ---- what is refused --------------------------------------------------------------------

STRATEGY_TEST(high_memory_is_refused) {
    test_cache cache(strategy, 32);
    ASSERT_TRUE(cache);
    EXPECT_FALSE(cache.alloc(GFP_HIGHUSER));
    // Also where an object is at hand.
    u8* const object = cache.alloc();
    ASSERT_TRUE(object);
    cache.free(object);
    EXPECT_FALSE(cache.alloc(GFP_KERNEL | __GFP_HIGHMEM));
}

STRATEGY_TEST(waiting_in_atomic_context_is_reported_once) {
    test_cache cache(strategy, 32);
    ASSERT_TRUE(cache);
    // Of two, one stays: where there is room for more, no page is asked for.
    u8* const kept = cache.alloc();
    cache.free(cache.alloc());
    sleep_reports reports;
    preempt_disable();
    u8* const patient = cache.alloc(GFP_KERNEL);
    EXPECT_EQ(reports.count(), 1u);
    EXPECT_STREQ(reports.what(), "kmem_cache_alloc");
    u8* const urgent = cache.alloc(GFP_ATOMIC);
    preempt_enable();
    u8* const relaxed = cache.alloc(GFP_KERNEL);
    EXPECT_EQ(reports.count(), 1u);
    for (u8* const object : {patient, urgent, relaxed, kept}) {
        ASSERT_TRUE(object);
        cache.free(object);
    }
}

STRATEGY_TEST(senseless_caches_are_not_made) {
    constexpr size_t too_large = (size_t{PAGE_SIZE} << (MAX_ORDER - 1)) + 1;
    EXPECT_FALSE(kmem_cache_create_with(strategy, "test-none", 0, 0, 0, nullptr));
    EXPECT_FALSE(kmem_cache_create_with(strategy, "test-large", too_large, 0, 0, nullptr));
    EXPECT_FALSE(kmem_cache_create_with(strategy, "test-align", 8, 3, 0, nullptr));
    EXPECT_FALSE(kmem_cache_create_with(strategy, "test-align", 8, 2 * PAGE_SIZE, 0, nullptr));
    EXPECT_FALSE(kmem_cache_create_with(strategy, nullptr, 8, 0, 0, nullptr));
    // Room for red zones makes it too large for a block.
    EXPECT_FALSE(kmem_cache_create_with(strategy, "test-zones", too_large - 1, 0,
                                        SLAB_RED_ZONE, nullptr));
    EXPECT_TRUE(kmem_cache_destroy(nullptr));
}
