#include "mm/phys/test_pages.hpp"

#include <test.hpp>

namespace {

u32 blocks_of(u32 frame, u32 count) {
    u32 blocks = 0;
    for_each_block(frame, count, [&](u32, unsigned) { ++blocks; });
    return blocks;
}

}  // namespace

TEST(contig, any_number_of_pages_side_by_side_and_back) {
    for (const u32 count : {1u, 2u, 5u, 1023u, 1024u, 1025u, 1536u, 2047u, 2048u}) {
        page_arena arena;
        const u64 at_first = picture_of(*arena);
        page* const first = arena->alloc_contig_pages(count, GFP_KERNEL);
        ASSERT_TRUE(first);
        EXPECT_EQ(arena->pages_in_use(), count);
        // The tail is free: not a page more than asked is in use, and none less.
        EXPECT_EQ(arena.normal().free_pages(), TEST_PAGES - count);
        u32 heads = 0;
        for (u32 i = 0; i < count; ++i) {
            EXPECT_FALSE(PageBuddy(first[i]));
            if (page_test(first[i], PG_allocated)) ++heads;
        }
        EXPECT_EQ(heads, blocks_of(arena.frame_of(first), count));
        if (count < TEST_PAGES) EXPECT_TRUE(PageBuddy(first[count]));
        arena->check_invariants();

        arena->free_contig_pages(first, count);
        arena->drain_local_pages();
        EXPECT_EQ(picture_of(*arena), at_first);
        EXPECT_EQ(heard.count, 0u);
        arena->check_invariants();
    }
}

TEST(contig, none_and_too_many_are_refused) {
    page_arena arena;
    EXPECT_FALSE(arena->alloc_contig_pages(0, GFP_KERNEL));
    EXPECT_FALSE(arena->alloc_contig_pages(TEST_PAGES + 1, GFP_KERNEL));
    EXPECT_FALSE(arena->alloc_contig_pages(~0u, GFP_KERNEL));
    EXPECT_EQ(arena->pages_in_use(), 0u);
    arena->check_invariants();
}

TEST(contig, one_page_in_the_wrong_place_is_enough_to_refuse) {
    page_arena arena;
    page* const whole = arena->alloc_pages(GFP_KERNEL, MAX_ORDER - 1);
    EXPECT_FALSE(arena->alloc_contig_pages(1025, GFP_KERNEL));
    page* const half = arena->alloc_contig_pages(1024, GFP_KERNEL);
    EXPECT_TRUE(half);
    arena->free_contig_pages(half, 1024);
    page* const page = arena->alloc_pages(GFP_KERNEL, 0);
    EXPECT_FALSE(arena->alloc_contig_pages(1024, GFP_KERNEL));
    EXPECT_FALSE(arena->alloc_contig_pages(1, GFP_KERNEL));  // moves nothing, joins only
    arena->check_invariants();
    arena->free_pages(page, 0);
    arena->drain_local_pages();
    arena->free_pages(whole, MAX_ORDER - 1);
    EXPECT_TRUE(arena->alloc_contig_pages(2048, GFP_KERNEL));
    arena->check_invariants();
}

// A page on a CPU's list is free, but its block is in pieces.
TEST(contig, empties_this_cpus_lists_if_need_be) {
    page_arena arena;
    arena.normal().set_pcp_limits(64, 4);
    arena->free_pages(arena->alloc_pages(GFP_KERNEL, 0), 0);
    EXPECT_EQ(arena.normal().pcp_pages(), 4u);
    page* const first = arena->alloc_contig_pages(1024, GFP_KERNEL);
    EXPECT_TRUE(first);
    EXPECT_EQ(arena.normal().pcp_pages(), 4u);  // there was no need
    EXPECT_TRUE(arena->alloc_contig_pages(1024, GFP_KERNEL));
    EXPECT_EQ(arena.normal().pcp_pages(), 0u);
    arena->check_invariants();
}

TEST(contig, leaves_the_marks_to_others) {
    page_arena arena;
    arena.normal().wmark[WMARK_LOW] = 1000;
    EXPECT_FALSE(arena->alloc_contig_pages(1049, GFP_KERNEL));
    EXPECT_TRUE(arena->alloc_contig_pages(1048, GFP_KERNEL));
    arena->check_invariants();
}

TEST(contig, leaves_a_lower_zone_its_reserve) {
    page_arena arena({.dma_end = 1024});
    arena->zone_at(ZONE_DMA).lowmem_reserve[ZONE_NORMAL] = 100;
    EXPECT_TRUE(arena->alloc_contig_pages(1024, GFP_KERNEL));
    EXPECT_FALSE(arena->alloc_contig_pages(925, GFP_KERNEL));
    page* const rest = arena->alloc_contig_pages(924, GFP_KERNEL);
    ASSERT_TRUE(rest);
    arena->free_contig_pages(rest, 924);
    arena->drain_local_pages();
    EXPECT_TRUE(arena->alloc_contig_pages(1024, GFP_KERNEL | GFP_DMA));
    arena->check_invariants();
}

TEST(contig, falls_back_to_a_lower_zone_and_crosses_no_border) {
    page_arena arena({.dma_end = 1024});
    EXPECT_FALSE(arena->alloc_contig_pages(1025, GFP_KERNEL));
    page* const upper = arena->alloc_contig_pages(1000, GFP_KERNEL);
    page* const lower = arena->alloc_contig_pages(1000, GFP_KERNEL);
    ASSERT_TRUE(upper && lower);
    EXPECT_EQ(page_zonenum(*upper), ZONE_NORMAL);
    EXPECT_EQ(page_zonenum(*lower), ZONE_DMA);
    arena->check_invariants();
}

TEST(contig, is_freed_by_the_number_it_was_taken_by) {
    page_arena arena;
    page* const first = arena->alloc_contig_pages(1100, GFP_KERNEL);
    const u32 frame = arena.frame_of(first);
    u32 reports = 0;
    for (const u32 wrong : {0u, 1u, 1024u, 1099u, 1101u}) {
        arena->free_contig_pages(first, wrong);
        EXPECT_EQ(heard.count, ++reports);
        EXPECT_EQ(heard.bug, page_bug::wrong_count);
        EXPECT_EQ(heard.frame, frame);
        EXPECT_EQ(arena->pages_in_use(), 1100u);
    }
    arena->free_contig_pages(first + 1024, 76);  // a block of it, but not the first
    EXPECT_EQ(heard.count, ++reports);
    EXPECT_EQ(heard.bug, page_bug::wrong_count);
    arena->check_invariants();
    arena->free_contig_pages(first, 1100);
    EXPECT_EQ(heard.count, reports);
    EXPECT_EQ(arena->pages_in_use(), 0u);
    arena->check_invariants();
}

TEST(contig, is_not_freed_while_somebody_refers_to_a_part_of_it) {
    page_arena arena;
    page* const first = arena->alloc_contig_pages(1100, GFP_KERNEL);
    ASSERT_TRUE(first);
    get_page(first[1024]);
    arena->free_contig_pages(first, 1100);
    EXPECT_EQ(heard.count, 1u);
    EXPECT_EQ(heard.bug, page_bug::wrong_count);
    EXPECT_EQ(arena->pages_in_use(), 1100u);
    arena->put_page(&first[1024]);
    arena->free_contig_pages(first, 1100);
    EXPECT_EQ(heard.count, 1u);
    EXPECT_EQ(arena->pages_in_use(), 0u);
    arena->check_invariants();
}

// What an earlier owner left in `private` says nothing of where a range begins.
TEST(contig, an_earlier_owners_private_is_no_count) {
    page_arena arena;
    for (u32 frame = 0; frame < TEST_PAGES; ++frame) arena.at(frame)->private_ = 4;
    page* const first = arena->alloc_contig_pages(1028, GFP_KERNEL);
    ASSERT_TRUE(first);
    arena->free_contig_pages(first + 1024, 4);
    EXPECT_EQ(heard.count, 1u);
    EXPECT_EQ(heard.bug, page_bug::wrong_count);
    EXPECT_EQ(arena->pages_in_use(), 1028u);
    arena->free_contig_pages(first, 1028);
    EXPECT_EQ(heard.count, 1u);
    arena->check_invariants();
}

TEST(contig, is_told_apart_from_a_block) {
    page_arena arena;
    page* const range = arena->alloc_contig_pages(1024, GFP_KERNEL);
    arena->free_pages(range, MAX_ORDER - 1);
    EXPECT_EQ(heard.count, 1u);
    page* const block = arena->alloc_pages(GFP_KERNEL, MAX_ORDER - 1);
    arena->free_contig_pages(block, 1024);
    EXPECT_EQ(heard.count, 2u);
    EXPECT_EQ(heard.bug, page_bug::wrong_count);
    EXPECT_EQ(arena->pages_in_use(), 2048u);
    arena->check_invariants();
    arena->free_contig_pages(range, 1024);
    arena->free_pages(block, MAX_ORDER - 1);
    EXPECT_EQ(heard.count, 2u);
    EXPECT_EQ(arena->pages_in_use(), 0u);
    arena->check_invariants();
}

TEST(contig, freed_twice_is_a_double_free) {
    page_arena arena;
    page* const range = arena->alloc_contig_pages(1030, GFP_KERNEL);
    arena->free_contig_pages(range, 1030);
    arena->drain_local_pages();
    arena->free_contig_pages(range, 1030);
    EXPECT_EQ(heard.count, 1u);
    EXPECT_EQ(heard.bug, page_bug::double_free);
    arena->check_invariants();
}

TEST(contig, leaves_what_is_kept_for_urgent_requests) {
    page_arena arena;
    zone& zone = arena.normal();
    zone.manage(4 * pageblock_nr_pages);  // as if it had several more
    page* const kept = arena.take(MAX_ORDER - 1);
    {
        lock_guard held(zone.lock);
        zone.reserve_highatomic_locked(kept);
        zone.give_locked(kept, MAX_ORDER - 1);
    }
    EXPECT_FALSE(arena->alloc_contig_pages(1025, GFP_KERNEL));
    page* const other = arena->alloc_contig_pages(1024, GFP_KERNEL);
    EXPECT_TRUE(other);
    EXPECT_NE(other, kept);
    EXPECT_FALSE(arena->alloc_contig_pages(1, GFP_KERNEL));
    zone.check_invariants();
}
