// The red-black tree against std::multimap, by random steps; and its detectors, by
// corruption.
#include "lib/rbtree.hpp"

#include "host-tests/support/kernel.hpp"
#include "lib/random.hpp"

#include <test.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace {

struct item {
    u32 key;
    u64 weight;
    u64 subtree_weight;
    unsigned subtree_size;
    rb_node node;
};

struct by_key {
    bool operator()(const item& a, const item& b) const { return a.key < b.key; }
    bool operator()(const item& a, u32 key) const { return a.key < key; }
    bool operator()(u32 key, const item& a) const { return key < a.key; }
};

// A sum and a size: unlike a maximum, neither forgives a change that got lost.
struct sums {
    static bool update(item& e, const item* left, const item* right) {
        const u64 weight = e.weight + (left ? left->subtree_weight : 0) +
                           (right ? right->subtree_weight : 0);
        const unsigned size =
            1 + (left ? left->subtree_size : 0) + (right ? right->subtree_size : 0);
        const bool changed = weight != e.subtree_weight || size != e.subtree_size;
        e.subtree_weight = weight;
        e.subtree_size = size;
        return changed;
    }
};

using plain_tree = rbtree<item, &item::node, by_key>;
using sum_tree = rbtree<item, &item::node, by_key, sums>;
using model_tree = std::multimap<u32, item*>;

template <class Tree>
void compare(const Tree& tree, const model_tree& model) {
    tree.check_invariants();
    auto expected = model.begin();
    for (item& e : tree) {
        ASSERT_TRUE(expected != model.end());
        ASSERT_EQ(&e, expected->second);
        ++expected;
    }
    ASSERT_TRUE(expected == model.end());
}

item* second_or_null(const model_tree& model, model_tree::const_iterator at) {
    return at == model.end() ? nullptr : at->second;
}

template <class Tree>
void random_steps(u64 seed, unsigned steps, unsigned elements, u32 keys) {
    random_source random(seed);
    Tree tree;
    model_tree model;
    std::vector<item> items(elements);
    std::vector<item*> spare;
    for (item& e : items) spare.push_back(&e);
    const auto random_entry = [&] {
        return std::next(model.begin(), random.below(model.size()));
    };

    for (unsigned step = 0; step < steps; ++step) {
        // Now the tree grows, now it shrinks.
        const bool grow = (step / (elements * 4)) % 2 == 0;
        const unsigned dice = random.below(100);
        if (dice < (grow ? 50 : 25)) {
            if (spare.empty()) continue;
            item* const e = spare.back();
            spare.pop_back();
            *e = {random.below(keys), random.below(100), random.next(), 77, {}};
            if (random.one_in(2)) {
                tree.insert_multi(*e);
                model.emplace(e->key, e);
            } else if (item* const existing = tree.insert(*e)) {
                ASSERT_EQ(existing->key, e->key);
                ASSERT_TRUE(model.count(e->key) > 0);
                spare.push_back(e);
            } else {
                ASSERT_EQ(model.count(e->key), 0u);
                model.emplace(e->key, e);
            }
        } else if (dice < 75) {
            if (model.empty()) continue;
            const auto at = random_entry();
            tree.erase(*at->second);
            spare.push_back(at->second);
            model.erase(at);
        } else if (dice < 85) {
            const u32 key = random.below(keys + 1);
            item* const found = tree.find(key);
            ASSERT_EQ(found != nullptr, model.count(key) > 0);
            ASSERT_TRUE(!found || found->key == key);
            ASSERT_EQ(tree.lower_bound(key), second_or_null(model, model.lower_bound(key)));
            ASSERT_EQ(tree.upper_bound(key), second_or_null(model, model.upper_bound(key)));
        } else if (dice < 95) {
            if (model.empty() || spare.empty()) continue;
            const auto at = random_entry();
            item* const fresh = spare.back();
            *fresh = {at->first, random.below(100), random.next(), 77, {}};
            tree.replace(*at->second, *fresh);
            spare.back() = at->second;
            at->second = fresh;
        } else if constexpr (std::is_same_v<Tree, sum_tree>) {
            if (model.empty()) continue;
            item& e = *random_entry()->second;
            e.weight = random.below(100);
            sum_tree::updated(e);
        }
        compare(tree, model);
        if (testing::Test::HasFatalFailure()) return;
    }
}

}  // namespace

TEST(rbtree_model, a_plain_tree_agrees_with_multimap) {
    random_steps<plain_tree>(1, 10000, 100, 1u << 30);
    random_steps<plain_tree>(2, 10000, 30, 10);
}

TEST(rbtree_model, an_augmented_tree_agrees_with_multimap) {
    random_steps<sum_tree>(3, 10000, 100, 1u << 30);
    random_steps<sum_tree>(4, 10000, 30, 10);
}

TEST(rbtree_model, every_order_of_inserting_and_erasing_seven) {
    std::vector<unsigned> order{0, 1, 2, 3, 4, 5, 6};
    do {
        std::vector<item> items(7);
        sum_tree tree;
        for (unsigned i : order) {
            items[i] = {i, i, 0, 0, {}};
            ASSERT_EQ(tree.insert(items[i]), nullptr);
        }
        tree.check_invariants();
        for (item& e : items) {
            tree.erase(e);
            tree.check_invariants();
        }
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST(rbtree_model, is_at_most_twice_as_deep_as_need_be) {
    std::vector<item> items(1 << 14);
    plain_tree tree;
    for (u32 i = 0; i < items.size(); ++i) {
        items[i].key = i;
        ASSERT_EQ(tree.insert(items[i]), nullptr);
    }
    unsigned deepest = 0;
    for (const item& e : items) {
        unsigned depth = 1;
        for (const item* up = &e; (up = plain_tree::parent(*up));) ++depth;
        deepest = std::max(deepest, depth);
    }
    EXPECT_LE(deepest, 28u);
}

namespace {

// Three elements, 2 above 1 and 3: then one thing is spoilt.
class rbtree_detectors : public testing::Test {
protected:
    void SetUp() override {
        for (u32 i : {2, 1, 3}) {
            items[i] = {i, 1, 0, 0, {}};
            ASSERT_EQ(tree.insert(items[i]), nullptr);
        }
        tree.check_invariants();
    }

    std::string complaint() {
        try {
            tree.check_invariants();
        } catch (const kernel_panic& panic) {
            return panic.message;
        }
        return "none";
    }

    item items[4];
    sum_tree tree;
};

#define EXPECT_COMPLAINT(name) \
    EXPECT_NE(complaint().find(name), std::string::npos) << complaint()

}  // namespace

TEST_F(rbtree_detectors, name_a_red_root) {
    items[2].node.rb_parent_color &= ~uintptr_t{1};
    EXPECT_COMPLAINT("I1");
}

TEST_F(rbtree_detectors, name_two_red_nodes_in_a_row) {
    item low{0, 1, 0, 0, {}};
    EXPECT_EQ(tree.insert(low), nullptr);
    items[1].node.rb_parent_color &= ~uintptr_t{1};
    EXPECT_COMPLAINT("I2");
}

TEST_F(rbtree_detectors, name_a_lopsided_black_height) {
    items[1].node.rb_parent_color |= 1;
    EXPECT_COMPLAINT("I3");
}

TEST_F(rbtree_detectors, name_a_wrong_parent) {
    items[1].node.rb_parent_color =
        reinterpret_cast<uintptr_t>(&items[3].node) | (items[1].node.rb_parent_color & 1);
    EXPECT_COMPLAINT("I4");
}

TEST_F(rbtree_detectors, name_elements_out_of_order) {
    items[1].key = 9;
    EXPECT_COMPLAINT("I5");
}

TEST_F(rbtree_detectors, name_a_stale_value) {
    items[2].subtree_weight = 17;
    EXPECT_COMPLAINT("I6");
}

TEST_F(rbtree_detectors, report_a_second_erase_and_a_taken_place) {
    tree.erase(items[1]);
    EXPECT_THROW(tree.erase(items[1]), kernel_panic);
    item again{2, 1, 0, 0, {}};
    EXPECT_THROW(tree.insert_at(tree.find_place(2u), again), kernel_panic);
    tree.check_invariants();
}
