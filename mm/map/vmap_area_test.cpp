// The tree of holes: lowest fit, merging, and that a search is no scan.
#include "mm/map/vmap_area.hpp"

#include "mm/phys/test_pages.hpp"

#include <test.hpp>

namespace {

constexpr u32 page_bytes = PAGE_SIZE;

constexpr u32 most = 600;
using node_array = vmap_area[most];
vmap_area& node(u32 i) { return scratch_as<node_array>()[i]; }

// Holes of `size` pages at each `stride`th page.
void make_holes(vmap_holes& holes, u32 count, u32 stride, u32 size) {
    vmap_area_list spares;
    for (u32 i = 0; i < count; ++i) {
        node(i) = {};
        node(i).va_start = (1000 + i * stride) * page_bytes;
        node(i).va_end = node(i).va_start + size * page_bytes;
        holes.give(node(i), spares);
    }
    EXPECT_TRUE(spares.empty());
    holes.check_invariants();
}

u32 steps_to_find_the_last(u32 count) {
    vmap_holes holes;
    vmap_area_list spares;
    make_holes(holes, count, 4, 2);
    node(most - 1) = {};
    node(most - 1).va_start = 100000 * page_bytes;
    node(most - 1).va_end = 100010 * page_bytes;
    holes.give(node(most - 1), spares);
    const u32 before = holes.visited();
    EXPECT_EQ(holes.take(5 * page_bytes, page_bytes, spares).value_or(0), 100000 * page_bytes);
    return holes.visited() - before;
}

}  // namespace

TEST(vmap_holes, a_search_visits_the_height_of_the_tree) {
    EXPECT_LE(steps_to_find_the_last(4), 4u);
    EXPECT_LE(steps_to_find_the_last(500), 18u);  // 2 log2(502)
}

TEST(vmap_holes, no_hole_is_told_by_one_look) {
    vmap_holes holes;
    vmap_area_list spares;
    make_holes(holes, 300, 4, 2);
    EXPECT_FALSE(holes.take(3 * page_bytes, page_bytes, spares).has_value());
    EXPECT_FALSE(holes.take(~page_bytes + 1, page_bytes, spares).has_value());
    EXPECT_EQ(holes.visited(), 0u);
}

TEST(vmap_holes, the_lowest_of_those_that_fit) {
    vmap_holes holes;
    vmap_area_list spares;
    make_holes(holes, 40, 10, 3);
    EXPECT_EQ(holes.take(2 * page_bytes, page_bytes, spares).value_or(0), 1000 * page_bytes);
    EXPECT_EQ(holes.take(2 * page_bytes, page_bytes, spares).value_or(0), 1010 * page_bytes);
    EXPECT_EQ(holes.take(page_bytes, page_bytes, spares).value_or(0), 1002 * page_bytes);
    EXPECT_EQ(spares.pop_front(), &node(0));  // used up
    holes.check_invariants();
}

TEST(vmap_holes, neighbours_become_one) {
    vmap_holes holes;
    vmap_area_list spares;
    make_holes(holes, 2, 5, 2);
    vmap_area between;
    between.va_start = 1002 * page_bytes;
    between.va_end = 1005 * page_bytes;
    holes.give(between, spares);
    holes.check_invariants();
    EXPECT_EQ(holes.largest(), 7 * page_bytes);
    EXPECT_EQ(holes.first(), &node(0));
    EXPECT_FALSE(vmap_holes::next(node(0)));
    u32 superfluous = 0;
    while (spares.pop_front()) ++superfluous;
    EXPECT_EQ(superfluous, 2u);
}

TEST(vmap_holes, alignment_cuts_a_hole_in_two) {
    vmap_holes holes;
    vmap_area_list spares;
    make_holes(holes, 1, 100, 40);  // 1000 ... 1039
    vmap_area node;
    spares.push_back(node);
    EXPECT_EQ(holes.take(2 * page_bytes, 16 * page_bytes, spares).value_or(0), 1008 * page_bytes);
    EXPECT_TRUE(spares.empty());
    EXPECT_EQ(node.va_start, 1010 * page_bytes);
    EXPECT_EQ(holes.largest(), 30 * page_bytes);
    holes.check_invariants();
}

// None is so large that any beginning will do; of those that may, one does.
TEST(vmap_holes, alignment_by_luck_finds_the_one_that_begins_well) {
    vmap_holes holes;
    vmap_area_list spares;
    make_holes(holes, 300, 7, 4);  // at 1000, 1007, 1014 ...: 1056 is the first at 32 * n
    vmap_area node;
    spares.push_back(node);
    EXPECT_EQ(holes.take(4 * page_bytes, 32 * page_bytes, spares).value_or(0), 1056 * page_bytes);
    EXPECT_FALSE(holes.take(5 * page_bytes, 32 * page_bytes, spares).has_value());
    holes.check_invariants();
}
