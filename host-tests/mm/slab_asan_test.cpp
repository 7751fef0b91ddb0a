// AddressSanitizer sees into the caches: what is free is out of bounds for everybody.
#include "mm/slab/kmalloc.hpp"
#include "mm/slab/test_strategies.hpp"

#include <sanitizer/asan_interface.h>
#include <test.hpp>

namespace {

constexpr size_t size = 48;

bool is_out_of_bounds(const u8* from, size_t count) {
    for (size_t i = 0; i < count; ++i)
        if (!__asan_address_is_poisoned(from + i)) return false;
    return true;
}
bool is_in_bounds(u8* from, size_t count) {
    return __asan_region_is_poisoned(from, count) == nullptr;
}

}  // namespace

STRATEGY_TEST(asan_knows_which_objects_are_free) {
    for (const slab_flags_t flags : {slab_flags_t{0}, SLAB_DEBUG_FLAGS}) {
        kmem_cache* const cache = kmem_cache_create_with(strategy, "test-asan", size, 8,
                                                         flags | SLAB_NO_MERGE, nullptr);
        u8* const object = static_cast<u8*>(kmem_cache_alloc(cache, GFP_KERNEL));
        u8* const other = static_cast<u8*>(kmem_cache_alloc(cache, GFP_KERNEL));
        EXPECT_TRUE(is_in_bounds(object, size));
        EXPECT_TRUE(is_in_bounds(other, size));
        kmem_cache_free(cache, object);
        EXPECT_TRUE(is_out_of_bounds(object, size));
        EXPECT_TRUE(is_in_bounds(other, size));
        u8* const again = static_cast<u8*>(kmem_cache_zalloc(cache, GFP_KERNEL));
        EXPECT_TRUE(is_in_bounds(again, size));
        kmem_cache_free(cache, again);
        kmem_cache_free(cache, other);
        kmem_cache_shrink(cache);
        // The pages are the page allocator's again.
        EXPECT_TRUE(is_in_bounds(object, size));
        EXPECT_TRUE(kmem_cache_destroy(cache));
    }
}

// What was never handed out, too.
TEST(slab_asan, the_neighbour_of_the_first_object_is_out_of_bounds) {
    kmem_cache* const cache = kmem_cache_create_with(slub_strategy(), "test-asan", 64, 64,
                                                     SLAB_NO_MERGE, nullptr);
    u8* const object = static_cast<u8*>(kmem_cache_alloc(cache, GFP_KERNEL));
    EXPECT_TRUE(is_out_of_bounds(object + 64, 64));
    kmem_cache_free(cache, object);
    EXPECT_TRUE(kmem_cache_destroy(cache));
}

TEST(slab_asan_death, use_after_free_ends_the_program) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    u8* const object = static_cast<u8*>(kmalloc(32, GFP_KERNEL));
    kfree(object);
    EXPECT_DEATH(*const_cast<volatile u8*>(object) = 1, "use-after-poison");
}
