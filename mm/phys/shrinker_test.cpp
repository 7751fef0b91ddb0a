// Shrinkers of a test, on a page allocator of a test and by themselves.
#include "mm/phys/shrinker.hpp"

#include "lib/test/sleep_reports.hpp"
#include "mm/phys/test_pages.hpp"

#include <test.hpp>

namespace {

// Says that it has pages, and has them.
class counting_shrinker : public shrinker {
public:
    explicit counting_shrinker(shrinker_list& list, u32 has)
        : shrinker("a test"), has(has) {
        list.add(*this);
    }

    u32 count(gfp_t mask) override {
        ++counts;
        last_mask = mask;
        return has;
    }
    u32 scan(u32 pages, gfp_t) override {
        ++scans;
        wanted = pages;
        const u32 given = min_of(pages, has);
        has -= given;
        return given;
    }

    u32 has, counts = 0, scans = 0, wanted = 0;
    gfp_t last_mask{};
};

// Keeps blocks of one page of a test's allocator.
class hoard final : public shrinker {
public:
    hoard(page_arena& arena, shrinker_list& list) : shrinker("a hoard"), arena_(arena) {
        list.add(*this);
    }
    bool take_one(gfp_t mask) {
        page* const page = arena_->alloc_pages(mask | __GFP_NOWARN, 0);
        if (page) pages_.push_back(*page);
        return page != nullptr;
    }
    u32 count(gfp_t) override { return static_cast<u32>(pages_.count()); }
    u32 scan(u32 pages, gfp_t mask) override {
        ++scans;
        // Its own allocation must not lead back here (R2).
        page* const mine = arena_->alloc_pages(mask | __GFP_NOWARN, 5);
        mine ? arena_->free_pages(mine, 5) : void(++refused);
        u32 given = 0;
        for (; given < pages && !pages_.empty(); ++given)
            arena_->free_pages(pages_.pop_front(), 0);
        return given;
    }

    u32 scans = 0, refused = 0;

private:
    page_arena& arena_;
    page_list pages_;
};

}  // namespace

TEST(shrinker, is_asked_in_turn_until_it_is_enough) {
    shrinker_list list;
    counting_shrinker first(list, 10), nothing(list, 0), third(list, 100), last(list, 5);
    EXPECT_EQ(list.reclaim(0, GFP_KERNEL), shrinker_list::SWAP_CLUSTER_MAX);
    EXPECT_EQ(first.has, 0u);
    EXPECT_EQ(nothing.counts, 1u);
    EXPECT_EQ(nothing.scans, 0u);  // 0 is believed
    EXPECT_EQ(third.wanted, 22u);
    EXPECT_EQ(last.counts, 0u);
    EXPECT_EQ(list.reclaim_all(), 83u);
    EXPECT_EQ(list.reclaim_all(), 0u);
}

TEST(shrinker, a_large_block_is_worth_as_many_pages) {
    shrinker_list list;
    counting_shrinker rich(list, 5000);
    EXPECT_EQ(list.reclaim(10, GFP_KERNEL), 1024u);
    EXPECT_EQ(list.reclaim(3, GFP_KERNEL), shrinker_list::SWAP_CLUSTER_MAX);
}

TEST(shrinker, is_told_the_mask) {
    shrinker_list list;
    counting_shrinker one(list, 1);
    list.reclaim(0, GFP_NOFS);
    EXPECT_TRUE(one.last_mask == GFP_NOFS);
}

TEST(shrinker, is_not_asked_for_those_who_may_not_wait) {
    shrinker_list list;
    counting_shrinker one(list, 8);
    EXPECT_EQ(list.reclaim(0, GFP_ATOMIC), 0u);
    EXPECT_EQ(list.reclaim(0, GFP_NOWAIT), 0u);
    {
        sleep_reports reports;
        preempt_disable();
        EXPECT_EQ(list.reclaim(0, GFP_KERNEL), 0u);
        preempt_enable();
        const irq_state state = local_irq_save();
        EXPECT_EQ(list.reclaim(0, GFP_KERNEL), 0u);
        local_irq_restore(state);
    }
    EXPECT_EQ(one.counts, 0u);
    EXPECT_EQ(list.reclaim(0, GFP_KERNEL), 8u);
}

TEST(shrinker, is_not_entered_again) {
    shrinker_list list;
    struct greedy final : counting_shrinker {
        explicit greedy(shrinker_list& list) : counting_shrinker(list, 3), all(list) {}
        u32 scan(u32 pages, gfp_t mask) override {
            inner += all.reclaim(0, mask);
            return counting_shrinker::scan(pages, mask);
        }
        shrinker_list& all;
        u32 inner = 0;
    } one(list);
    EXPECT_EQ(list.reclaim(0, GFP_KERNEL), 3u);
    EXPECT_EQ(one.inner, 0u);
    EXPECT_EQ(one.counts, 1u);
}

TEST(shrinker, leaves_the_list) {
    shrinker_list list;
    counting_shrinker stays(list, 3), goes(list, 4);
    list.remove(goes);
    EXPECT_EQ(list.reclaim_all(), 3u);
    EXPECT_EQ(goes.counts, 0u);
    list.add(goes);
    EXPECT_EQ(list.reclaim_all(), 4u);
}

// All memory is in somebody's hoard: who asks gets it nevertheless.
TEST(shrinker, gives_an_allocator_what_it_has_not) {
    page_arena arena;
    shrinker_list list;
    hoard keeper(arena, list);
    while (keeper.take_one(GFP_KERNEL | __GFP_MEMALLOC)) {}
    EXPECT_EQ(arena->free_pages_count(), 0u);
    EXPECT_FALSE(arena->alloc_pages(GFP_KERNEL | __GFP_NOWARN, 0));

    arena->set_reclaimer(&list);
    EXPECT_FALSE(arena->alloc_pages(GFP_NOWAIT | __GFP_NOWARN, 0));
    EXPECT_EQ(keeper.scans, 0u);
    page* const page = arena->alloc_pages(GFP_KERNEL | __GFP_NOWARN, 0);
    EXPECT_TRUE(page);
    EXPECT_GE(keeper.scans, 1u);
    EXPECT_EQ(keeper.refused, keeper.scans);

    arena->free_pages(page, 0);
    list.reclaim_all();
    EXPECT_EQ(arena->free_pages_count(), TEST_PAGES);
}
