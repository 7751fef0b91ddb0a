// The radix tree against std::map, for long; and what its checks find.
#include "lib/radix_tree.hpp"

#include "host-tests/support/kernel.hpp"
#include "lib/random.hpp"

#include <test.hpp>

#include <deque>
#include <map>

namespace {

class tree_and_model {
public:
    explicit tree_and_model(u64 seed, u32 span) : random_(seed), span_(span) {}

    void step() {
        const u32 index = some_index();
        switch (random_.below(10)) {
            case 0: case 1: case 2: case 3: insert(index); break;
            case 4: case 5: erase(index); break;
            case 6: case 7: tag(index); break;
            default: look(index); break;
        }
        if (random_.one_in(20)) tree.check_invariants();
        ASSERT_EQ(tree.empty(), model_.empty());
    }
    void empty_it() {
        while (!model_.empty()) {
            erase(random_.one_in(2) ? model_.begin()->first : model_.rbegin()->first);
            if (random_.one_in(20)) tree.check_invariants();
        }
        tree.check_invariants();
        ASSERT_EQ(spare_.count(), made_.size());
    }

private:
    struct entry {
        u32 value;
        u32 tags = 0;
    };

    // Runs of indices, here and there, up to the very last.
    u32 some_index() {
        const u32 run = random_.below(4) * (~u32{0} / 3);
        const u32 offset = random_.below(span_);
        return run > ~u32{0} - span_ ? ~u32{0} - offset : run + offset;
    }

    void insert(u32 index) {
        // Without nodes it must refuse, and say how many it wants.
        const u32 wanted = tree.nodes_wanted(index);
        const bool there = model_.contains(index);
        entry& fresh = there ? model_.at(index) : room_.emplace_back(entry{random_.below(1000)});
        radix_nodes brought;
        if (!there && wanted > 0) {
            for (u32 i = 0; i < wanted - 1; ++i) brought.put(node());
            ASSERT_EQ(tree.insert(index, &fresh, brought).error(), ENOMEM);
            brought.put(node());
        }
        ASSERT_EQ(tree.insert(index, &fresh, brought).error(), there ? EEXIST : 0);
        ASSERT_EQ(brought.count(), 0u);
        if (!there) {
            items_[index] = &fresh;
            model_[index] = fresh;
        }
    }
    void erase(u32 index) {
        void* const was = tree.erase(index, spare_);
        ASSERT_EQ(was, model_.contains(index) ? items_.at(index) : nullptr);
        items_.erase(index);
        model_.erase(index);
    }
    void tag(u32 index) {
        const auto tag = static_cast<radix_tag>(random_.below(RADIX_TREE_MAX_TAGS));
        const auto at = model_.find(index);
        if (random_.one_in(3)) {
            tree.tag_clear(index, tag);
            if (at != model_.end()) at->second.tags &= ~(1u << tag);
        } else {
            ASSERT_EQ(tree.tag_set(index, tag), at != model_.end());
            if (at != model_.end()) at->second.tags |= 1u << tag;
        }
    }
    void look(u32 index) {
        ASSERT_EQ(tree.lookup(index), model_.contains(index) ? items_.at(index) : nullptr);
        const u32 most = random_.between(1, 20);
        const u32 tag = random_.below(RADIX_TREE_MAX_TAGS + 1);
        std::vector<radix_tree::found> found(most);
        const bool any = tag == RADIX_TREE_MAX_TAGS;
        const u32 count = any ? tree.gang_lookup(index, found)
                              : tree.gang_lookup_tag(index, found, static_cast<radix_tag>(tag));
        auto expected = model_.lower_bound(index);
        for (u32 i = 0; i < most; ++i, ++expected) {
            while (!any && expected != model_.end() && !(expected->second.tags >> tag & 1))
                ++expected;
            ASSERT_EQ(i < count, expected != model_.end());
            if (i >= count) return;
            ASSERT_EQ(found[i].index, expected->first);
            ASSERT_EQ(found[i].item, items_.at(expected->first));
        }
    }
    radix_node& node() {
        if (radix_node* const back = spare_.take()) return *back;
        return made_.emplace_back();
    }

    random_source random_;
    u32 span_;
    std::map<u32, entry> model_;
    std::map<u32, void*> items_;
    std::deque<entry> room_;
    std::deque<radix_node> made_;
    radix_nodes spare_;

public:
    radix_tree tree;
};

void random_steps(u64 seed, u32 span, u32 steps) {
    tree_and_model both(seed, span);
    for (u32 i = 0; i < steps; ++i) {
        both.step();
        if (testing::Test::HasFatalFailure()) return;
        if (i % 2000 == 1999) both.empty_it();
    }
    both.empty_it();
}

}  // namespace

TEST(radix_tree_model, agrees_with_a_map) {
    random_steps(1, 20, 20000);
    random_steps(2, 200, 10000);
    random_steps(3, 5000, 10000);
    random_steps(4, 1u << 30, 4000);
}

namespace {

class radix_tree_detectors : public testing::Test {
protected:
    void SetUp() override {
        for (radix_node& node : nodes) spare.put(node);
        for (const u32 index : {1u, 2u, 100u}) ASSERT_TRUE(tree.insert(index, &item, spare));
        ASSERT_TRUE(tree.tag_set(100, RADIX_DIRTY));
        tree.check_invariants();
        // The nodes were taken from the end: the top one first.
        top = &nodes[7];
        while (top->shift != 6) --top;
    }
    std::string complaint() {
        try {
            tree.check_invariants();
        } catch (const kernel_panic& panic) {
            return panic.message;
        }
        return "none";
    }
    radix_node& child(u32 slot) { return *static_cast<radix_node*>(top->slots[slot]); }

    radix_node nodes[8];
    radix_node* top;
    int item = 0;
    radix_nodes spare;
    radix_tree tree;
};

#define EXPECT_COMPLAINT(name) \
    EXPECT_NE(complaint().find(name), std::string::npos) << complaint()

}  // namespace

TEST_F(radix_tree_detectors, name_a_wrong_count) {
    child(0).count = 3;
    EXPECT_COMPLAINT("I1");
}
TEST_F(radix_tree_detectors, name_a_wrong_parent) {
    child(1).offset = 2;
    EXPECT_COMPLAINT("I2");
}
TEST_F(radix_tree_detectors, name_a_tree_that_is_too_high) {
    top->slots[1] = nullptr;
    top->count = 1;
    EXPECT_COMPLAINT("I3");
}
TEST_F(radix_tree_detectors, name_a_tag_that_is_not_seen_from_above) {
    child(0).tags[RADIX_TOWRITE] = 2;
    EXPECT_COMPLAINT("I4");
    child(0).tags[RADIX_TOWRITE] = 0;
    tree.check_invariants();
    child(1).tags[RADIX_DIRTY] |= 1;
    EXPECT_COMPLAINT("I4");
}
