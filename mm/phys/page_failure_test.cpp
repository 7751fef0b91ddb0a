// Page allocations that fail on purpose (fail_page_alloc): each call can, and nothing
// is lost by it.
#include "mm/phys/test_pages.hpp"

#include <test.hpp>

namespace {

constexpr gfp_t quiet = GFP_ATOMIC | __GFP_NOWARN;

struct started_arena : page_arena {
    started_arena() { (*this)->start(); }
};

// A small caller that unwinds: a block of each kind, all or nothing.
struct three_blocks {
    page* single = nullptr;
    page* large = nullptr;
    page* range = nullptr;

    bool take(page_allocator& pages) {
        if (!(single = pages.alloc_pages(quiet, 0))) return false;
        if (!(large = pages.alloc_pages(quiet, 5))) return false;
        return (range = pages.alloc_contig_pages(300, quiet)) != nullptr;
    }
    void give(page_allocator& pages) {
        if (single) pages.free_pages(single, 0);
        if (large) pages.free_pages(large, 5);
        if (range) pages.free_contig_pages(range, 300);

    }
};

}  // namespace

TEST(page_failure, every_call_can_fail_and_nothing_is_lost) {
    started_arena arena;
    u32 failed = 0, succeeded = 0;
    const u32 points = for_each_failure(arena->fail_page_alloc(), [&] {
        three_blocks blocks;
        blocks.take(*arena) ? ++succeeded : ++failed;
        blocks.give(*arena);
        EXPECT_EQ(arena->pages_in_use(), 0u);
        arena->check_invariants();
    });
    EXPECT_EQ(points, 3u);
    EXPECT_EQ(failed, 3u);
    EXPECT_EQ(succeeded, 1u);
    EXPECT_EQ(arena->nr_failed(), 3u);
    EXPECT_EQ(heard.count, 0u);
}

TEST(page_failure, by_chance_as_often_as_the_boot_parameter_says) {
    started_arena arena;
    EXPECT_FALSE(arena->fail_page_alloc().set("1,101,0,2"));
    ASSERT_TRUE(arena->fail_page_alloc().set("1,100,8192,2"));
    page* pages[6];
    for (page*& page : pages) page = arena->alloc_pages(quiet, 0);
    // While more than a call's bytes are left of 8192, none fails; then two do.
    const bool expected[6] = {true, false, false, true, true, true};
    for (unsigned i = 0; i < 6; ++i) EXPECT_EQ(pages[i] != nullptr, expected[i]);
    for (page* const page : pages)
        if (page) arena->free_pages(page, 0);
    EXPECT_EQ(arena->pages_in_use(), 0u);
    EXPECT_EQ(arena->nr_failed(), 2u);
}

// Who cannot go on without it is not failed on purpose (as in Linux).
TEST(page_failure, nofail_is_not_failed) {
    started_arena arena;
    fail_nth armed(arena->fail_page_alloc(), 1);
    page* const page = arena->alloc_pages(GFP_KERNEL | __GFP_NOFAIL, 0);
    EXPECT_TRUE(page);
    EXPECT_FALSE(armed.failed());
    EXPECT_FALSE(arena->alloc_pages(quiet, 0));
    EXPECT_TRUE(armed.failed());
    if (page) arena->free_pages(page, 0);
    arena->check_invariants();
}
