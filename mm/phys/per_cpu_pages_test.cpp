#include "mm/phys/test_pages.hpp"

#include <test.hpp>

namespace {

class pcp_arena : public page_arena {
public:
    pcp_arena(u32 high, u32 batch) { normal().set_pcp_limits(high, batch); }

    page* take(unsigned order = 0, migrate_type type = MIGRATE_MOVABLE) {
        const irq_state state = local_irq_save();
        page* const head = normal().pcp_take(order, type);
        local_irq_restore(state);
        return head;
    }
    void give(page* head, unsigned order = 0) {
        const irq_state state = local_irq_save();
        normal().pcp_give(head, order);
        local_irq_restore(state);
    }
    // Every second page of the arena, so that none of them merge.
    void take_apart(page** pages, unsigned count) {
        while (page_arena::take(0)) {}
        for (unsigned i = 0; i < count; ++i) pages[i] = at(2 * i);
    }
    const per_cpu_pages& mine() { return normal().pcp(smp_processor_id()); }
};

bool is_listed(const page* page) { return page_test(*page, PG_pcp); }

}  // namespace

TEST(per_cpu_pages, an_empty_list_is_filled_by_a_batch) {
    pcp_arena arena(100, 7);
    ASSERT_TRUE(arena.take());
    EXPECT_EQ(arena.mine().count, 6u);
    EXPECT_EQ(arena.normal().free_pages(), TEST_PAGES - 7);
    for (int i = 0; i < 6; ++i) ASSERT_TRUE(arena.take());
    EXPECT_EQ(arena.mine().count, 0u);
    EXPECT_EQ(arena.normal().free_pages(), TEST_PAGES - 7);
    ASSERT_TRUE(arena.take());
    EXPECT_EQ(arena.mine().count, 6u);
    arena.normal().check_invariants();
}

TEST(per_cpu_pages, a_batch_is_a_number_of_pages_but_of_two_blocks_at_least) {
    constexpr u32 blocks_of_16[PCP_ORDERS] = {16, 8, 4, 2};
    constexpr u32 blocks_of_5[PCP_ORDERS] = {5, 2, 2, 2};
    for (unsigned order = 0; order < PCP_ORDERS; ++order) {
        pcp_arena sixteen(100, 16);
        ASSERT_TRUE(sixteen.take(order));
        EXPECT_EQ(sixteen.mine().count, (blocks_of_16[order] - 1) << order);
        EXPECT_EQ(TEST_PAGES - sixteen.normal().free_pages(), blocks_of_16[order] << order);
        sixteen.normal().check_invariants();
        pcp_arena five(100, 5);
        ASSERT_TRUE(five.take(order));
        EXPECT_EQ(five.mine().count, (blocks_of_5[order] - 1) << order);
        pcp_arena one(100, 1);
        ASSERT_TRUE(one.take(order));
        EXPECT_EQ(one.mine().count, 0u);
    }
}

TEST(per_cpu_pages, the_page_freed_last_is_given_out_first) {
    pcp_arena arena(100, 4);
    page* pages[5];
    arena.take_apart(pages, 5);
    for (page* const page : pages) arena.give(page);
    EXPECT_EQ(arena.mine().count, 5u);
    for (unsigned i = 5; i-- > 0;) EXPECT_EQ(arena.take(), pages[i]);
    EXPECT_EQ(arena.mine().count, 0u);
    EXPECT_FALSE(arena.take());
}

TEST(per_cpu_pages, each_order_and_type_has_a_list_of_its_own) {
    pcp_arena arena(100, 1);
    arena.set_type(1024, MIGRATE_UNMOVABLE);
    page* const movable = arena.take(0, MIGRATE_MOVABLE);
    page* const unmovable = arena.take(0, MIGRATE_UNMOVABLE);
    page* const pair = arena.take(1, MIGRATE_MOVABLE);
    arena.give(movable);
    arena.give(unmovable);
    arena.give(pair, 1);
    EXPECT_EQ(arena.mine().count, 4u);
    EXPECT_EQ(arena.take(1, MIGRATE_MOVABLE), pair);
    EXPECT_EQ(arena.take(0, MIGRATE_MOVABLE), movable);
    EXPECT_EQ(arena.take(0, MIGRATE_UNMOVABLE), unmovable);
    arena.normal().check_invariants();
}

TEST(per_cpu_pages, what_is_too_much_goes_back_from_the_cold_end) {
    pcp_arena arena(8, 4);
    page* pages[8];
    arena.take_apart(pages, 8);
    for (unsigned i = 0; i < 7; ++i) arena.give(pages[i]);
    EXPECT_EQ(arena.mine().count, 7u);
    EXPECT_EQ(arena.normal().free_pages(), 0u);
    arena.give(pages[7]);
    EXPECT_EQ(arena.mine().count, 4u);
    for (unsigned i = 0; i < 4; ++i) EXPECT_TRUE(PageBuddy(*pages[i]));
    for (unsigned i = 4; i < 8; ++i) EXPECT_TRUE(is_listed(pages[i]));
    EXPECT_EQ(arena.take(), pages[7]);
    arena.normal().check_invariants();
}

TEST(per_cpu_pages, gives_back_twice_as_much_while_pages_are_only_freed) {
    pcp_arena arena(64, 4);
    page* pages[200];
    arena.take_apart(pages, 200);
    unsigned next = 0;
    const auto until_it_gives_back = [&] {
        u32 before = 0;
        do {
            before = arena.mine().count;
            arena.give(pages[next++]);
        } while (arena.mine().count > before);
        return before + 1 - arena.mine().count;
    };
    EXPECT_EQ(until_it_gives_back(), 4u);
    EXPECT_EQ(until_it_gives_back(), 8u);
    EXPECT_EQ(until_it_gives_back(), 16u);
    EXPECT_EQ(until_it_gives_back(), 32u);
    EXPECT_EQ(until_it_gives_back(), 60u);  // a batch stays
    EXPECT_EQ(arena.mine().count, 4u);
    // It was doubled four times; each allocation halves that number.
    ASSERT_TRUE(arena.take());
    ASSERT_TRUE(arena.take());
    EXPECT_EQ(until_it_gives_back(), 8u);
    arena.normal().check_invariants();
}

TEST(per_cpu_pages, drained_all_go_back) {
    pcp_arena arena(100, 9);
    const u64 at_first = picture_of(*arena);
    page* const one = arena.take(0);
    page* const eight = arena.take(3);
    arena.give(one, 0);
    arena.give(eight, 3);
    EXPECT_GT(arena.normal().pcp_pages(), 0u);
    arena->drain_local_pages();
    EXPECT_EQ(arena.normal().pcp_pages(), 0u);
    EXPECT_EQ(picture_of(*arena), at_first);
    arena.normal().check_invariants();
}

namespace {

// A zone of so many pages, alone; what Linux 6.1 computes for it (zone_batchsize()
// and zone_highsize() with its low mark), done by hand.
struct size_row {
    u32 managed, batch, low_mark;
};
constexpr size_row sizes[] = {
    {1024, 1, 80},      {4096, 1, 160},     {8192, 1, 226},     {16384, 3, 320},
    {32768, 7, 452},    {65536, 15, 640},   {131072, 31, 905},  {225280, 63, 1186},
    {229376, 63, 1196},
};

}  // namespace

TEST(per_cpu_pages, batch_and_high_are_linuxs) {
    for (const size_row& row : sizes) {
        page_arena arena({.released = false});
        arena.normal().manage(row.managed);
        arena->start();
        const per_cpu_pages& pcp = arena.normal().pcp(0);
        EXPECT_EQ(arena.normal().wmark[WMARK_LOW], row.low_mark);
        EXPECT_EQ(pcp.batch, row.batch);
        EXPECT_EQ(pcp.high, max_of(row.low_mark / NR_CPUS, 4 * row.batch));
        if (NR_CPUS > 1) EXPECT_EQ(arena.normal().pcp(NR_CPUS - 1).high, pcp.high);
    }
}
