#include "mm/phys/test_pages.hpp"

#include "lib/random.hpp"

#include <test.hpp>

namespace {

// An arena with nothing free but what a test gives.
page_arena::shape empty_arena(u32 dma_end = 0) {
    return {.dma_end = dma_end, .normal_end = TEST_PAGES, .released = false};
}

// The frames of the arena become usable, and in use.
void own_all(page_arena& arena) {
    arena->release({pfn(0), pfn(TEST_PAGES)});
    for (const zone_type type : {ZONE_DMA, ZONE_NORMAL})
        for (unsigned order = MAX_ORDER; order-- > 0;)
            while (arena.take(arena->zone_at(type), order)) {}
}

}  // namespace

// B5, first case: 256 pages are wanted, and a block of 256 is free.
TEST(buddy, takes_a_block_of_the_wanted_size) {
    page_arena arena(empty_arena());
    own_all(arena);
    arena.give(256, 8);
    arena.give(512, 9);
    EXPECT_EQ(lists_of(arena.normal()).view(), "9@512 8@256");
    EXPECT_EQ(arena.take(8), arena.at(256));
    EXPECT_EQ(lists_of(arena.normal()).view(), "9@512");
    arena.normal().check_invariants();
}

// B5, second case: there is only one of 512, and 256 go back.
TEST(buddy, halves_the_next_larger_block) {
    page_arena arena(empty_arena());
    own_all(arena);
    arena.give(512, 9);
    EXPECT_EQ(arena.take(8), arena.at(512));
    EXPECT_EQ(lists_of(arena.normal()).view(), "8@768");
    EXPECT_EQ(arena.normal().free_pages(), 256u);
    arena.normal().check_invariants();
}

// B5, third case: there is only one of 1024, and 512 and 256 go back.
TEST(buddy, halves_the_largest_block_twice) {
    page_arena arena(empty_arena());
    own_all(arena);
    arena.give(1024, 10);
    EXPECT_EQ(arena.take(8), arena.at(1024));
    EXPECT_EQ(lists_of(arena.normal()).view(), "9@1536 8@1280");
    arena.normal().check_invariants();
    arena.give(1024, 8);
    EXPECT_EQ(lists_of(arena.normal()).view(), "10@1024");
    arena.normal().check_invariants();
}

TEST(buddy, splits_and_merges_every_order_of_every_type) {
    page_arena arena;
    for (unsigned i = 0; i < MIGRATE_PCPTYPES; ++i) {
        const migrate_type type = migrate_type(i);
        arena.set_type(0, type);
        arena.set_type(1024, type);
        for (unsigned order = 0; order < MAX_ORDER; ++order) {
            page* const head = arena.take(order, type);
            ASSERT_TRUE(head);
            const u32 frame = arena.frame_of(head);
            EXPECT_TRUE(is_aligned(frame, 1u << order));
            EXPECT_EQ(head->flags & page_flags::marks, 0u);
            EXPECT_EQ(arena.normal().free_pages(), TEST_PAGES - (1u << order));
            // One half of each size between that and the largest is left.
            for (unsigned k = order; k < MAX_ORDER - 1; ++k)
                EXPECT_EQ(arena.normal().area(k).nr_free, 1u);
            EXPECT_EQ(arena.normal().area(MAX_ORDER - 1).nr_free, 1u);
            arena.give(frame, order);
            EXPECT_EQ(arena.normal().area(MAX_ORDER - 1).nr_free, 2u);
            EXPECT_FALSE(arena.normal().area(MAX_ORDER - 1).free_list[type].empty());
        }
        arena.normal().check_invariants();
    }
}

TEST(buddy, merges_with_the_true_buddy_only) {
    page_arena arena(empty_arena());
    own_all(arena);
    arena.give(4, 2);
    arena.give(8, 2);  // beside it, but not its buddy: 8 XOR 4 is 12
    EXPECT_EQ(lists_of(arena.normal()).view(), "2@8 2@4");
    arena.give(12, 2);
    EXPECT_EQ(lists_of(arena.normal()).view(), "3@8 2@4");
    arena.give(0, 2);  // 4, then the 8 pages at 8 too
    EXPECT_EQ(lists_of(arena.normal()).view(), "4@0");
    arena.normal().check_invariants();
}

TEST(buddy, merges_with_a_buddy_of_the_same_order_only) {
    page_arena arena(empty_arena());
    own_all(arena);
    arena.give(4, 1);  // half of the buddy
    arena.give(0, 2);
    EXPECT_EQ(lists_of(arena.normal()).view(), "2@0 1@4");
    arena.give(6, 1);
    EXPECT_EQ(lists_of(arena.normal()).view(), "3@0");
    arena.normal().check_invariants();
}

TEST(buddy, does_not_merge_with_a_block_on_a_cpus_list) {
    page_arena arena(empty_arena());
    own_all(arena);
    arena.normal().set_pcp_limits(100, 1);
    arena.normal().pcp_give(arena.at(1), 0);
    arena.give(0, 0);
    EXPECT_EQ(lists_of(arena.normal()).view(), "0@0");
    arena.normal().pcp_drain();
    EXPECT_EQ(lists_of(arena.normal()).view(), "1@0");
    arena.normal().check_invariants();
}

// A border where no border of the allocator's is: inside a page block, between buddies.
TEST(buddy, does_not_merge_across_the_border_of_two_zones) {
    page_arena arena(empty_arena(768));
    own_all(arena);
    zone& dma = arena->zone_at(ZONE_DMA);
    arena.give(dma, 512, 8);
    arena.give(768, 8);
    EXPECT_EQ(lists_of(dma).view(), "8@512");
    EXPECT_EQ(lists_of(arena.normal()).view(), "8@768");
    arena.give(dma, 256, 8);
    arena.give(dma, 0, 8);
    EXPECT_EQ(lists_of(dma).view(), "9@0 8@512");
    dma.check_invariants();
    arena.normal().check_invariants();
}

TEST(buddy, gives_a_range_in_the_largest_blocks_its_place_allows) {
    page_arena arena(empty_arena());
    own_all(arena);
    {
        lock_guard held(arena.normal().lock);
        arena.normal().give_range_locked(arena.at(5), 1030);
    }
    EXPECT_EQ(lists_of(arena.normal()).view(),
              "9@512 8@256 7@128 6@64 5@32 4@16 3@1024 3@8 1@1032 1@6 0@1034 0@5");
    arena.normal().check_invariants();
}

TEST(buddy, is_exhausted_at_every_order_and_recovers_exactly) {
    page_arena arena;
    const u64 at_first = picture_of(*arena);
    for (unsigned order = 0; order < MAX_ORDER; ++order) {
        u32 taken = 0;
        page_list blocks;
        while (page* const head = arena.take(order)) {
            blocks.push_back(*head);
            ++taken;
        }
        EXPECT_EQ(taken, TEST_PAGES >> order);
        EXPECT_EQ(arena.normal().free_pages(), 0u);
        EXPECT_EQ(lists_of(arena.normal()).view(), "");
        arena.normal().check_invariants();
        // From both ends, so that halves meet in every way.
        while (page* const head = ++taken % 2 ? blocks.pop_front() : blocks.pop_back())
            arena.give(arena.frame_of(head), order);
        EXPECT_EQ(picture_of(*arena), at_first);
        arena.normal().check_invariants();
    }
}

namespace {

// The free blocks are in disorder, and the same one for the same seed.
void fragment(page_arena& arena, u64 seed) {
    random_source random(seed);
    while (arena.take(MAX_ORDER - 1)) {}
    arena.set_type(0, MIGRATE_UNMOVABLE);
    for (u32 frame = 0; frame < TEST_PAGES;) {
        const unsigned aligned = std::countr_zero(frame | pageblock_nr_pages);
        const unsigned order = min_of(random.below(7), aligned);
        if (random.one_in(2)) arena.give(frame, order);
        frame += 1u << order;
    }
}

u64 taken_frames(page_arena& arena, const page_list& list) {
    u64 sum = 0;
    for (const page& head : list) {
        const u64 frame = arena.frame_of(&head) + 1;
        sum += frame * frame * 0x9e3779b97f4a7c15;
    }
    return sum;
}

}  // namespace

TEST(buddy, taking_many_is_taking_one_by_one) {
    for (u64 seed = 1; seed <= 12; ++seed) {
        const unsigned order = seed % PCP_ORDERS;
        const u32 blocks = 1 + seed * 13;
        const migrate_type type = seed % 2 ? MIGRATE_MOVABLE : MIGRATE_UNMOVABLE;
        u64 one_by_one = 0, picture = 0;
        u32 count = 0;
        {
            page_arena arena;
            fragment(arena, seed);
            page_list list;
            while (count < blocks) {
                page* const head = arena.take(order, type);
                if (!head) break;
                list.push_back(*head);
                ++count;
            }
            one_by_one = taken_frames(arena, list);
            picture = picture_of(*arena);
        }
        page_arena arena;
        fragment(arena, seed);
        page_list list;
        const u32 before = arena.normal().free_pages();
        {
            lock_guard held(arena.normal().lock);
            EXPECT_EQ(arena.normal().take_many_locked(list, order, type, blocks), count);
        }
        EXPECT_EQ(list.count(), count);
        EXPECT_EQ(taken_frames(arena, list), one_by_one);
        EXPECT_EQ(picture_of(*arena), picture);
        EXPECT_EQ(arena.normal().free_pages(), before - (count << order));
        for (const page& head : list)
            EXPECT_EQ(head.flags & ~page_flags::zone_mask,
                      page_flags::bit(PG_pcp) | page_flags::order(order));
        arena.normal().check_invariants();
    }
}

TEST(buddy, many_of_one_block_come_lowest_first) {
    page_arena arena;
    page_list list;
    {
        lock_guard held(arena.normal().lock);
        EXPECT_EQ(arena.normal().take_many_locked(list, 1, MIGRATE_MOVABLE, 5), 5u);
    }
    const u32 first = arena.frame_of(list.first());
    u32 expected = first;
    for (const page& head : list) {
        EXPECT_EQ(arena.frame_of(&head), expected);
        expected += 2;
    }
    EXPECT_EQ(expected, first + 10);
    arena.normal().check_invariants();
}
