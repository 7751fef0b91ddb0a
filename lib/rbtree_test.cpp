#include "lib/rbtree.hpp"

#include "lib/random.hpp"

#include <test.hpp>

namespace {

// An interval, and the largest gap before any interval of its subtree: the shape
// that areas of an address space have.
struct area {
    u32 start;
    u32 end;
    u32 gap;  // before this one
    u32 subtree_gap;
    rb_node node;
};

struct by_start {
    bool operator()(const area& a, const area& b) const { return a.start < b.start; }
    bool operator()(const area& a, u32 address) const { return a.start < address; }
    bool operator()(u32 address, const area& a) const { return address < a.start; }
};

struct largest_gap {
    static bool update(area& e, const area* left, const area* right) {
        u32 largest = e.gap;
        if (left) largest = max_of(largest, left->subtree_gap);
        if (right) largest = max_of(largest, right->subtree_gap);
        const bool changed = largest != e.subtree_gap;
        e.subtree_gap = largest;
        return changed;
    }
};

using plain_tree = rbtree<area, &area::node, by_start>;
using gap_tree = rbtree<area, &area::node, by_start, largest_gap>;

area area_at(u32 start, u32 gap = 0) { return {start, start + 1, gap, 0, {}}; }

}  // namespace

TEST(rbtree, is_empty_at_first) {
    plain_tree tree;
    EXPECT_TRUE(tree.empty());
    EXPECT_TRUE(tree.first() == nullptr);
    EXPECT_TRUE(tree.last() == nullptr);
    EXPECT_TRUE(tree.find(3u) == nullptr);
    EXPECT_TRUE(tree.lower_bound(0u) == nullptr);
    EXPECT_TRUE(tree.begin() == tree.end());
    tree.check_invariants();
}

TEST(rbtree, keeps_order_and_shape_over_rising_and_falling_keys) {
    for (const bool rising : {true, false}) {
        static area areas[64];
        plain_tree tree;
        for (u32 i = 0; i < 64; ++i) {
            areas[i] = area_at(rising ? i : 63 - i);
            EXPECT_TRUE(tree.insert(areas[i]) == nullptr);
            tree.check_invariants();
        }
        u32 expected = 0;
        for (const area& e : tree) EXPECT_EQ(e.start, expected++);
        EXPECT_EQ(expected, 64u);
        for (area* e = tree.last(); e; e = plain_tree::prev(*e))
            EXPECT_EQ(e->start, --expected);
        EXPECT_EQ(expected, 0u);
        for (area& e : areas) {
            tree.erase(e);
            tree.check_invariants();
        }
        EXPECT_TRUE(tree.empty());
    }
}

TEST(rbtree, finds_by_key) {
    static area areas[10];
    plain_tree tree;
    for (u32 i = 0; i < 10; ++i) {
        areas[i] = area_at(10 * i);
        EXPECT_TRUE(tree.insert(areas[i]) == nullptr);
    }
    EXPECT_TRUE(tree.find(50u) == &areas[5]);
    EXPECT_TRUE(tree.find(55u) == nullptr);
    EXPECT_TRUE(tree.lower_bound(50u) == &areas[5]);
    EXPECT_TRUE(tree.lower_bound(51u) == &areas[6]);
    EXPECT_TRUE(tree.lower_bound(91u) == nullptr);
    EXPECT_TRUE(tree.upper_bound(50u) == &areas[6]);
    EXPECT_TRUE(tree.upper_bound(90u) == nullptr);
    EXPECT_TRUE(tree.first_where([](const area& e) { return e.end > 20; }) == &areas[2]);
    EXPECT_TRUE(tree.first() == &areas[0]);
    EXPECT_TRUE(tree.last() == &areas[9]);
    EXPECT_TRUE(plain_tree::next(areas[9]) == nullptr);
    EXPECT_TRUE(plain_tree::prev(areas[0]) == nullptr);
}

TEST(rbtree, says_where_an_element_belongs_or_what_is_there) {
    area a = area_at(1), b = area_at(2), again = area_at(1), c = area_at(3);
    plain_tree tree;
    EXPECT_TRUE(tree.insert(a) == nullptr);
    EXPECT_TRUE(tree.insert(b) == nullptr);
    EXPECT_TRUE(tree.insert(again) == &a);
    EXPECT_TRUE(tree.find_place(2u).existing == &b);
    const auto place = tree.find_place(3u);
    EXPECT_TRUE(place.existing == nullptr);
    tree.insert_at(place, c);
    EXPECT_TRUE(tree.last() == &c);
    EXPECT_TRUE(plain_tree::parent(*tree.root()) == nullptr);
    EXPECT_TRUE(plain_tree::left(*tree.root()) == &a);
    EXPECT_TRUE(plain_tree::right(*tree.root()) == &c);
    tree.check_invariants();
}

TEST(rbtree, puts_equal_elements_behind_each_other) {
    static area areas[9];
    plain_tree tree;
    for (u32 i = 0; i < 9; ++i) {
        areas[i] = area_at(i % 3);
        areas[i].end = i;
        tree.insert_multi(areas[i]);
        tree.check_invariants();
    }
    const u32 expected[] = {0, 3, 6, 1, 4, 7, 2, 5, 8};
    size_t at = 0;
    for (const area& e : tree) EXPECT_EQ(e.end, expected[at++]);
    EXPECT_EQ(at, 9u);
}

TEST(rbtree, replaces_an_element_in_its_place) {
    static area areas[7];
    plain_tree tree;
    for (u32 i = 0; i < 7; ++i) {
        areas[i] = area_at(i);
        EXPECT_TRUE(tree.insert(areas[i]) == nullptr);
    }
    area inner = area_at(3), leaf = area_at(0);
    tree.replace(areas[3], inner);
    tree.replace(areas[0], leaf);
    tree.check_invariants();
    EXPECT_TRUE(tree.find(3u) == &inner);
    EXPECT_TRUE(tree.first() == &leaf);
}

TEST(rbtree, is_torn_down_with_each_element_once) {
    static area areas[20];
    plain_tree tree;
    tree.clear([](area&) { EXPECT_TRUE(false); });
    for (u32 i = 0; i < 20; ++i) {
        areas[i] = area_at(i);
        EXPECT_TRUE(tree.insert(areas[i]) == nullptr);
    }
    u32 seen = 0;
    tree.clear([&seen](area& e) {
        seen += 1u << e.start;
        e.node = {};  // freed, as far as the tree can tell
    });
    EXPECT_EQ(seen, (1u << 20) - 1);
    EXPECT_TRUE(tree.empty());
}

TEST(rbtree, keeps_augmented_values_over_random_steps) {
    static area areas[48];
    static bool inside[48];
    random_source random(7);
    gap_tree tree;
    for (u32 i = 0; i < 48; ++i) inside[i] = false;
    for (int step = 0; step < 1000; ++step) {
        const u32 i = random.below(48);
        if (inside[i] && random.one_in(3)) {
            areas[i].gap = random.below(1000);
            gap_tree::updated(areas[i]);
        } else if (inside[i]) {
            tree.erase(areas[i]);
            inside[i] = false;
        } else {
            areas[i] = area_at(i, random.below(1000));
            areas[i].subtree_gap = random.below(1000);  // what was there must not matter
            EXPECT_TRUE(tree.insert(areas[i]) == nullptr);
            inside[i] = true;
        }
        tree.check_invariants();
    }
}

// Here a gap reaches back to the element before, so whoever comes or goes changes that of
// the next one.
TEST(rbtree, the_next_one_is_mended_in_the_same_walk) {
    static area areas[48];
    static bool inside[48];
    random_source random(11);
    gap_tree tree;
    for (u32 i = 0; i < 48; ++i) inside[i] = false;
    const auto meet = [](const area* before, area* behind) {
        if (behind) behind->gap = behind->start - (before ? before->end : 0);
    };
    for (int step = 0; step < 1000; ++step) {
        const u32 i = random.below(48);
        area& e = areas[i];
        if (inside[i]) {
            area* const next = gap_tree::next(e);
            meet(gap_tree::prev(e), next);
            tree.erase(e, next);
        } else {
            e = area_at(i * i);
            area* const next = tree.upper_bound(e.start);
            meet(next ? gap_tree::prev(*next) : tree.last(), &e);
            meet(&e, next);
            tree.insert_at(tree.find_place(e.start), e, next);
        }
        inside[i] = !inside[i];
        tree.check_invariants();
    }
}

TEST(rbtree, a_replacement_brings_its_own_augmented_value) {
    area a = area_at(1, 5), b = area_at(2, 1), fresh = area_at(1, 9);
    gap_tree tree;
    EXPECT_TRUE(tree.insert(b) == nullptr);
    EXPECT_TRUE(tree.insert(a) == nullptr);
    EXPECT_EQ(tree.root()->subtree_gap, 5u);
    fresh.subtree_gap = 9;  // already right by chance: its parent must hear of it still
    tree.replace(a, fresh);
    EXPECT_EQ(tree.root()->subtree_gap, 9u);
    tree.check_invariants();
}
