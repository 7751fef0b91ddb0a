// Who asks for memory where sleeping is not possible, and may sleep, is told so: once
// a call, on each of the ways to a page.
#include "lib/test/sleep_reports.hpp"
#include "mm/phys/test_pages.hpp"

#include <test.hpp>

namespace {

// A single page, a block of the per-CPU lists, one of the buddy system.
constexpr unsigned orders[] = {0, 3, 6};

unsigned reports_of(page_arena& arena, gfp_t mask, unsigned order) {
    sleep_reports reports;
    page* const head = arena->alloc_pages(mask, order);
    EXPECT_TRUE(head);
    if (head) arena->free_pages(head, order);
    if (reports.count() > 0) EXPECT_STREQ(reports.what(), "alloc_pages");
    return reports.count();
}

struct started_arena : page_arena {
    started_arena() {
        (*this)->start();
        // The lists have something, so the usual way is gone all along.
        for (const unsigned order : orders)
            (*this)->free_pages((*this)->alloc_pages(GFP_ATOMIC, order), order);
    }
};

}  // namespace

TEST(page_atomic, nobody_is_told_where_sleeping_is_fine) {
    started_arena arena;
    for (const unsigned order : orders) EXPECT_EQ(reports_of(arena, GFP_KERNEL, order), 0u);
}

TEST(page_atomic, preemption_off) {
    started_arena arena;
    preempt_disable();
    for (const unsigned order : orders) {
        EXPECT_EQ(reports_of(arena, GFP_KERNEL, order), 1u);
        EXPECT_EQ(reports_of(arena, GFP_ATOMIC, order), 0u);
    }
    preempt_enable();
}

TEST(page_atomic, interrupts_off) {
    started_arena arena;
    for (const unsigned order : orders) {
        const irq_state state = local_irq_save();
        const unsigned of_kernel = reports_of(arena, GFP_KERNEL, order);
        const unsigned of_atomic = reports_of(arena, GFP_ATOMIC, order);
        local_irq_restore(state);
        EXPECT_EQ(of_kernel, 1u);
        EXPECT_EQ(of_atomic, 0u);
    }
}

TEST(page_atomic, both) {
    started_arena arena;
    for (const unsigned order : orders) {
        const irq_state state = local_irq_save();
        preempt_disable();
        const unsigned reports = reports_of(arena, GFP_KERNEL, order);
        preempt_enable();
        local_irq_restore(state);
        EXPECT_EQ(reports, 1u);
    }
}

TEST(page_atomic, a_range_of_pages_is_no_exception) {
    started_arena arena;
    arena->drain_local_pages();
    for (const gfp_t mask : {GFP_KERNEL, GFP_ATOMIC}) {
        preempt_disable();
        sleep_reports reports;
        page* const first = arena->alloc_contig_pages(1000, mask);
        preempt_enable();
        EXPECT_EQ(reports.count(), mask == GFP_KERNEL ? 1u : 0u);
        if (reports.count() > 0) EXPECT_STREQ(reports.what(), "alloc_contig_pages");
        ASSERT_TRUE(first);
        arena->free_contig_pages(first, 1000);
        arena->drain_local_pages();
    }
}
