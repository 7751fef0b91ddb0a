// krealloc: what was in an object is in the next one, or still in the first.
#include "mm/slab/kmalloc.hpp"
#include "mm/slab/slab_fixture.hpp"

#include <test.hpp>

namespace {

constexpr gfp_t quiet = GFP_KERNEL | __GFP_NOWARN;

}  // namespace

TEST(krealloc, grows_and_keeps_the_contents) {
    size_t size = 5;
    void* object = kmalloc(size, GFP_KERNEL);
    ASSERT_TRUE(object);
    for (const size_t next : {6u, 8u, 9u, 64u, 65u, 100u, 190u, 1000u, 5000u, 20000u}) {
        fill_contents(object, size, static_cast<u32>(next));
        void* const larger = krealloc(object, next, quiet);
        ASSERT_TRUE(larger);
        EXPECT_TRUE(has_contents(larger, size, static_cast<u32>(next)));
        EXPECT_GE(ksize(larger), next);
        object = larger;
        size = next;
    }
    kfree(object);
}

// From a cache's object to pages.
TEST(krealloc, grows_beyond_the_caches) {
    if (the_page_allocator().managed_pages() < 1024) SKIP_TEST("it takes more memory");
    void* const object = kmalloc(1000, GFP_KERNEL);
    ASSERT_TRUE(object);
    fill_contents(object, 1000, 1);
    void* const large = krealloc(object, KMALLOC_MAX_CACHE_SIZE + 1, quiet);
    ASSERT_TRUE(large);
    EXPECT_FALSE(PageSlab(*virt_to_page(large)));
    EXPECT_TRUE(has_contents(large, 1000, 1));
    kfree(large);
}

TEST(krealloc, what_has_room_stays) {
    void* const object = kmalloc(100, GFP_KERNEL);
    ASSERT_TRUE(object);
    fill_contents(object, 100, 2);
    EXPECT_EQ(krealloc(object, ksize(object), GFP_KERNEL), object);
    EXPECT_EQ(krealloc(object, 10, GFP_KERNEL), object);
    EXPECT_TRUE(has_contents(object, 100, 2));
    kfree(object);
}

TEST(krealloc, without_memory_the_old_object_is_untouched) {
    if (failslab.armed()) SKIP_TEST("objects fail by chance, as the command line says");
    void* const object = kmalloc(100, GFP_KERNEL);
    ASSERT_TRUE(object);
    fill_contents(object, 100, 3);
    {
        const fail_nth first(failslab, 1);
        EXPECT_FALSE(krealloc(object, 5000, quiet));
        EXPECT_TRUE(first.failed());
    }
    EXPECT_FALSE(krealloc(object, KMALLOC_MAX_SIZE + 1, quiet));
    EXPECT_TRUE(has_contents(object, 100, 3));
    kfree(object);
}

TEST(krealloc, of_nothing_is_kmalloc_and_to_nothing_is_kfree) {
    void* const object = krealloc(nullptr, 40, GFP_KERNEL);
    ASSERT_TRUE(object);
    fill_contents(object, 40, 4);
    EXPECT_EQ(krealloc(object, 0, GFP_KERNEL), ZERO_SIZE_PTR);
    void* const other = krealloc(ZERO_SIZE_PTR, 40, GFP_KERNEL);
    ASSERT_TRUE(other);
    kfree(other);
}
