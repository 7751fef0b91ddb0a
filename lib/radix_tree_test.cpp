#include "lib/radix_tree.hpp"

#include "lib/test/scratch.hpp"

#include <test.hpp>

namespace {

// A tree with nodes enough; items are the addresses of numbers.
struct world {
    static constexpr u32 nodes_there = 40;

    world() {
        for (radix_node& node : nodes) spare.put(node);
    }
    // What was left out of the tree comes back as it was.
    ~world() {
        while (radix_node* const node = spare.take())
            for (void* const slot : node->slots) EXPECT_TRUE(!slot);
    }

    void* item(u32 n) { return &items[n]; }
    int insert(u32 index, u32 n) {
        const int error = tree.insert(index, item(n), spare).error();
        tree.check_invariants();
        return error;
    }
    void* erase(u32 index) {
        void* const was = tree.erase(index, spare);
        tree.check_invariants();
        return was;
    }
    u32 in_use() const { return nodes_there - spare.count(); }

    radix_node nodes[nodes_there];
    u8 items[16];
    radix_nodes spare;
    radix_tree tree;
};

constexpr u32 last_index = ~u32{0};

}  // namespace

TEST(radix_tree, visits_a_range_in_order_and_nothing_beside_it) {
    world& w = in_scratch<world>();
    const auto visited = [&](u32 first, u32 count) {
        u32 seen = 0, last = 0;
        w.tree.for_each(first, count, [&](u32 index, void* item) {
            EXPECT_TRUE(index - first < count && (seen == 0 || last < index));
            EXPECT_EQ(item, w.tree.lookup(index));
            last = index;
            ++seen;
        });
        return seen;
    };
    EXPECT_EQ(visited(0, 64), 0u);
    EXPECT_EQ(w.insert(0, 0), 0);
    EXPECT_EQ(visited(0, 1), 1u);
    EXPECT_EQ(visited(0, 0), 0u);
    EXPECT_EQ(visited(1, 64), 0u);
    for (const u32 index : {1u, 62u, 63u, 64u, 130u, last_index})
        EXPECT_EQ(w.insert(index, index % 16), 0);
    EXPECT_EQ(visited(0, 64), 4u);
    EXPECT_EQ(visited(62, 3), 3u);
    EXPECT_EQ(visited(63, 67), 2u);
    EXPECT_EQ(visited(63, 68), 3u);
    EXPECT_EQ(visited(131, 500), 0u);
    EXPECT_EQ(visited(last_index - 9, 10), 1u);
}

TEST(radix_tree, is_as_high_as_its_highest_index) {
    world& w = in_scratch<world>();
    EXPECT_TRUE(w.tree.empty());
    EXPECT_EQ(w.insert(0, 0), 0);
    EXPECT_EQ(w.tree.height(), 0u);
    EXPECT_EQ(w.in_use(), 0u);
    EXPECT_EQ(w.insert(63, 1), 0);
    EXPECT_EQ(w.tree.height(), 1u);
    EXPECT_EQ(w.in_use(), 1u);
    EXPECT_EQ(w.insert(64, 2), 0);
    EXPECT_EQ(w.tree.height(), 2u);
    EXPECT_EQ(w.in_use(), 3u);
    EXPECT_EQ(w.insert(last_index, 3), 0);
    EXPECT_EQ(w.tree.height(), 6u);
    EXPECT_EQ(w.in_use(), 3u + 4 + 5);
    EXPECT_EQ(w.tree.lookup(0), w.item(0));
    EXPECT_EQ(w.tree.lookup(63), w.item(1));
    EXPECT_EQ(w.tree.lookup(64), w.item(2));
    EXPECT_EQ(w.tree.lookup(last_index), w.item(3));
    EXPECT_TRUE(!w.tree.lookup(1));
    EXPECT_TRUE(!w.tree.lookup(last_index - 64));

    EXPECT_EQ(w.erase(last_index), w.item(3));
    EXPECT_EQ(w.tree.height(), 2u);
    EXPECT_EQ(w.erase(64), w.item(2));
    EXPECT_EQ(w.tree.height(), 1u);
    EXPECT_TRUE(!w.erase(64));
    EXPECT_EQ(w.erase(63), w.item(1));
    EXPECT_EQ(w.tree.height(), 0u);
    EXPECT_EQ(w.erase(0), w.item(0));
    EXPECT_TRUE(w.tree.empty());
    EXPECT_EQ(w.in_use(), 0u);
    w.~world();
}

TEST(radix_tree, an_empty_tree_grows_only_what_it_needs) {
    world& w = in_scratch<world>();
    EXPECT_EQ(w.insert(last_index, 0), 0);
    EXPECT_EQ(w.in_use(), 6u);
    EXPECT_EQ(w.erase(last_index), w.item(0));
    EXPECT_EQ(w.in_use(), 0u);
    w.~world();
}

TEST(radix_tree, refuses_what_is_there_and_what_it_has_no_nodes_for) {
    world& w = in_scratch<world>();
    EXPECT_EQ(w.insert(5, 0), 0);
    EXPECT_EQ(w.insert(5, 1), EEXIST);
    EXPECT_EQ(w.tree.lookup(5), w.item(0));

    for (const u32 index : {0u, 5000u, last_index}) {
        const u32 wanted = w.tree.nodes_wanted(index);
        radix_nodes few;
        for (u32 i = 0; i + 1 < wanted; ++i) few.put(*w.spare.take());
        if (wanted > 0) EXPECT_EQ(w.tree.insert(index, w.item(2), few).error(), ENOMEM);
        w.tree.check_invariants();
        EXPECT_TRUE(!w.tree.lookup(index));
        EXPECT_EQ(few.count(), wanted > 0 ? wanted - 1 : 0);
        if (wanted > 0) few.put(*w.spare.take());
        EXPECT_TRUE(w.tree.insert(index, w.item(2), few));
        w.tree.check_invariants();
        EXPECT_EQ(few.count(), 0u);
    }
    EXPECT_EQ(w.tree.lookup(5), w.item(0));
    for (const u32 index : {0u, 5u, 5000u, last_index}) EXPECT_TRUE(w.erase(index));
    EXPECT_EQ(w.in_use(), 0u);
    w.~world();
}

TEST(radix_tree, finds_the_next_ones_over_any_gap) {
    world& w = in_scratch<world>();
    constexpr u32 indices[] = {0, 1, 63, 64, 4095, 4096, 1u << 24, last_index};
    for (u32 i = 0; i < 8; ++i) EXPECT_EQ(w.insert(indices[i], i), 0);
    radix_tree::found found[8];
    for (u32 i = 0; i < 8; ++i) {
        // From the index itself, and from right behind the one before.
        for (const u32 from : {indices[i], i ? indices[i - 1] + 1 : 0}) {
            ASSERT_EQ(w.tree.gang_lookup(from, found), 8 - i);
            for (u32 k = i; k < 8; ++k) {
                EXPECT_EQ(found[k - i].index, indices[k]);
                EXPECT_EQ(found[k - i].item, w.item(k));
            }
        }
    }
    EXPECT_EQ(w.tree.gang_lookup(2, {found, 3}), 3u);
    EXPECT_EQ(found[2].index, 4095u);
    // From the midst of what has no nodes to the first slot of what has.
    EXPECT_EQ(w.tree.gang_lookup(5000, found), 2u);
    EXPECT_EQ(found[0].index, 1u << 24);
    for (const u32 index : indices) w.erase(index);
    EXPECT_EQ(w.tree.gang_lookup(0, found), 0u);
    w.~world();
}

TEST(radix_tree, tags_are_seen_from_above) {
    world& w = in_scratch<world>();
    EXPECT_FALSE(w.tree.tag_set(0, RADIX_DIRTY));
    EXPECT_EQ(w.insert(0, 0), 0);
    EXPECT_TRUE(w.tree.tag_set(0, RADIX_DIRTY));
    EXPECT_TRUE(w.tree.tagged(RADIX_DIRTY));
    // The tag goes along as the tree grows.
    EXPECT_EQ(w.insert(70, 1), 0);
    EXPECT_EQ(w.insert(5000, 2), 0);
    EXPECT_TRUE(w.tree.tag_get(0, RADIX_DIRTY));
    EXPECT_FALSE(w.tree.tag_get(70, RADIX_DIRTY));
    EXPECT_TRUE(w.tree.tag_set(5000, RADIX_DIRTY));
    EXPECT_TRUE(w.tree.tag_set(5000, RADIX_TOWRITE));
    w.tree.check_invariants();

    radix_tree::found found[4];
    EXPECT_EQ(w.tree.gang_lookup_tag(0, found, RADIX_DIRTY), 2u);
    EXPECT_EQ(found[1].index, 5000u);
    EXPECT_EQ(w.tree.gang_lookup_tag(1, found, RADIX_DIRTY), 1u);
    EXPECT_EQ(w.tree.gang_lookup_tag(0, found, RADIX_TOWRITE), 1u);
    EXPECT_EQ(w.tree.gang_lookup_tag(0, found, RADIX_WRITEBACK), 0u);

    w.tree.tag_clear(0, RADIX_DIRTY);
    w.tree.check_invariants();
    EXPECT_TRUE(w.tree.tagged(RADIX_DIRTY));
    // What goes out takes its tags along.
    EXPECT_TRUE(w.erase(5000));
    EXPECT_FALSE(w.tree.tagged(RADIX_DIRTY));
    EXPECT_FALSE(w.tree.tagged(RADIX_TOWRITE));
    EXPECT_TRUE(w.tree.tag_set(0, RADIX_WRITEBACK));
    // ... and is as tagged when the tree shrinks to its root.
    EXPECT_TRUE(w.erase(70));
    EXPECT_TRUE(w.tree.tag_get(0, RADIX_WRITEBACK));
    EXPECT_EQ(w.tree.gang_lookup_tag(0, found, RADIX_WRITEBACK), 1u);
    EXPECT_TRUE(w.erase(0));
    EXPECT_FALSE(w.tree.tagged(RADIX_WRITEBACK));
    w.~world();
}
