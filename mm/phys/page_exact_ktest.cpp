// alloc_pages_exact on the kernel's own pages, to each of its failures.
#include "mm/phys/page_alloc.hpp"

#include <test.hpp>

TEST(page_failure, alloc_pages_exact_unwinds) {
    constexpr size_t bytes = 5 * PAGE_SIZE + 1;
    fault_attr& fail_page_alloc = the_page_allocator().fail_page_alloc();
    if (fail_page_alloc.armed()) SKIP_TEST("pages fail by chance, as the command line says");
    const u32 before = the_page_allocator().pages_in_use();
    const u32 points = for_each_failure(fail_page_alloc, [&] {
        void* const room = alloc_pages_exact(bytes, GFP_KERNEL | __GFP_NOWARN);
        EXPECT_EQ(the_page_allocator().pages_in_use(), before + (room ? 6u : 0u));
        free_pages_exact(room, bytes);
        EXPECT_EQ(the_page_allocator().pages_in_use(), before);
    });
    EXPECT_EQ(points, 1u);
}

TEST(page_failure, free_pages_exact_of_null_is_nothing) { free_pages_exact(nullptr, 4096); }
