// kmalloc: which cache a request leads to, and what is promised of the memory.
#include "mm/slab/kmalloc.hpp"

#include "mm/slab/slab_fixture.hpp"

#include <test.hpp>

namespace {

constexpr gfp_t quiet = GFP_KERNEL | __GFP_NOWARN;
constexpr gfp_t type_masks[NR_KMALLOC_TYPES] = {GFP_KERNEL, GFP_KERNEL | __GFP_RECLAIMABLE,
                                                GFP_KERNEL | __GFP_DMA};

kmem_cache* cache_of(const void* object) {
    page* const page = virt_to_page(object);
    return page->slab_cache->strategy->cache_of(page, object);
}

// The sizes are ascending, so that the first that suffices is the smallest.
u32 smallest_that_suffices(size_t size) {
    for (const kmalloc_size& row : kmalloc_sizes)
        if (row.size >= size) return row.size;
    return 0;
}

// Not known to the compiler.
size_t at_run_time(size_t size) {
    asm volatile("" : "+r"(size));
    return size;
}

}  // namespace

TEST(kmalloc, the_index_of_every_size_is_that_of_the_smallest_cache) {
    u32 wrong = 0;
    u32 size_of_index[NR_KMALLOC_INDEXES] = {};
    for (const kmalloc_size& row : kmalloc_sizes) {
        EXPECT_EQ(size_of_index[kmalloc_index(row.size)], 0u);
        size_of_index[kmalloc_index(row.size)] = row.size;
    }
    const kmalloc_size* row = kmalloc_sizes;
    for (size_t size = 1; size <= KMALLOC_MAX_CACHE_SIZE; ++size) {
        if (size > row->size) ++row;
        wrong += size_of_index[kmalloc_index(size)] != row->size;
    }
    EXPECT_EQ(wrong, 0u);
    EXPECT_EQ(kmalloc_index(96), 1u);
    EXPECT_EQ(kmalloc_index(192), 2u);
    EXPECT_EQ(kmalloc_index(4096), 12u);
    EXPECT_EQ(kmalloc_index(KMALLOC_MAX_CACHE_SIZE), KMALLOC_SHIFT_HIGH);
}

TEST(kmalloc, the_type_is_that_of_the_mask) {
    EXPECT_EQ(kmalloc_type(GFP_KERNEL), KMALLOC_NORMAL);
    EXPECT_EQ(kmalloc_type(GFP_ATOMIC), KMALLOC_NORMAL);
    EXPECT_EQ(kmalloc_type(GFP_KERNEL | __GFP_RECLAIMABLE), KMALLOC_RECLAIM);
    EXPECT_EQ(kmalloc_type(GFP_DMA), KMALLOC_DMA);
    EXPECT_EQ(kmalloc_type(GFP_DMA | __GFP_RECLAIMABLE), KMALLOC_DMA);
}

TEST(kmalloc, thirteen_sizes_of_the_books_and_nine_of_slub) {
    u32 books = 0, notes = 0;
    for (const kmalloc_size& row : kmalloc_sizes) {
        books += row.in_the_books;
        notes += row.in_slub_notes;
    }
    EXPECT_EQ(books, 13u);
    EXPECT_EQ(notes, 9u);
}

// Just as large as a cache's objects, and one less, and one more.
TEST(kmalloc, every_size_of_every_type_comes_from_its_cache) {
    for (unsigned type = 0; type < NR_KMALLOC_TYPES; ++type)
        for (const kmalloc_size& row : kmalloc_sizes) {
            kmem_cache* const cache = kmalloc_caches[type][kmalloc_index(row.size)];
            ASSERT_TRUE(cache);
            EXPECT_EQ(cache->object_size, row.size);
            for (const size_t size : {row.size - 1, row.size, row.size + 1}) {
                if (size > KMALLOC_MAX_CACHE_SIZE) continue;
                const gfp_t mask = type_masks[type] | __GFP_NOWARN;
                void* const object = kmalloc(at_run_time(size), mask);
                if (!object && row.size > PAGE_SIZE) continue;  // a small machine
                ASSERT_TRUE(object);
                EXPECT_EQ(cache_of(object)->object_size, smallest_that_suffices(size));
                EXPECT_EQ(cache_of(object) == cache, size <= row.size);
                EXPECT_GE(ksize(object), size);
                memset(object, 0x77, ksize(object));
                if (type == KMALLOC_DMA)
                    EXPECT_LT(virt_to_phys(object).raw() + size, 16 * MiB + 1);
                if (std::has_single_bit(row.size) && size == row.size)
                    EXPECT_TRUE(lies_at_multiple(object, min_of(row.size, PAGE_SIZE)));
                kfree(object);
            }
        }
}

TEST(kmalloc, a_constant_size_leads_to_the_same_cache) {
#define EXPECT_SAME_CACHE(size)                                   \
    do {                                                          \
        void* const folded = kmalloc(size, GFP_KERNEL);           \
        void* const looked_up = kmalloc(at_run_time(size), GFP_KERNEL); \
        EXPECT_EQ(cache_of(folded), cache_of(looked_up));         \
        kfree(folded);                                            \
        kfree(looked_up);                                         \
    } while (0)
    EXPECT_SAME_CACHE(1);
    EXPECT_SAME_CACHE(32);
    EXPECT_SAME_CACHE(65);
    EXPECT_SAME_CACHE(96);
    EXPECT_SAME_CACHE(97);
    EXPECT_SAME_CACHE(130);
    EXPECT_SAME_CACHE(193);
    EXPECT_SAME_CACHE(4096);
#undef EXPECT_SAME_CACHE
}

TEST(kmalloc, nothing_at_all_is_not_null) {
    EXPECT_EQ(kmalloc(0, GFP_KERNEL), ZERO_SIZE_PTR);
    EXPECT_EQ(kmalloc(at_run_time(0), GFP_KERNEL), ZERO_SIZE_PTR);
    EXPECT_EQ(kcalloc(0, 8, GFP_KERNEL), ZERO_SIZE_PTR);
    EXPECT_EQ(ksize(ZERO_SIZE_PTR), 0u);
    EXPECT_EQ(ksize(nullptr), 0u);
    kfree(ZERO_SIZE_PTR);
    kfree(nullptr);
}

TEST(kmalloc, zeroed_memory_is_zeroed) {
    for (const size_t size : {8u, 100u, 3000u}) {
        void* const dirty = kmalloc(size, GFP_KERNEL);
        ASSERT_TRUE(dirty);
        memset(dirty, 0xff, size);
        kfree(dirty);
        void* const zeroed = kzalloc(size, GFP_KERNEL);
        void* const several = kcalloc(size / 4, 4, GFP_KERNEL);
        ASSERT_TRUE(zeroed && several);
        EXPECT_TRUE(all_bytes_are(zeroed, size, 0));
        EXPECT_TRUE(all_bytes_are(several, size / 4 * 4, 0));
        kfree(zeroed);
        kfree(several);
    }
}

TEST(kmalloc, products_that_overflow_are_refused) {
    constexpr size_t most = ~size_t{0};
    EXPECT_FALSE(kcalloc(most, 2, GFP_KERNEL));
    EXPECT_FALSE(kcalloc(2, most, GFP_KERNEL));
    EXPECT_FALSE(kmalloc_array(most / 8 + 2, 8, GFP_KERNEL));
    EXPECT_FALSE(kmalloc_array(size_t{1} << (sizeof(size_t) * 4),
                               size_t{1} << (sizeof(size_t) * 4), GFP_KERNEL));
    void* const fits = kmalloc_array(3, 10, GFP_KERNEL);
    ASSERT_TRUE(fits);
    EXPECT_GE(ksize(fits), 30u);
    kfree(fits);
}

TEST(kmalloc, high_memory_is_refused) {
    // Also where an object is at hand.
    kfree(kmalloc(32, GFP_KERNEL));
    EXPECT_FALSE(kmalloc(32, GFP_HIGHUSER));
    EXPECT_FALSE(kmalloc(at_run_time(32), GFP_HIGHUSER));
    EXPECT_FALSE(kmalloc(KMALLOC_MAX_CACHE_SIZE + 1, GFP_HIGHUSER));
}

TEST(kmalloc, without_memory_there_is_null) {
    if (failslab.armed()) SKIP_TEST("objects fail by chance, as the command line says");
    for (const size_t size : {32u, 5000u}) {
        const fail_nth first(failslab, 1);
        EXPECT_FALSE(kmalloc(at_run_time(size), quiet));
        EXPECT_TRUE(first.failed());
    }
    const fail_nth first(failslab, 1);
    EXPECT_FALSE(kmalloc(64, quiet));
    EXPECT_TRUE(first.failed());
}

// ---- larger than any cache's objects: blocks of pages --------------------------------

TEST(kmalloc_large, comes_from_pages_and_goes_back) {
    if (the_page_allocator().managed_pages() < 1024) SKIP_TEST("it takes more memory");
    const u32 before = pages_in_use_without_empty_slabs();
    for (const size_t size : {KMALLOC_MAX_CACHE_SIZE + 1, size_t{300000}}) {
        u8* const large = static_cast<u8*>(kmalloc(size, quiet));
        ASSERT_TRUE(large);
        EXPECT_FALSE(PageSlab(*virt_to_page(large)));
        EXPECT_TRUE(lies_at_multiple(large, PAGE_SIZE));
        EXPECT_GE(ksize(large), size);
        EXPECT_LT(ksize(large), 2 * size);
        large[0] = large[size - 1] = 1;
        EXPECT_EQ(pages_in_use_without_empty_slabs(), before + ksize(large) / PAGE_SIZE);
        kfree(large);
        EXPECT_EQ(pages_in_use_without_empty_slabs(), before);
    }
}

TEST(kmalloc_large, nothing_is_larger_than_the_largest_block) {
    EXPECT_FALSE(kmalloc(KMALLOC_MAX_SIZE + 1, quiet));
    EXPECT_FALSE(kmalloc(~size_t{0}, quiet));
    EXPECT_FALSE(kzalloc(~size_t{0} - 1, quiet));
}

TEST(kmalloc_large, a_bad_address_is_refused_and_nothing_happens) {
    if (the_page_allocator().managed_pages() < 1024) SKIP_TEST("it takes more memory");
    u8* const large = static_cast<u8*>(kmalloc(KMALLOC_MAX_CACHE_SIZE + 1, quiet));
    ASSERT_TRUE(large);
    large[5] = 55;
    const u32 before = the_page_allocator().pages_in_use();
    slab_reports reports;
    for (u8* const bad : {large + 5, large + PAGE_SIZE}) {
        kfree(bad);
        EXPECT_TRUE(reports.only(slab_bug::not_an_object, bad));
        EXPECT_EQ(ksize(bad), 0u);
        EXPECT_TRUE(reports.only(slab_bug::not_an_object, bad));
        EXPECT_FALSE(krealloc(bad, 10, quiet));
        EXPECT_TRUE(reports.only(slab_bug::not_an_object, bad));
    }
    EXPECT_EQ(the_page_allocator().pages_in_use(), before);
    EXPECT_EQ(large[5], 55);
    kfree(large);
    EXPECT_EQ(reports.count(), 0u);
    kfree(large);
    EXPECT_TRUE(reports.only(slab_bug::not_an_object, large));
    EXPECT_EQ(the_page_allocator().pages_in_use(), before - 64);
}
