// Empty slabs are nobody's: who needs a page gets one of theirs.
#include "mm/phys/page_alloc.hpp"
#include "mm/slab/slab_shrinker.hpp"
#include "mm/slab/slab_strategy.hpp"

#include <test.hpp>

namespace {

// A cache with nothing in it but empty slabs, in which nobody has a hand.
class cache_of_empties {
public:
    static constexpr u32 objects = 24;

    cache_of_empties()
        : cache_(kmem_cache_create("empties", 2000, 0, SLAB_NO_MERGE, nullptr)) {}
    ~cache_of_empties() { EXPECT_TRUE(kmem_cache_destroy(cache_)); }

    // Several slabs' worth of objects, in use and given back: slabs stay.
    bool fill() {
        void* taken[objects];
        if (!kmem_cache_alloc_bulk(cache_, GFP_KERNEL | __GFP_NOWARN, objects, taken))
            return false;
        kmem_cache_free_bulk(cache_, objects, taken);
        return true;
    }
    u32 slabs() { return cache_->strategy->count(*cache_).total_slabs; }
    explicit operator bool() const { return cache_ != nullptr; }

private:
    kmem_cache* cache_;
};

// Pages that were taken until none was left, one after another.
class all_pages {
public:
    ~all_pages() {
        while (page* const page = taken_.pop_front()) __free_page(page);
    }
    void take(gfp_t mask) {
        while (page* const page = alloc_page(mask | __GFP_NOWARN)) taken_.push_back(*page);
    }

private:
    page_list taken_;
};

// slob gives each page back at once.
bool keeps_nothing() { return &the_slab_strategy() == &slob_strategy(); }
constexpr const char* why = "slob keeps no slabs";

}  // namespace

TEST(slab_shrinker, gives_empty_slabs_back) {
    if (keeps_nothing()) SKIP_TEST(why);
    cache_of_empties cache;
    ASSERT_TRUE(cache && cache.fill());
    ASSERT_GT(cache.slabs(), 0u);
    EXPECT_GE(slab_shrinker().count(GFP_KERNEL), cache.slabs());
    const u32 before = the_page_allocator().pages_in_use();
    const u32 freed = the_shrinkers().reclaim_all();
    EXPECT_GE(freed, 1u);
    EXPECT_EQ(the_page_allocator().pages_in_use(), before - freed);
    EXPECT_EQ(cache.slabs(), 0u);
    EXPECT_EQ(the_shrinkers().reclaim_all(), 0u);
}

TEST(slab_shrinker, leaves_slabs_in_use_alone) {
    if (keeps_nothing()) SKIP_TEST(why);
    kmem_cache* const cache = kmem_cache_create("in use", 512, 0, SLAB_NO_MERGE, nullptr);
    ASSERT_TRUE(cache);
    auto* const object = static_cast<u8*>(kmem_cache_zalloc(cache, GFP_KERNEL));
    ASSERT_TRUE(object);
    the_shrinkers().reclaim_all();
    EXPECT_EQ(cache->strategy->count(*cache).total_slabs, 1u);
    EXPECT_EQ(object[0] | object[511], 0);
    kmem_cache_free(cache, object);
    EXPECT_TRUE(kmem_cache_destroy(cache));
}

// What came back to a slab that a CPU works on is neither in an empty slab nor on the
// CPU's list; it can be had all the same.
TEST(slab_shrinker, takes_the_slab_a_cpu_works_on) {
    if (keeps_nothing()) SKIP_TEST(why);
    kmem_cache* const cache = kmem_cache_create("in hand", 4000, 0, SLAB_NO_MERGE, nullptr);
    ASSERT_TRUE(cache);
    the_shrinkers().reclaim_all();
    void* const object = kmem_cache_alloc(cache, GFP_KERNEL);
    kmem_cache_free_slow(cache, object);
    EXPECT_GE(slab_shrinker().count(GFP_KERNEL), 1u << cache->order);
    the_shrinkers().reclaim_all();
    EXPECT_EQ(cache->strategy->count(*cache).total_slabs, 0u);
    EXPECT_TRUE(kmem_cache_destroy(cache));
}

// All memory for real: on a machine of 64 MiB that takes a moment.
TEST(slab_shrinker, helps_whoever_finds_no_page) {
    if (the_page_allocator().managed_pages() > 64 * MiB / PAGE_SIZE)
        SKIP_TEST("more than 64 MiB of memory would be taken");
    cache_of_empties cache;
    ASSERT_TRUE(cache && cache.fill());
    const u32 slabs = cache.slabs();
    all_pages all;
    all.take(GFP_NOWAIT);
    EXPECT_EQ(cache.slabs(), slabs);  // nobody was asked for those who may not wait
    page* const page = alloc_page(GFP_KERNEL | __GFP_NOWARN);
    EXPECT_TRUE(page);
    all.take(GFP_KERNEL);
    EXPECT_EQ(cache.slabs(), 0u);
    if (page) __free_page(page);
}
