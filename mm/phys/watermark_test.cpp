// How much stays free, who may go below it, and when the reclaimer is asked.
#include "mm/phys/test_pages.hpp"

#include <test.hpp>

namespace {

struct marks {
    u32 min, low, high;
};
struct machine {
    u32 managed[MAX_NR_ZONES];
    u32 min_free_kbytes;
    marks zone[MAX_NR_ZONES];
    u32 dma_reserve[MAX_NR_ZONES];  // against requests for Normal, for HighMem
    u32 normal_reserve;             // against requests for HighMem
};

// By hand, from Linux's formulas: min_free_kbytes = sqrt(16 * lowmem in KiB), shared
// among the zones by their sizes; the marks a quarter of min or a thousandth of the
// zone apart; HighMem's min a 1024th of it, 32 … 128; reserves 1/256 and 1/32 of
// what lies above.
constexpr machine machines[] = {
    // 4 MiB, a part of it the kernel's
    {{700, 0, 0}, 211, {{52, 65, 78}, {0, 0, 0}, {0, 0, 0}}, {0, 0, 0}, 0},
    // 64 MiB
    {{3976, 12160, 0}, 1016, {{62, 77, 92}, {191, 238, 285}, {0, 0, 0}}, {0, 47, 47}, 0},
    // 2 GiB
    {{3976, 221000, 294912},
     3794,
     {{16, 20, 24}, {931, 1163, 1395}, {128, 438, 748}},
     {0, 863, 2015},
     9216},
    // the least and the most that is kept
    {{200, 0, 0}, 128, {{32, 40, 48}, {0, 0, 0}, {0, 0, 0}}, {0, 0, 0}, 0},
    // HighMem of 5000 pages keeps 32 of them
    {{3976, 221000, 5000},
     3794,
     {{16, 20, 24}, {931, 1163, 1395}, {32, 37, 42}},
     {0, 863, 882},
     156},
    // a zone that has nothing keeps nothing
    {{0, 12160, 5000},
     882,
     {{0, 0, 0}, {220, 275, 330}, {32, 54, 76}},
     {0, 0, 0},
     156},
};

constexpr u32 MIN = 40, LOW = 50, HIGH = 60;

// One zone with marks of ours, and no lists in front of it.
class marked_arena : public page_arena {
public:
    marked_arena() {
        normal().wmark[WMARK_MIN] = MIN;
        normal().wmark[WMARK_LOW] = LOW;
        normal().wmark[WMARK_HIGH] = HIGH;
    }
    page* ask(gfp_t mask, unsigned order = 0) {
        return (**this).alloc_pages(mask | __GFP_NOWARN, order);
    }
    // Free pages that are left when this kind of request gets no more.
    u32 left_by(gfp_t mask) {
        while (ask(mask)) {}
        return normal().free_pages();
    }
    // Exactly so many free pages.
    void leave(u32 pages) {
        left_by(GFP_KERNEL | __GFP_MEMALLOC);
        for (u32 i = 0; i < pages; ++i) (**this).free_pages(at(2 * i), 0);
        EXPECT_EQ(normal().free_pages(), pages);
    }
};

// Counts how it is called, and frees what it is told to.
class counting_reclaimer final : public page_reclaimer {
public:
    explicit counting_reclaimer(page_arena& arena) : arena_(arena) {
        arena->set_reclaimer(this);
    }
    ~counting_reclaimer() { arena_->set_reclaimer(nullptr); }

    void wake(const zone& zone, unsigned order) override {
        ++woken;
        woken_for = zone.type();
        last_order = order;
    }
    u32 reclaim(unsigned order, gfp_t) override {
        ++called;
        last_order = order;
        deepest = max_of(deepest, ++inside);
        if (also_allocates) {
            page* const page = arena_->alloc_pages(GFP_KERNEL | __GFP_NOWARN, 0);
            got_some = page != nullptr;
            if (page) arena_->free_pages(page, 0);
        }
        if (called == frees_in_call)
            for (u32 i = 0; i < 20; ++i) arena_->free_pages(arena_.at(1001 + 2 * i), 0);
        --inside;
        return called <= progress_in_calls ? 1 : 0;
    }

    u32 woken = 0, called = 0;
    u32 inside = 0, deepest = 0;
    u32 frees_in_call = 0, progress_in_calls = 0;
    unsigned last_order = 0;
    zone_type woken_for = ZONE_DMA;
    bool also_allocates = false, got_some = false;

private:
    page_arena& arena_;
};

}  // namespace

TEST(watermark, marks_and_reserves_are_linuxs) {
    for (const machine& row : machines) {
        page_arena arena({.released = false});
        for (unsigned type = 0; type < MAX_NR_ZONES; ++type)
            arena->zone_at(type).manage(row.managed[type]);
        arena->start();
        EXPECT_EQ(arena->min_free_kbytes(), row.min_free_kbytes);
        for (unsigned type = 0; type < MAX_NR_ZONES; ++type) {
            const zone& zone = arena->zone_at(type);
            EXPECT_EQ(zone.wmark[WMARK_MIN], row.zone[type].min);
            EXPECT_EQ(zone.wmark[WMARK_LOW], row.zone[type].low);
            EXPECT_EQ(zone.wmark[WMARK_HIGH], row.zone[type].high);
            EXPECT_EQ(zone.lowmem_reserve[type], 0u);
        }
        const zone& dma = arena->zone_at(ZONE_DMA);
        EXPECT_EQ(dma.lowmem_reserve[ZONE_NORMAL], row.dma_reserve[ZONE_NORMAL]);
        EXPECT_EQ(dma.lowmem_reserve[ZONE_HIGHMEM], row.dma_reserve[ZONE_HIGHMEM]);
        EXPECT_EQ(arena.normal().lowmem_reserve[ZONE_HIGHMEM], row.normal_reserve);
    }
}

TEST(watermark, marks_follow_what_is_released_later) {
    page_arena arena({.released = false});
    arena->release({pfn(0), pfn(1024)});
    arena->start();
    EXPECT_EQ(arena->min_free_kbytes(), 256u);
    arena->release({pfn(1024), pfn(2048)});
    EXPECT_EQ(arena->min_free_kbytes(), 362u);
    EXPECT_EQ(arena.normal().wmark[WMARK_MIN], 90u);
}

TEST(watermark, who_may_go_how_deep) {
    marked_arena arena;
    EXPECT_EQ(arena.left_by(GFP_KERNEL), MIN);
    EXPECT_EQ(arena.left_by(GFP_NOWAIT), MIN);
    EXPECT_EQ(arena.left_by(GFP_ATOMIC | __GFP_NOMEMALLOC), MIN);
    EXPECT_EQ(arena.left_by(GFP_KERNEL | __GFP_HIGH), MIN / 2);
    EXPECT_EQ(arena.left_by(GFP_ATOMIC), MIN * 3 / 8);
    EXPECT_EQ(arena.left_by(GFP_KERNEL), MIN * 3 / 8);
    EXPECT_EQ(arena.left_by(GFP_KERNEL | __GFP_MEMALLOC), 0u);
    arena->check_invariants();
}

// Also when it lies on this CPU's list, and below what is kept for lower requests.
TEST(watermark, memalloc_takes_the_last_page) {
    marked_arena arena;
    arena.normal().set_pcp_limits(200, 31);
    arena.normal().lowmem_reserve[ZONE_NORMAL] = 100;
    u32 taken = 0;
    while (arena.ask(GFP_KERNEL | __GFP_MEMALLOC)) ++taken;
    EXPECT_EQ(taken, TEST_PAGES);
    EXPECT_EQ(arena.normal().pcp_pages(), 0u);
    arena->check_invariants();
}

TEST(watermark, counts_the_whole_block_that_is_wanted) {
    marked_arena arena;
    arena.leave(MIN + 1);
    EXPECT_FALSE(arena.ask(GFP_NOWAIT, 1));
    EXPECT_TRUE(arena.ask(GFP_NOWAIT, 0));
    EXPECT_FALSE(arena.ask(GFP_NOWAIT, 0));
}

TEST(watermark, falls_back_to_dma_but_for_its_reserve) {
    page_arena arena({.dma_end = 1024});
    zone& dma = arena->zone_at(ZONE_DMA);
    dma.lowmem_reserve[ZONE_NORMAL] = 300;
    for (u32 i = 0; i < 1024; ++i)
        EXPECT_EQ(page_zonenum(*arena->alloc_pages(GFP_KERNEL, 0)), ZONE_NORMAL);
    u32 from_dma = 0;
    while (page* const page = arena->alloc_pages(GFP_NOWAIT | __GFP_NOWARN, 0)) {
        EXPECT_EQ(page_zonenum(*page), ZONE_DMA);
        ++from_dma;
    }
    EXPECT_EQ(from_dma, 724u);
    // Who can live in DMA only has all of it.
    while (arena->alloc_pages(GFP_DMA | __GFP_NOWARN, 0)) {}
    EXPECT_EQ(dma.free_pages(), 0u);
    arena->check_invariants();
}

TEST(watermark, dma_is_never_given_what_lies_above) {
    page_arena arena({.dma_end = 1024});
    while (page* const page = arena->alloc_pages(GFP_DMA | __GFP_NOWARN, 4))
        EXPECT_EQ(page_zonenum(*page), ZONE_DMA);
    EXPECT_EQ(arena.normal().free_pages(), 1024u);
}

TEST(watermark, the_reclaimer_is_woken_below_low_and_not_before) {
    marked_arena arena;
    arena.leave(LOW + 2);
    counting_reclaimer reclaimer(arena);
    ASSERT_TRUE(arena.ask(GFP_KERNEL));
    ASSERT_TRUE(arena.ask(GFP_KERNEL));
    EXPECT_EQ(reclaimer.woken, 0u);
    ASSERT_TRUE(arena.ask(GFP_KERNEL));
    EXPECT_EQ(reclaimer.woken, 1u);
    EXPECT_EQ(reclaimer.woken_for, ZONE_NORMAL);
    ASSERT_TRUE(arena.ask(GFP_ATOMIC));
    EXPECT_EQ(reclaimer.woken, 2u);
    ASSERT_TRUE(arena.ask(GFP_NOWAIT));
    EXPECT_EQ(reclaimer.woken, 3u);
    EXPECT_EQ(reclaimer.called, 0u);
}

TEST(watermark, who_says_nothing_wakes_nobody) {
    page_arena arena({.dma_end = 1024});
    counting_reclaimer reclaimer(arena);
    while (arena->alloc_pages(GFP_DMA | __GFP_NOWARN, 3)) {}
    EXPECT_EQ(reclaimer.woken, 0u);
    EXPECT_EQ(reclaimer.called, 0u);
}

TEST(watermark, below_min_the_caller_reclaims_if_it_may_wait) {
    marked_arena arena;
    arena.leave(MIN);
    const u32 failed = arena->nr_failed();
    counting_reclaimer reclaimer(arena);
    EXPECT_TRUE(arena.ask(GFP_ATOMIC));
    EXPECT_FALSE(arena.ask(GFP_NOWAIT));
    EXPECT_EQ(reclaimer.called, 0u);
    EXPECT_FALSE(arena.ask(GFP_KERNEL, 2));
    EXPECT_EQ(reclaimer.called, 1u);  // nothing was freed: no second time
    EXPECT_EQ(reclaimer.last_order, 2u);
    EXPECT_FALSE(arena.ask(GFP_KERNEL));
    EXPECT_EQ(reclaimer.called, 2u);
    EXPECT_EQ(arena->nr_failed(), failed + 3);
    arena->check_invariants();
}

TEST(watermark, what_reclaim_frees_is_given_to_the_caller) {
    marked_arena arena;
    arena.leave(MIN);
    counting_reclaimer reclaimer(arena);
    reclaimer.frees_in_call = 1;
    reclaimer.progress_in_calls = 1;
    EXPECT_TRUE(arena.ask(GFP_KERNEL));
    EXPECT_EQ(reclaimer.called, 1u);
    arena->check_invariants();
}

TEST(watermark, reclaim_is_repeated_while_it_makes_progress) {
    marked_arena arena;
    arena.leave(MIN);
    counting_reclaimer reclaimer(arena);
    reclaimer.progress_in_calls = 9;
    reclaimer.frees_in_call = 6;
    EXPECT_TRUE(arena.ask(GFP_KERNEL));
    EXPECT_EQ(reclaimer.called, 6u);
}

TEST(watermark, reclaim_ends_as_the_mask_says) {
    struct row {
        gfp_t mask;
        unsigned order;
        u32 calls;  // with progress in the first hundred
    };
    constexpr row rows[] = {{GFP_KERNEL, 0, 17},
                            {GFP_KERNEL, 4, 1},
                            {GFP_KERNEL | __GFP_NORETRY, 0, 1},
                            {GFP_KERNEL | __GFP_RETRY_MAYFAIL, 0, 101},
                            {GFP_KERNEL | __GFP_RETRY_MAYFAIL, 4, 101},
                            {GFP_KERNEL | __GFP_MEMALLOC, 4, 0}};
    for (const row& row : rows) {
        marked_arena arena;
        arena.leave(MIN);
        counting_reclaimer reclaimer(arena);
        reclaimer.progress_in_calls = 100;
        EXPECT_FALSE(arena.ask(row.mask, row.order));
        EXPECT_EQ(reclaimer.called, row.calls);
    }
}

TEST(watermark, reclaim_may_allocate_but_is_not_entered_again) {
    marked_arena arena;
    arena.leave(MIN);
    counting_reclaimer reclaimer(arena);
    reclaimer.also_allocates = true;
    EXPECT_FALSE(arena.ask(GFP_KERNEL));
    EXPECT_EQ(reclaimer.called, 1u);
    EXPECT_EQ(reclaimer.deepest, 1u);
    EXPECT_TRUE(reclaimer.got_some);  // from the reserve, which is for this
    EXPECT_FALSE(arena.ask(GFP_KERNEL));
    EXPECT_EQ(reclaimer.called, 2u);  // and afterwards all is as before
    arena->check_invariants();
}

TEST(watermark, nofail_gets_what_there_is) {
    marked_arena arena;
    arena.leave(3);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(arena.ask(GFP_KERNEL | __GFP_NOFAIL));
    EXPECT_EQ(arena.normal().free_pages(), 0u);
    EXPECT_FALSE(arena.ask(GFP_KERNEL | __GFP_NOFAIL | __GFP_NOWARN));  // an answer, no panic
}

// Before it gives up, what lies on this CPU's lists as single pages is put together.
TEST(watermark, drains_the_cpus_lists_before_it_gives_up) {
    marked_arena arena;
    arena.leave(0);
    arena.normal().set_pcp_limits(1000, 8);
    for (u32 frame = 512; frame < 640; ++frame) arena->free_pages(arena.at(frame), 0);
    EXPECT_EQ(arena.normal().free_pages(), 0u);
    EXPECT_FALSE(arena.ask(GFP_NOWAIT, 6));
    EXPECT_TRUE(arena.ask(GFP_KERNEL, 6));
    arena->check_invariants();
}

// Also when the last round of reclaim freed something, and not enough.
TEST(watermark, drains_them_after_the_last_round_too) {
    marked_arena arena;
    arena.leave(0);
    arena.normal().set_pcp_limits(1000, 8);
    counting_reclaimer reclaimer(arena);
    reclaimer.progress_in_calls = 100;
    for (u32 frame = 512; frame < 640; ++frame) arena->free_pages(arena.at(frame), 0);
    EXPECT_TRUE(arena.ask(GFP_KERNEL, 6));
    EXPECT_EQ(reclaimer.called, 1u);
    arena->check_invariants();
}
