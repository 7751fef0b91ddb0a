// Who may be merged with whom: Linux's conditions, one by one.
#include "mm/slab/slab_merge.hpp"

#include "mm/slab/slab_strategy.hpp"

#include <test.hpp>

namespace {

void no_constructor(void*) {}

struct usual_cache : kmem_cache {
    usual_cache() : kmem_cache{} {
        strategy = &slub_strategy();
        size = object_size = 192;
        align = 8;
    }
};

constexpr merge_wish wish(size_t size, size_t align = 8, slab_flags_t flags = 0) {
    return {size, align, flags};
}

}  // namespace

TEST(slab_merge, sizes_within_a_word) {
    const usual_cache cache;
    EXPECT_TRUE(can_merge_into(cache, wish(192)));
    EXPECT_TRUE(can_merge_into(cache, wish(192 - sizeof(void*) + 1)));
    EXPECT_TRUE(can_merge_into(cache, wish(185)));   // its slot is of 192 bytes, too
    EXPECT_FALSE(can_merge_into(cache, wish(184)));
    EXPECT_FALSE(can_merge_into(cache, wish(193)));
}

TEST(slab_merge, slots_begin_where_they_should) {
    const usual_cache cache;
    EXPECT_TRUE(can_merge_into(cache, wish(192, 64)));
    EXPECT_FALSE(can_merge_into(cache, wish(192, 128)));
    usual_cache odd;
    odd.size = 200;
    EXPECT_TRUE(can_merge_into(odd, wish(200, 8)));
    EXPECT_FALSE(can_merge_into(odd, wish(200, 16)));
}

TEST(slab_merge, pages_of_one_kind) {
    usual_cache cache;
    for (const slab_flags_t flag : {SLAB_CACHE_DMA, SLAB_RECLAIM_ACCOUNT}) {
        cache.flags = 0;
        EXPECT_FALSE(can_merge_into(cache, wish(192, 8, flag)));
        cache.flags = flag;
        EXPECT_TRUE(can_merge_into(cache, wish(192, 8, flag)));
        EXPECT_FALSE(can_merge_into(cache, wish(192)));
    }
}

TEST(slab_merge, nothing_special_in_either) {
    usual_cache cache;
    for (const slab_flags_t flag : {SLAB_NO_MERGE, SLAB_RED_ZONE, SLAB_POISON,
                                    SLAB_STORE_USER, SLAB_CONSISTENCY_CHECKS}) {
        cache.flags = 0;
        EXPECT_FALSE(can_merge_into(cache, wish(192, 8, flag)));
        cache.flags = flag;
        EXPECT_FALSE(can_merge_into(cache, wish(192)));
    }
    cache.flags = 0;
    cache.ctor = no_constructor;
    EXPECT_FALSE(can_merge_into(cache, wish(192)));
}

TEST(slab_merge, alignment_that_is_asked_for) {
    EXPECT_EQ(slab_align(100, 0, 0), sizeof(void*));
    EXPECT_EQ(slab_align(100, 32, 0), 32u);
    EXPECT_EQ(slab_align(100, 0, SLAB_HWCACHE_ALIGN), 64u);
    EXPECT_EQ(slab_align(32, 0, SLAB_HWCACHE_ALIGN), 32u);
    EXPECT_EQ(slab_align(20, 0, SLAB_HWCACHE_ALIGN), 32u);
    EXPECT_EQ(slab_align(8, 0, SLAB_HWCACHE_ALIGN), 8u);
    EXPECT_EQ(slab_align(200, 128, SLAB_HWCACHE_ALIGN), 128u);
}
