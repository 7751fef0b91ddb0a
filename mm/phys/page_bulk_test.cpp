// Pages by the dozen are pages like others: counted, checked, and all come back.
#include "mm/phys/test_pages.hpp"

#include <test.hpp>

namespace {

constexpr gfp_t quiet = GFP_ATOMIC | __GFP_NOWARN;
constexpr u32 some = 150;  // more than two chunks
page* pages[some];

struct started_arena : page_arena {
    started_arena() { (*this)->start(); }
};

void expect_apart(u32 count) {
    for (u32 i = 0; i < count; ++i) {
        EXPECT_TRUE(page_test(*pages[i], PG_allocated));
        EXPECT_EQ(page_count(*pages[i]), 1);
        EXPECT_EQ(page_order(*pages[i]), 0u);
        pages[i]->private_ = i + 1;
    }
    for (u32 i = 0; i < count; ++i) EXPECT_EQ(pages[i]->private_, i + 1);
}

}  // namespace

TEST(page_bulk, as_many_pages_as_were_asked_for_and_none_twice) {
    started_arena arena;
    for (const u32 count : {0u, 1u, 7u, 64u, some}) {
        ASSERT_EQ(arena->alloc_pages_bulk(quiet, count, pages), count);
        EXPECT_EQ(arena->pages_in_use(), count);
        expect_apart(count);
        arena->check_invariants();
        arena->free_pages_bulk(count, pages);
        EXPECT_EQ(arena->pages_in_use(), 0u);
        arena->check_invariants();
    }
    EXPECT_EQ(heard.count, 0u);
}

// Single frees and bulk frees may be mixed, and orders on the way back are no matter.
TEST(page_bulk, pages_are_like_any_others) {
    started_arena arena;
    ASSERT_EQ(arena->alloc_pages_bulk(quiet, some, pages), some);
    for (u32 i = 0; i < some; i += 2) arena->free_pages(pages[i], 0);
    u32 left = 0;
    for (u32 i = 1; i < some; i += 2) pages[left++] = pages[i];
    arena->free_pages_bulk(left, pages);
    EXPECT_EQ(arena->pages_in_use(), 0u);
    for (u32 i = 0; i < 8; ++i) pages[i] = arena->alloc_pages(quiet, 0);
    arena->free_pages_bulk(8, pages);
    EXPECT_EQ(arena->pages_in_use(), 0u);
    EXPECT_EQ(heard.count, 0u);
    arena->check_invariants();
}

TEST(page_bulk, fewer_where_there_are_fewer) {
    started_arena arena;
    // All but some: the pages beneath the mark are not for everybody.
    const u32 mark = arena.normal().wmark[WMARK_MIN];
    page* const rest = arena->alloc_contig_pages(TEST_PAGES - mark - some / 2, GFP_KERNEL);
    ASSERT_TRUE(rest);
    const u32 in_use = arena->pages_in_use();
    const u32 got = arena->alloc_pages_bulk(GFP_NOWAIT | __GFP_NOWARN, some, pages);
    EXPECT_GT(got, some / 3);
    EXPECT_LT(got, some);
    EXPECT_EQ(arena->pages_in_use(), in_use + got);
    EXPECT_EQ(arena->nr_failed(), 1u);
    expect_apart(got);
    arena->check_invariants();
    arena->free_pages_bulk(got, pages);
    EXPECT_EQ(arena->pages_in_use(), in_use);
    arena->free_contig_pages(rest, TEST_PAGES - mark - some / 2);
    arena->drain_local_pages();
    EXPECT_EQ(arena->free_pages_count(), TEST_PAGES);
}

TEST(page_bulk, each_page_of_them_can_fail) {
    started_arena arena;
    u32 failed = 0;
    const u32 points = for_each_failure(arena->fail_page_alloc(), [&] {
        const u32 got = arena->alloc_pages_bulk(quiet, 9, pages);
        if (got < 9) EXPECT_EQ(got, failed++);
        arena->free_pages_bulk(got, pages);
        EXPECT_EQ(arena->pages_in_use(), 0u);
        arena->check_invariants();
    });
    EXPECT_EQ(points, 9u);
    EXPECT_EQ(failed, 9u);
}

// One wrong page among others is reported and left alone; the others are freed.
TEST(page_bulk, a_wrong_page_does_not_hold_the_others_up) {
    started_arena arena;
    ASSERT_EQ(arena->alloc_pages_bulk(quiet, 5, pages), 5u);
    page* const twice = pages[1];
    arena->free_pages(twice, 0);
    arena->free_pages_bulk(5, pages);
    EXPECT_EQ(heard.count, 1u);
    EXPECT_EQ(heard.bug, page_bug::double_free);
    EXPECT_EQ(heard.frame, arena.frame_of(twice));
    EXPECT_EQ(arena->pages_in_use(), 0u);
    arena->check_invariants();
}

TEST(page_bulk, a_page_that_others_hold_stays) {
    started_arena arena;
    ASSERT_EQ(arena->alloc_pages_bulk(quiet, 5, pages), 5u);
    get_page(*pages[2]);
    arena->free_pages_bulk(5, pages);
    EXPECT_EQ(arena->pages_in_use(), 1u);
    EXPECT_EQ(page_count(*pages[2]), 1);
    arena->put_page(pages[2]);
    EXPECT_EQ(arena->pages_in_use(), 0u);
    EXPECT_EQ(heard.count, 0u);
}

TEST(page_bulk, a_clobbered_page_is_passed_over) {
    started_arena arena;
    ASSERT_EQ(arena->alloc_pages_bulk(quiet, 3, pages), 3u);
    page* const bad = pages[0];
    arena->free_pages_bulk(3, pages);
    bad->flags = bad->flags | page_flags::bit(PG_dirty);
    EXPECT_EQ(arena->alloc_pages_bulk(quiet, 3, pages), 3u);
    EXPECT_EQ(heard.count, 1u);
    EXPECT_EQ(heard.bug, page_bug::clobbered);
    for (u32 i = 0; i < 3; ++i) EXPECT_NE(pages[i], bad);
    arena->free_pages_bulk(3, pages);
    EXPECT_EQ(arena->pages_in_use(), 1u);
}
