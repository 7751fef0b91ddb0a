#include "lib/interval_tree.hpp"

#include <test.hpp>

namespace {

struct span {
    u32 first, last;
    u32 reach = 0;
    rb_node rb{};
};
struct of_span {
    static u32 first(const span& s) { return s.first; }
    static u32 last(const span& s) { return s.last; }
    static u32& subtree_last(span& s) { return s.reach; }
};
using span_tree = interval_tree<span, &span::rb, of_span>;

// What has something in common with [first, last], as a number of the spans' digits.
u32 found(const span_tree& tree, const span* spans, u32 first, u32 last) {
    u32 digits = 0;
    for (span* at = tree.iter_first(first, last); at; at = span_tree::iter_next(*at, first, last))
        digits = digits * 10 + static_cast<u32>(at - spans) + 1;
    return digits;
}

}  // namespace

// The tree that is drawn in interval_tree.hpp.
TEST(interval_tree, finds_what_overlaps_in_order) {
    span spans[] = {{1, 20}, {3, 4}, {5, 9}, {7, 8}, {11, 12}};
    span_tree tree;
    EXPECT_TRUE(!tree.iter_first(0, ~u32{0}));
    for (const u32 i : {2, 0, 3, 1, 4}) {
        tree.insert(spans[i]);
        tree.check_invariants();
    }
    EXPECT_EQ(found(tree, spans, 10, 10), 1u);
    EXPECT_EQ(found(tree, spans, 0, ~u32{0}), 12345u);
    EXPECT_EQ(found(tree, spans, 0, 0), 0u);
    EXPECT_EQ(found(tree, spans, 21, 30), 0u);
    EXPECT_EQ(found(tree, spans, 20, 20), 1u);
    EXPECT_EQ(found(tree, spans, 1, 1), 1u);
    EXPECT_EQ(found(tree, spans, 4, 7), 1234u);
    EXPECT_EQ(found(tree, spans, 12, 12), 15u);
    tree.erase(spans[0]);
    tree.check_invariants();
    EXPECT_EQ(found(tree, spans, 10, 10), 0u);
    EXPECT_EQ(found(tree, spans, 9, 11), 35u);
    for (const u32 i : {2, 3, 1, 4}) tree.erase(spans[i]);
    EXPECT_TRUE(tree.empty());
}

TEST(interval_tree, equal_ones_come_in_the_order_of_insertion) {
    span spans[] = {{5, 5}, {5, 9}, {5, 5}, {5, 7}};
    span_tree tree;
    for (span& s : spans) tree.insert(s);
    tree.check_invariants();
    EXPECT_EQ(found(tree, spans, 5, 5), 1234u);
    EXPECT_EQ(found(tree, spans, 6, 7), 24u);
}

TEST(interval_tree, reaches_the_last_number) {
    span spans[] = {{0, ~u32{0}}, {~u32{0}, ~u32{0}}, {0, 0}};
    span_tree tree;
    for (span& s : spans) tree.insert(s);
    tree.check_invariants();
    EXPECT_EQ(found(tree, spans, 0, 0), 13u);
    EXPECT_EQ(found(tree, spans, ~u32{0}, ~u32{0}), 12u);
    EXPECT_EQ(found(tree, spans, 7, 8), 1u);
}
