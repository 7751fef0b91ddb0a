#include "mm/phys/test_pages.hpp"

#include <test.hpp>

namespace {

// Both page blocks are movable and in use, by nobody in particular.
class page_blocks : public page_arena {
public:
    page_blocks() {
        while (take(MAX_ORDER - 1)) {}
    }
    void in_use(u32 frame, unsigned order, migrate_type type) {
        at(frame)->flags = page_flags::zone(ZONE_NORMAL) | page_flags::bit(PG_allocated) |
                           page_flags::order(order) | page_flags::type(type);
    }
    u32 frame_taken(unsigned order, migrate_type type) {
        const page* const head = take(order, type);
        return head ? frame_of(head) : ~0u;
    }
    const migrate_stats& stats() { return normal().stats(); }
    migrate_type type_of(u32 frame) { return normal().block_type(frame); }
};

}  // namespace

TEST(migrate, the_largest_foreign_block_is_taken_first) {
    page_blocks blocks;
    blocks.give(0, 9);
    blocks.give(512, 3);
    blocks.give(1024, 10);
    EXPECT_EQ(blocks.frame_taken(0, MIGRATE_UNMOVABLE), 1024u);
    EXPECT_EQ(blocks.type_of(1024), MIGRATE_UNMOVABLE);
    EXPECT_EQ(blocks.type_of(0), MIGRATE_MOVABLE);
    EXPECT_EQ(lists_of(blocks.normal(), MIGRATE_MOVABLE).view(), "9@0 3@512");
    EXPECT_EQ(lists_of(blocks.normal(), MIGRATE_UNMOVABLE).view(),
              "9@1536 8@1280 7@1152 6@1088 5@1056 4@1040 3@1032 2@1028 1@1026 0@1025");
    blocks.normal().check_invariants();
    // And what comes next is taken from there, not from a third party.
    EXPECT_EQ(blocks.frame_taken(0, MIGRATE_UNMOVABLE), 1025u);
    EXPECT_EQ(blocks.stats().changed_pageblocks, 1u);
    EXPECT_EQ(blocks.stats().stolen_blocks, 0u);
}

TEST(migrate, half_of_a_page_block_is_enough_to_have_it) {
    page_blocks blocks;
    blocks.give(1024, 8);
    blocks.give(1536, 8);
    EXPECT_EQ(blocks.frame_taken(8, MIGRATE_RECLAIMABLE), 1536u);
    EXPECT_EQ(blocks.type_of(1024), MIGRATE_RECLAIMABLE);
    EXPECT_EQ(lists_of(blocks.normal(), MIGRATE_RECLAIMABLE).view(), "8@1024");
    blocks.normal().check_invariants();
}

TEST(migrate, less_than_half_is_not) {
    page_blocks blocks;
    blocks.give(1024, 8);
    blocks.give(1536, 7);
    blocks.give(1792, 6);
    // The smallest that will do.
    EXPECT_EQ(blocks.frame_taken(6, MIGRATE_UNMOVABLE), 1792u);
    EXPECT_EQ(blocks.type_of(1024), MIGRATE_MOVABLE);
    EXPECT_EQ(lists_of(blocks.normal(), MIGRATE_MOVABLE).view(), "8@1024 7@1536");
    EXPECT_EQ(lists_of(blocks.normal(), MIGRATE_UNMOVABLE).view(), "");
    EXPECT_EQ(blocks.stats().stolen_blocks, 1u);
    EXPECT_EQ(blocks.stats().changed_pageblocks, 0u);
    blocks.normal().check_invariants();
}

TEST(migrate, pages_of_a_like_kind_count_as_if_free) {
    page_blocks blocks;
    blocks.in_use(1024, 8, MIGRATE_UNMOVABLE);
    blocks.in_use(1280, 7, MIGRATE_RECLAIMABLE);
    blocks.give(1408, 7);
    EXPECT_EQ(blocks.frame_taken(0, MIGRATE_UNMOVABLE), 1408u);
    EXPECT_EQ(blocks.type_of(1024), MIGRATE_UNMOVABLE);
    blocks.normal().check_invariants();
}

TEST(migrate, pages_of_another_kind_do_not) {
    page_blocks blocks;
    blocks.in_use(1024, 8, MIGRATE_MOVABLE);
    blocks.in_use(1280, 7, MIGRATE_UNMOVABLE);
    blocks.give(1408, 7);
    EXPECT_EQ(blocks.frame_taken(0, MIGRATE_UNMOVABLE), 1408u);
    EXPECT_EQ(blocks.type_of(1024), MIGRATE_MOVABLE);
    blocks.normal().check_invariants();
}

// Neither can be moved, but a page block that one of them has filled is its own.
TEST(migrate, unmovable_and_reclaimable_pages_are_alike_only_among_movable_ones) {
    for (const migrate_type wanted : {MIGRATE_UNMOVABLE, MIGRATE_RECLAIMABLE}) {
        const bool is_unmovable = wanted == MIGRATE_UNMOVABLE;
        const migrate_type owner = is_unmovable ? MIGRATE_RECLAIMABLE : MIGRATE_UNMOVABLE;
        page_blocks blocks;
        blocks.set_type(1024, owner);
        blocks.in_use(1024, 9, owner);
        blocks.in_use(1536, 8, owner);
        blocks.give(1792, 8);
        EXPECT_TRUE(blocks.take(0, wanted));
        EXPECT_EQ(blocks.type_of(1024), owner);
        blocks.in_use(1536, 8, wanted);
        EXPECT_TRUE(blocks.take(0, wanted));
        EXPECT_EQ(blocks.type_of(1024), owner);
        blocks.in_use(1024, 9, wanted);
        EXPECT_TRUE(blocks.take(0, wanted));
        EXPECT_EQ(blocks.type_of(1024), wanted);
        blocks.normal().check_invariants();
    }
}

// A movable page does no harm, so it wins a page block only where much is free at once.
TEST(migrate, small_blocks_are_reason_enough_for_unmovable_pages_only) {
    for (const migrate_type wanted : {MIGRATE_MOVABLE, MIGRATE_RECLAIMABLE}) {
        page_blocks blocks;
        blocks.set_type(1024, MIGRATE_UNMOVABLE);
        for (u32 frame = 1024; frame < 2048; frame += 32) blocks.give(frame, 4);
        EXPECT_TRUE(blocks.take(0, wanted));
        EXPECT_EQ(blocks.type_of(1024),
                  wanted == MIGRATE_MOVABLE ? MIGRATE_UNMOVABLE : MIGRATE_RECLAIMABLE);
        blocks.normal().check_invariants();
    }
}

TEST(migrate, a_large_block_is_reason_enough_for_movable_pages) {
    page_blocks blocks;
    blocks.set_type(1024, MIGRATE_UNMOVABLE);
    for (u32 frame = 1024; frame < 2048; frame += 64) blocks.give(frame, 5);
    EXPECT_TRUE(blocks.take(0, MIGRATE_MOVABLE));
    EXPECT_EQ(blocks.type_of(1024), MIGRATE_MOVABLE);
    blocks.normal().check_invariants();
}

TEST(migrate, each_type_has_its_order_of_fallback) {
    struct row {
        migrate_type wanted, preferred, last;
    };
    constexpr row rows[] = {{MIGRATE_UNMOVABLE, MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE},
                            {MIGRATE_MOVABLE, MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE},
                            {MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE, MIGRATE_MOVABLE}};
    for (const row& row : rows)
        for (const u32 preferred : {0u, 1024u}) {
            const u32 other = 1024 - preferred;
            page_blocks blocks;
            blocks.set_type(preferred, row.preferred);
            blocks.set_type(other, row.last);
            blocks.give(preferred, 7);
            blocks.give(other, 7);
            EXPECT_EQ(blocks.frame_taken(7, row.wanted), preferred);
            EXPECT_EQ(blocks.frame_taken(7, row.wanted), other);
            EXPECT_FALSE(blocks.take(0, row.wanted));
            blocks.normal().check_invariants();
        }
}

TEST(migrate, one_page_block_is_kept_for_urgent_requests) {
    page_arena arena;
    zone& zone = arena.normal();
    zone.manage(4 * pageblock_nr_pages);  // as if it had several more
    page* const first = arena.take(1);
    page* const second = arena.at(arena.frame_of(first) ^ pageblock_nr_pages);
    {
        lock_guard held(zone.lock);
        zone.reserve_highatomic_locked(first);
        EXPECT_EQ(zone.nr_reserved_highatomic(), pageblock_nr_pages);
        zone.reserve_highatomic_locked(first);   // is kept already
        zone.reserve_highatomic_locked(second);  // one is enough
        EXPECT_EQ(zone.nr_reserved_highatomic(), pageblock_nr_pages);
    }
    EXPECT_EQ(zone.block_type(arena.frame_of(first)), MIGRATE_HIGHATOMIC);
    EXPECT_EQ(zone.block_type(arena.frame_of(second)), MIGRATE_MOVABLE);
    // The usual way leaves so much.
    EXPECT_FALSE(zone.has_plenty(MAX_ORDER - 1));
    EXPECT_TRUE(zone.has_plenty(MAX_ORDER - 2));
    zone.check_invariants();

    // Nobody else gets any of it, from whatever type.
    u32 taken = 0;
    while (arena.take(0, MIGRATE_MOVABLE) || arena.take(0, MIGRATE_UNMOVABLE)) ++taken;
    EXPECT_EQ(taken, pageblock_nr_pages);
    EXPECT_EQ(zone.free_pages(), pageblock_nr_pages - 2);
    EXPECT_TRUE(arena.take(9, MIGRATE_HIGHATOMIC));
    EXPECT_FALSE(arena.take(9, MIGRATE_HIGHATOMIC));  // takes from no other type either
    zone.check_invariants();

    {
        lock_guard held(zone.lock);
        EXPECT_TRUE(zone.unreserve_highatomic_locked(MIGRATE_RECLAIMABLE));
        EXPECT_FALSE(zone.unreserve_highatomic_locked(MIGRATE_RECLAIMABLE));
    }
    EXPECT_EQ(zone.nr_reserved_highatomic(), 0u);
    EXPECT_TRUE(zone.has_plenty(8));  // of 510 free pages
    // It becomes what is wanted, so that it does not have to be stolen next.
    EXPECT_EQ(zone.block_type(arena.frame_of(first)), MIGRATE_RECLAIMABLE);
    EXPECT_TRUE(arena.take(0, MIGRATE_RECLAIMABLE));
    zone.check_invariants();
}

TEST(migrate, a_small_zone_keeps_no_page_block) {
    page_arena arena;
    page* const head = arena.take(1);
    {
        lock_guard held(arena.normal().lock);
        arena.normal().reserve_highatomic_locked(head);
    }
    EXPECT_EQ(arena.normal().nr_reserved_highatomic(), 0u);
    arena.normal().check_invariants();
}

TEST(migrate, an_urgent_request_that_was_met_keeps_its_page_block) {
    page_arena arena;
    zone& zone = arena.normal();
    zone.manage(4 * pageblock_nr_pages);
    zone.wmark[WMARK_LOW] = TEST_PAGES;
    page* const one = arena->alloc_pages(GFP_ATOMIC, 0);
    EXPECT_EQ(zone.nr_reserved_highatomic(), 0u);  // single pages are always to be had
    page* const head = arena->alloc_pages(GFP_ATOMIC, 2);
    ASSERT_TRUE(head && one);
    EXPECT_EQ(zone.nr_reserved_highatomic(), pageblock_nr_pages);
    EXPECT_EQ(zone.block_type(arena.frame_of(head)), MIGRATE_HIGHATOMIC);

    // What is kept is not there for others; the next urgent one finds it.
    while (arena->alloc_pages(GFP_NOWAIT | __GFP_NOWARN, 3)) {}
    page* const next = arena->alloc_pages(GFP_ATOMIC, 3);
    ASSERT_TRUE(next);
    // A block of it goes back past the per-CPU lists.
    zone.set_pcp_limits(1000, 1);
    const u32 listed = zone.pcp_pages();
    arena->free_pages(next, 3);
    EXPECT_EQ(zone.pcp_pages(), listed);
    zone.check_invariants();
}

namespace {

// A page block is kept for urgent requests, of the other one `blocks` are free. The
// marks are 40 and 50.
class keeping_arena : public page_arena {
public:
    keeping_arena(unsigned order, u32 blocks, bool kept_is_free) {
        zone& zone = normal();
        zone.manage(4 * pageblock_nr_pages);
        zone.wmark[WMARK_MIN] = 40;
        zone.wmark[WMARK_LOW] = 50;
        page* const kept = take(MAX_ORDER - 1);
        lock_guard held(zone.lock);
        zone.take_locked(MAX_ORDER - 1, MIGRATE_MOVABLE);
        zone.reserve_highatomic_locked(kept);
        if (kept_is_free) zone.give_locked(kept, MAX_ORDER - 1);
        const u32 other = frame_of(kept) ^ pageblock_nr_pages;
        for (u32 i = 0; i < blocks; ++i)
            zone.give_locked(at(other + (2 * i << order)), order);
    }
    u32 granted(gfp_t mask, unsigned order) {
        u32 count = 0;
        while ((**this).alloc_pages(mask | __GFP_NOWARN, order)) ++count;
        return count;
    }
};

}  // namespace

TEST(migrate, what_is_kept_does_not_count_as_free_for_others) {
    keeping_arena arena(0, 42, true);
    EXPECT_EQ(arena.granted(GFP_NOWAIT, 0), 2u);
    EXPECT_EQ(arena.granted(GFP_ATOMIC, 0), 25u);  // to 3/8 of min
    EXPECT_EQ(arena.normal().free_pages(), pageblock_nr_pages + 15);
    arena.normal().check_invariants();
}

// An urgent request finds what it can elsewhere, when all that was kept is in use.
TEST(migrate, what_was_kept_does_not_count_against_urgent_requests) {
    keeping_arena arena(2, 8, false);
    EXPECT_EQ(arena.granted(GFP_NOWAIT, 2), 0u);
    EXPECT_EQ(arena.granted(GFP_ATOMIC, 2), 4u);  // to 3/8 of min
    EXPECT_EQ(arena.normal().free_pages(), 16u);
    arena.normal().check_invariants();
}

// Who cannot wait does not get it; who can has it as a last resort, but only from a
// zone that it may use.
TEST(migrate, what_is_kept_is_given_up_before_a_request_fails) {
    page_arena arena({.dma_end = 1024});
    zone& zone = arena.normal();
    zone.manage(4 * pageblock_nr_pages);
    page* const kept = arena.take(MAX_ORDER - 1);
    {
        lock_guard held(zone.lock);
        zone.reserve_highatomic_locked(kept);
        zone.give_locked(kept, MAX_ORDER - 1);
    }
    while (arena->alloc_pages(GFP_DMA | __GFP_NOWARN, 0)) {}
    constexpr gfp_t reclaimable = __GFP_RECLAIMABLE | __GFP_NOWARN;
    EXPECT_FALSE(arena->alloc_pages(GFP_NOWAIT | reclaimable, 4));
    EXPECT_FALSE(arena->alloc_pages(GFP_KERNEL | GFP_DMA | reclaimable, 4));
    EXPECT_EQ(zone.nr_reserved_highatomic(), pageblock_nr_pages);
    page* const head = arena->alloc_pages(GFP_KERNEL | reclaimable, 4);
    ASSERT_TRUE(head);
    EXPECT_EQ(zone.nr_reserved_highatomic(), 0u);
    EXPECT_EQ(zone.block_type(arena.frame_of(head)), MIGRATE_RECLAIMABLE);
    zone.check_invariants();
}

TEST(migrate, with_few_page_blocks_all_types_are_one) {
    page_arena arena;
    arena->start();
    EXPECT_TRUE(arena->mobility_disabled());
    page* const movable = arena->alloc_pages(GFP_HIGHUSER_MOVABLE, 4);
    page* const reclaimable = arena->alloc_pages(GFP_KERNEL | __GFP_RECLAIMABLE, 4);
    ASSERT_TRUE(movable && reclaimable);
    EXPECT_EQ(page_migrate_type(*movable), MIGRATE_UNMOVABLE);
    EXPECT_EQ(page_migrate_type(*reclaimable), MIGRATE_UNMOVABLE);
    for (const migrate_type type : {MIGRATE_MOVABLE, MIGRATE_RECLAIMABLE})
        EXPECT_EQ(lists_of(arena.normal(), type).view(), "");
    EXPECT_EQ(arena.normal().block_type(0), MIGRATE_UNMOVABLE);
    EXPECT_EQ(arena.normal().stats().stolen_blocks, 0u);
    arena->check_invariants();
}

TEST(migrate, with_enough_of_them_they_are_kept_apart) {
    page_arena arena;
    arena.normal().manage(2 * pageblock_nr_pages);
    arena->start();
    EXPECT_FALSE(arena->mobility_disabled());
    page* const movable = arena->alloc_pages(GFP_HIGHUSER_MOVABLE, 4);
    page* const kernels = arena->alloc_pages(GFP_KERNEL, 4);
    ASSERT_TRUE(movable && kernels);
    EXPECT_EQ(page_migrate_type(*movable), MIGRATE_MOVABLE);
    EXPECT_EQ(page_migrate_type(*kernels), MIGRATE_UNMOVABLE);
    EXPECT_NE(arena.frame_of(movable) >> pageblock_order,
              arena.frame_of(kernels) >> pageblock_order);
}
