// Which address ranges of a window are in use, and which are holes.
//
//     start                                                             end
//     | area A |g| area B     |g|     hole      | area C |g| lazy |  hole  |
//
//     busy   by address             holes   by address, and each node knows the
//              B                            largest hole of its subtree
//             / \                              hole (largest 16)
//            A   C                             /        .
//                                          hole 8      hole 16
//
// An area includes the guard page g behind it. The same node stands for a range all its
// life: while it is in use it hangs in `busy`; freed, and flushed, it becomes a hole of
// its own, and only the nodes that merging makes superfluous come back to whoever made
// them. So to free a range takes no memory.
//
// First fit from the bottom. Down from the root: to the left, if the largest hole there
// will do; else this one; else to the right. Each step is decided by one number, so the
// lowest hole that will do is found in as many steps as the tree is high: 10,000 areas
// cost as much as 10, but for the levels. What is aligned more than a page is placed in
// the lowest hole that takes it wherever that begins, one of size + alignment - a page.
// Only when there is none, the smaller holes, which may happen to begin well, are tried
// in their order.
//
// I1: areas and holes are ranges of whole pages inside the window and do not overlap.
// I2: between two holes there is something that is none: neighbours are merged.
// I3: subtree_max_size is the largest hole in the node's subtree.
//
// Locking is the owner's.
#pragma once

#include "lib/address.hpp"
#include "lib/list.hpp"
#include "lib/rbtree.hpp"

#include <optional>

struct vmap_area {
    u32 va_start = 0;
    u32 va_end = 0;
    u32 subtree_max_size = 0;  // of holes
    rb_node rb{};
    list_head list{};  // its owner's, while it hangs in no tree

    u32 va_size() const { return va_end - va_start; }
    bool covers(u32 address) const { return address - va_start < va_size(); }
};

using vmap_area_list = list<vmap_area, &vmap_area::list>;

struct by_va_start {
    bool operator()(const vmap_area& a, const vmap_area& b) const {
        return a.va_start < b.va_start;
    }
    bool operator()(u32 a, const vmap_area& b) const { return a < b.va_start; }
    bool operator()(const vmap_area& a, u32 b) const { return a.va_start < b; }
};

struct largest_hole {
    static bool update(vmap_area& area, const vmap_area* left, const vmap_area* right) {
        u32 largest = area.va_size();
        if (left) largest = max_of(largest, left->subtree_max_size);
        if (right) largest = max_of(largest, right->subtree_max_size);
        const bool changed = largest != area.subtree_max_size;
        area.subtree_max_size = largest;
        return changed;
    }
};

class vmap_holes {
public:
    constexpr vmap_holes() = default;
    vmap_holes(const vmap_holes&) = delete;
    vmap_holes& operator=(const vmap_holes&) = delete;

    // The lowest range of `size` bytes at a multiple of `align` (a power of two, a page at
    // least) is no hole any more. A hole that is cut in two needs a node from `spares`,
    // where there must be one if `align` is more than a page; one that is used up leaves
    // its node there. Nothing: no hole will do, and all is as it was.
    std::optional<u32> take(u32 size, u32 align, vmap_area_list& spares);
    // The range becomes a hole, or part of one. Superfluous nodes go to `spares`.
    void give(vmap_area& area, vmap_area_list& spares);

    bool empty() const { return tree_.empty(); }
    u32 largest() const { return tree_.root() ? tree_.root()->subtree_max_size : 0; }
    vmap_area* first() const { return tree_.first(); }
    static vmap_area* next(const vmap_area& hole) { return tree::next(hole); }
    // The last hole that begins at or below the address.
    vmap_area* at_or_below(u32 address) const;

    // Nodes that take() has looked at, ever: how one sees that no search is a scan.
    u32 visited() const { return visited_; }
    void check_invariants() const;

private:
    using tree = rbtree<vmap_area, &vmap_area::rb, by_va_start, largest_hole>;

    vmap_area* lowest_in(vmap_area* at, u32 size);
    vmap_area* lowest_of_size(u32 size);
    vmap_area* next_of_size(vmap_area* from, u32 size);
    vmap_area* lowest_by_luck(u32 size, u32 align);
    void cut(vmap_area& hole, u32 start, u32 end, vmap_area_list& spares);
    void hang(vmap_area& hole);

    tree tree_;
    u32 visited_ = 0;
};

using vmap_area_tree = rbtree<vmap_area, &vmap_area::rb, by_va_start>;

// The area that covers an address, its guard included, or null.
vmap_area* find_vmap_area(const vmap_area_tree& busy, u32 address);
