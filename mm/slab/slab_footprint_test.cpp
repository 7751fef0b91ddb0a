// What small objects cost beside themselves: of slub, at most two parts in a hundred.
#include "mm/slab/slab_fixture.hpp"
#include "mm/slab/slub.hpp"

#include <test.hpp>

namespace {

constexpr u32 size = 32;

// A million where there is room, else half of what is free; less where each object is
// looked at on its way.
u32 wanted_objects() {
    const page_allocator& pages = the_page_allocator();
    const u32 half = (pages.managed_pages() - pages.pages_in_use()) / 2;
    return min_of(dear_checks ? u32{100'000} : u32{1'000'000}, half * (PAGE_SIZE / size));
}

// All in one chain, each with the address of the one before it: no other memory is needed
// to hold them.
struct link {
    link* before;
    u32 number;
};

}  // namespace

TEST(slub, a_million_small_objects_cost_little_beside_themselves) {
    if (the_page_allocator().frames() < 4096) SKIP_TEST("less than 16 MiB of memory");
    if (failslab.armed() || the_page_allocator().fail_page_alloc().armed())
        SKIP_TEST("allocations fail by chance");
    const u32 at_rest = pages_in_use_without_empty_slabs();
    {
        test_cache cache(slub_strategy(), size);
        ASSERT_TRUE(cache);
        const u32 before = the_page_allocator().pages_in_use();
        const u32 wanted = wanted_objects();
        link* last = nullptr;
        u32 count = 0;
        for (; count < wanted; ++count) {
            void* const object = kmem_cache_alloc(cache.get(), GFP_KERNEL);
            if (!object) break;
            last = new (object) link{last, count};
        }
        EXPECT_EQ(count, wanted);
        const u64 taken = u64{the_page_allocator().pages_in_use() - before} * PAGE_SIZE;
        EXPECT_LE(taken * 100, u64{count} * size * 102);
        EXPECT_EQ(cache.live(), count);
        while (last) {
            --count;
            if (last->number != count) break;  // else each would be told
            link* const before_it = last->before;
            kmem_cache_free(cache.get(), last);
            last = before_it;
        }
        EXPECT_EQ(count, 0u);
        EXPECT_FALSE(last);
    }
    EXPECT_EQ(pages_in_use_without_empty_slabs(), at_rest);
}
