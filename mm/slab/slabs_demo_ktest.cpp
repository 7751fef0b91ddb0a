// What the table says must be true of the strategies, whatever the machine.
#include "mm/slab/slabs_demo.hpp"

#include "lib/demo.hpp"
#include "lib/test/scratch.hpp"
#include "mm/phys/page_fixture.hpp"
#include "mm/slab/slab_debug.hpp"

#include <test.hpp>

namespace {

// One page and a little: too large for the stack.
slabs_demo& demo() {
    return in_scratch<slabs_demo>([]() -> u64 {
        static u64 ticks;
        return ++ticks;
    });
}

bool are_debugged() { return slab_debug_flags("demo-slabs") != 0; }

}  // namespace

TEST(slabs_demo, slob_has_the_fewest_pages) {
    if (are_debugged()) SKIP_TEST("the caches are debugged");
    const auto of_slob = demo().measure(slob_strategy());
    ASSERT_TRUE(of_slob.has_value());
    EXPECT_LE(of_slob->full.waste(), 5u);
    EXPECT_EQ(of_slob->none.pages, 0u);
    for (slab_strategy& (*const strategy)() : compared_strategies) {
        if (&strategy() == &slob_strategy()) continue;
        const auto other = demo().measure(strategy());
        ASSERT_TRUE(other.has_value());
        EXPECT_LT(of_slob->full.pages, other->full.pages);
        EXPECT_LT(of_slob->half.pages, other->half.pages);
        EXPECT_LT(of_slob->again.pages, other->again.pages);
    }
}

TEST(slabs_demo, all_strategies_do_the_same_work) {
    const auto first = demo().measure(compared_strategies[0]());
    ASSERT_TRUE(first.has_value());
    EXPECT_LT(first->half.bytes, first->full.bytes);
    EXPECT_LT(first->full.bytes, first->again.bytes);
    for (slab_strategy& (*const strategy)() : compared_strategies) {
        const auto figures = demo().measure(strategy());
        ASSERT_TRUE(figures.has_value());
        EXPECT_EQ(figures->full.bytes, first->full.bytes);
        EXPECT_EQ(figures->half.bytes, first->half.bytes);
        EXPECT_EQ(figures->again.bytes, first->again.bytes);
        EXPECT_EQ(figures->none.bytes, 0u);
        EXPECT_EQ(figures->alloc_ticks, 1u);
        EXPECT_EQ(figures->free_ticks, 1u);
        // slob may have had pages with room before: they are not counted.
        if (&strategy() == &slob_strategy()) continue;
        for (const slabs_moment& moment : {figures->full, figures->half, figures->again})
            EXPECT_LE(moment.bytes, moment.pages * PAGE_SIZE);
    }
}

TEST(slabs_demo, nothing_remains) {
    for (slab_strategy& (*const strategy)() : compared_strategies) {
        const u32 before = the_page_allocator().pages_in_use();
        const auto figures = demo().measure(strategy());
        ASSERT_TRUE(figures.has_value());
        EXPECT_EQ(figures->pages_after_shrink, 0u);
        // The cache of caches may have got a slab.
        EXPECT_LE(the_page_allocator().pages_in_use(), before + 2);
    }
}

TEST(slabs_demo, unwinds_without_memory) {
    fault_attr& fail_page_alloc = the_page_allocator().fail_page_alloc();
    if (fail_page_alloc.armed()) SKIP_TEST("pages fail by chance");
    for (slab_strategy& (*const strategy)() : compared_strategies) {
        demo().measure(strategy());  // the cache of caches has its slab now
        const u32 before = the_page_allocator().pages_in_use();
        for (const u32 n : {1u, 2u, 5u, 12u}) {
            fail_nth armed(fail_page_alloc, n);
            EXPECT_FALSE(demo().measure(strategy()).has_value());
            EXPECT_TRUE(armed.failed());
        }
        EXPECT_EQ(the_page_allocator().pages_in_use(), before);
    }
}

TEST(slabs_demo, prints_a_table_of_80_columns) {
    text_buffer<4000>& out = page_fixture::output();
    out.clear();
    EXPECT_EQ(demo().run(out), 0);
    u32 lines = 0;
    for (std::string_view text = out.view(); !text.empty(); ++lines) {
        const size_t end = text.find('\n');
        EXPECT_LT(end, size_t{80});
        text.remove_prefix(end + 1);
    }
    EXPECT_EQ(lines, 10u + std::size(compared_strategies));
    if (!are_debugged()) EXPECT_TRUE(out.view().ends_with("in the end: slob.\n"));
}
