// Radix trees: pointers by a number of 32 bits, where numbers come in runs.
//
// An index is read six bits at a time, the highest first; each six choose one of 64 slots
// of a node. The tree is as high as its highest index needs: 64 pages of a file are one
// node, 4096 are two levels, and index 0 alone stands in the root itself.
//
//     height 2        root ──> node, shift 6    count 2, tags: dirty 0..01
//                               | 0 |   | 2 |           slot = index >> 6 & 63
//                                 |       |
//              node, shift 0   <──+       +──>   node, shift 0
//              | 0 | 1 | 2 | .. | 63 |           | 0 | .. | 37 | ..
//                |                                          |
//              item 0                                     item 165 = 2 * 64 + 37
//
// An item can bear tags (dirty, writeback, towrite). A node keeps, for each tag, one bit
// a slot: of the lowest level whether the item has the tag, above it whether anything
// below that slot has. So the tagged items among many are found without a look at others.
//
// The tree owns no memory and asks nobody for any: who inserts brings nodes, who erases
// takes them away. What is wanted is counted before anything changes:
//
//     radix_nodes spare;
//     switch (tree.insert(index, item, spare).error()) {
//         case 0:       done
//         case EEXIST:  there is one
//         case ENOMEM:  spare.count() < tree.nodes_wanted(index): bring more, try again
//     }
//
// So nodes are allocated with no lock held, and an insertion happens as a whole or not at
// all.
//
// I1: a node's count is the number of its slots that are not null, and is not 0.
// I2: a child's shift is its parent's less 6, and it knows its parent and its slot there.
// I3: the root node's shift is 6 * (height - 1), and it has a child or item besides slot
//     0: else the tree would be less high. Height 0: at most index 0, in the root itself.
// I4: a slot's tag is set exactly if its item has the tag, or any slot of its child; the
//     root's if any slot of the top node has.
//
// Locking is the owner's.
#pragma once

#include "lib/list.hpp"
#include "lib/result.hpp"

#include <span>

enum radix_tag : u8 { RADIX_DIRTY, RADIX_WRITEBACK, RADIX_TOWRITE };
inline constexpr unsigned RADIX_TREE_MAX_TAGS = 3;

struct radix_node {
    static constexpr unsigned bits = 6;
    static constexpr unsigned slots_in_node = 1u << bits;

    u8 shift = 0;
    u8 offset = 0;  // its slot in the parent
    u8 count = 0;
    radix_node* parent = nullptr;
    u64 tags[RADIX_TREE_MAX_TAGS] = {};
    void* slots[slots_in_node] = {};
    list_head list{};  // while it is in no tree
};

// Nodes that are in no tree.
class radix_nodes {
public:
    u32 count() const { return count_; }
    // An empty one, as it is constructed.
    void put(radix_node& node) {
        nodes_.push_front(node);
        ++count_;
    }
    radix_node* take() {
        if (count_ == 0) return nullptr;
        --count_;
        return nodes_.pop_front();
    }

private:
    list<radix_node, &radix_node::list> nodes_;
    u32 count_ = 0;
};

class radix_tree {
public:
    constexpr radix_tree() = default;
    radix_tree(const radix_tree&) = delete;
    radix_tree& operator=(const radix_tree&) = delete;

    bool empty() const { return root_ == nullptr; }
    unsigned height() const { return height_; }

    // How many nodes an insertion at this index takes; 11 at most.
    u32 nodes_wanted(u32 index) const;
    // Not null. EEXIST: something is there. ENOMEM: `spare` holds too few. Nothing has
    // changed then.
    result<> insert(u32 index, void* item, radix_nodes& spare);
    void* lookup(u32 index) const;
    // What was there, or null. Nodes that became empty, or needless, go to `freed`.
    void* erase(u32 index, radix_nodes& freed);

    struct found {
        u32 index;
        void* item;
    };
    // The first ones from `first` on, in their order: how many there were room for.
    u32 gang_lookup(u32 first, std::span<found> out) const;
    u32 gang_lookup_tag(u32 first, std::span<found> out, radix_tag tag) const;

    // visit(index, item) for each item of [first, first + count), in order. For short
    // ranges: what is missing is looked at, too.
    template <class Visit>
    void for_each(u32 first, u32 count, Visit visit) const;

    // There must be an item; false (get, set) where there is none.
    bool tag_get(u32 index, radix_tag tag) const;
    bool tag_set(u32 index, radix_tag tag);
    void tag_clear(u32 index, radix_tag tag);
    // Whether any item has it.
    bool tagged(radix_tag tag) const { return root_tags_ >> tag & 1; }

    void check_invariants() const;

private:
    // The node and slot an index lies in. No node: the index is 0, and height too.
    struct place {
        radix_node* node;
        unsigned slot;
    };
    static constexpr u32 largest_index(unsigned height);

    radix_node* top() const { return static_cast<radix_node*>(root_); }
    bool find(u32 index, place& at) const;
    // The lowest node on the way to the index; null: none, or height 0.
    const radix_node* leaf_of(u32 index) const;
    void grow(radix_nodes& spare);
    void shrink(radix_nodes& freed);
    void drop_empty(radix_node* node, radix_nodes& freed);
    void clear_tag_upwards(radix_node* node, unsigned slot, radix_tag tag);
    bool leaf_from(u32& index, const radix_tag* tag, place& at) const;
    u32 gang(u32 first, std::span<found> out, const radix_tag* tag) const;
    void check_node(const radix_node& node) const;

    void* root_ = nullptr;
    u8 height_ = 0;
    u8 root_tags_ = 0;
};

template <class Visit>
void radix_tree::for_each(u32 first, u32 count, Visit visit) const {
    if (height_ == 0) {
        if (root_ && first == 0 && count > 0) visit(first, root_);
        return;
    }
    while (count > 0) {
        const unsigned slot = first & (radix_node::slots_in_node - 1);
        const u32 piece = min_of(count, radix_node::slots_in_node - slot);
        if (const radix_node* const leaf = leaf_of(first))
            for (u32 i = 0; i < piece; ++i)
                if (void* const item = leaf->slots[slot + i]) visit(first + i, item);
        first += piece;
        count -= piece;
    }
}
