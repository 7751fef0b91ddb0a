// Tables come back as they went: empty, and not too many.
#include "mm/vm/clean_tables.hpp"

#include "mm/phys/page_alloc.hpp"
#include "mm/phys/vmstat.hpp"
#include "mm/vm/area_fixture.hpp"
#include "mm/vm/user_tables.hpp"

#include <test.hpp>

namespace {

constexpr gfp_t zeroed = GFP_KERNEL | __GFP_ZERO;
bool fails_by_chance() { return the_page_allocator().fail_page_alloc().armed(); }

}  // namespace

TEST(clean_tables, the_next_one_gets_the_table_of_the_last) {
    if (fails_by_chance()) SKIP_TEST("pages fail by chance");
    drain_clean_tables();
    EXPECT_FALSE(take_clean_table(true));
    page* const table = alloc_page(zeroed);
    ASSERT_TRUE(table);
    free_clean_table(table);
    EXPECT_EQ(vm_counters.clean_tables, 1u);
    EXPECT_EQ(take_clean_table(false), table);
    EXPECT_EQ(vm_counters.clean_tables, 0u);
    __free_page(table);
}

TEST(clean_tables, high_memory_is_for_those_who_can_use_it) {
    if (fails_by_chance()) SKIP_TEST("pages fail by chance");
    drain_clean_tables();
    page* const high = alloc_page(GFP_HIGHUSER | __GFP_ZERO);
    ASSERT_TRUE(high);
    if (!PageHighMem(*high)) {
        __free_page(high);
        SKIP_TEST("the machine has no high memory");
    }
    free_clean_table(high);
    EXPECT_FALSE(take_clean_table(false));
    EXPECT_EQ(take_clean_table(true), high);
    __free_page(high);
}

TEST(clean_tables, keeps_a_few_and_gives_them_back) {
    drain_clean_tables();
    page_list tables;
    for (u32 i = 0; i <= max_kept_tables; ++i)
        if (page* const table = alloc_page(zeroed | __GFP_NOWARN)) tables.push_back(*table);
    while (page* const table = tables.pop_front()) free_clean_table(table);
    const u32 kept = vm_counters.clean_tables;
    EXPECT_GE(kept, 1u);
    EXPECT_LE(kept, max_kept_tables);
    const u32 before = the_page_allocator().pages_in_use();
    EXPECT_EQ(drain_clean_tables(), kept);
    EXPECT_EQ(the_page_allocator().pages_in_use(), before - kept);
    EXPECT_EQ(vm_counters.clean_tables, 0u);
}

TEST(clean_tables, a_space_leaves_its_tables_to_the_next_and_all_entries_are_none) {
    if (fails_by_chance()) SKIP_TEST("pages fail by chance");
    drain_clean_tables();
    {
        test_space space;
        ASSERT_EQ(space.map(0, 3, PROT_RW, anonymous | MAP_POPULATE), 0);
    }
    const u32 left = vm_counters.clean_tables;
    EXPECT_GE(left, 1u);
    test_space space;
    ASSERT_EQ(space.map(1, 1, PROT_RW, anonymous | MAP_POPULATE), 0);
    EXPECT_LT(vm_counters.clean_tables, left);
    EXPECT_EQ(entry_at(*space, space.at(0)), pte_entry{0});
    EXPECT_EQ(entry_at(*space, space.at(2)), pte_entry{0});
    EXPECT_EQ(get_mm_rss(*space), 1u);
}
