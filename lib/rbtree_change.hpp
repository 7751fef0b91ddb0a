// How red-black trees (rbtree.hpp) change. Insertion and removal first do what any search
// tree does and then mend the colours. Where left and right are mirror images, `side` says
// which one is meant.
//
// Both are written over what is to come right besides, the augmented values, so that what
// sums up a subtree is compiled into the walk that needs it:
//
//     static bool Values::update(rb_node* node);     computes it anew; whether it changed
//
// A walk upwards ends where a value stays as it was. But what `reached` itself adds, the
// next in order of the node that comes or goes, may change along with that. So no walk ends
// below it; and it is always met:
//
//          reached             if nothing is to the right of a node, the next in order is
//         /                    the lowest of those that have it on their left
//        .
//         \     .
//          node                else it is there, and takes the place of a node that goes
#pragma once

#include "lib/assert.hpp"
#include "lib/rbtree_node.hpp"

namespace rbtree_detail {

enum class side : bool { left, right };

constexpr side opposite(side s) { return s == side::left ? side::right : side::left; }

template <side S>
rb_node*& child(rb_node* node) {
    if constexpr (S == side::left) return node->rb_left;
    else return node->rb_right;
}

inline void set_parent(rb_node* node, rb_node* parent) {
    node->rb_parent_color =
        reinterpret_cast<uintptr_t>(parent) | (node->rb_parent_color & 1);
}

inline void set_parent_and_color(rb_node* node, rb_node* parent, bool black) {
    node->rb_parent_color = reinterpret_cast<uintptr_t>(parent) | uintptr_t{black};
}

inline void set_black(rb_node* node) { node->rb_parent_color |= 1; }
inline void set_red(rb_node* node) { node->rb_parent_color &= ~uintptr_t{1}; }
inline bool black_or_missing(const rb_node* node) { return !node || node->is_black(); }

// What hung below `parent` (or was the root) as `old` is `fresh` from now on.
inline void change_child(rb_root& root, rb_node* parent, rb_node* old, rb_node* fresh) {
    if (!parent) root.node = fresh;
    else if (parent->rb_left == old) parent->rb_left = fresh;
    else parent->rb_right = fresh;
}

// Upwards from `node`: through `reached` if there is one, and then for as long as values
// change.
template <class Values>
void propagate(rb_node* node, rb_node* reached = nullptr) {
    if (reached)
        for (; node != reached; node = node->parent()) Values::update(node);
    while (node && Values::update(node)) node = node->parent();
}

//        top                     rising
//       /   \        S = left:  /      .
//   rising   c         ->      a       top
//    /   \                            /   \ .
//   a     b                          b     c
//
// `rising`, the child of `top` on side S, takes its place and its colour; `top`
// becomes `rising`'s child, in the colour `top_black`. The subtree holds what it
// held, so no value above it changes.
template <side S, class Values>
void rotate(rb_root& root, rb_node* top, rb_node* rising, bool top_black) {
    constexpr side far = opposite(S);
    rb_node* const between = child<far>(rising);
    rb_node* const parent = top->parent();

    child<S>(top) = between;
    if (between) set_parent(between, top);
    child<far>(rising) = top;
    rising->rb_parent_color = top->rb_parent_color;
    set_parent_and_color(top, rising, top_black);
    change_child(root, parent, top, rising);
    Values::update(top);
    Values::update(rising);
}

// `node` and `parent` are red, `parent` is the child of the black `grandparent` on
// side S. Returns the node that is red now and may offend higher up, or null.
template <side S, class Values>
rb_node* mend_red_pair(rb_root& root, rb_node* node, rb_node* parent,
                       rb_node* grandparent) {
    rb_node* const uncle = child<opposite(S)>(grandparent);
    if (!black_or_missing(uncle)) {
        set_black(uncle);
        set_black(parent);
        set_red(grandparent);
        return grandparent;
    }
    if (node == child<opposite(S)>(parent)) {
        rotate<opposite(S), Values>(root, parent, node, false);
        parent = node;
    }
    rotate<S, Values>(root, grandparent, parent, false);
    return nullptr;
}

template <class Values>
void insert(rb_root& root, rb_node* node, rb_node* parent, rb_node** link,
            rb_node* reached) {
    kdebug_assert(!*link, "rbtree: {} is inserted where {} hangs", node, *link);
    set_parent_and_color(node, parent, false);
    node->rb_left = node->rb_right = nullptr;
    *link = node;
    Values::update(node);
    propagate<Values>(parent, reached);

    // Here `node` is red, and all is well but that its parent may be red too.
    while (node) {
        parent = node->parent();
        if (!parent) {
            set_black(node);
            return;
        }
        if (parent->is_black()) return;
        rb_node* const grandparent = parent->parent();
        node = parent == grandparent->rb_left
                   ? mend_red_pair<side::left, Values>(root, node, parent, grandparent)
                   : mend_red_pair<side::right, Values>(root, node, parent, grandparent);
    }
}

// Below `parent` on side S a black node is missing from every way down. Returns the
// node above which one is missing now, or null when all is well.
template <side S, class Values>
rb_node* mend_missing_black(rb_root& root, rb_node* parent) {
    constexpr side far = opposite(S);
    // The sibling exists: its side has one black node more than this one.
    rb_node* sibling = child<far>(parent);
    if (sibling->is_red()) {
        rotate<far, Values>(root, parent, sibling, false);
        sibling = child<far>(parent);
    }
    rb_node* const outer = child<far>(sibling);
    rb_node* const inner = child<S>(sibling);
    if (black_or_missing(outer)) {
        if (black_or_missing(inner)) {
            set_red(sibling);
            if (parent->is_black()) return parent;
            set_black(parent);
            return nullptr;
        }
        rotate<S, Values>(root, sibling, inner, true);
        rotate<far, Values>(root, parent, inner, true);
        return nullptr;
    }
    set_black(outer);
    rotate<far, Values>(root, parent, sibling, true);
    return nullptr;
}

// Takes `node` out, and returns the node below which a black one is missing now
// (null when none is), with the side in `missing`.
template <class Values>
rb_node* unlink(rb_root& root, rb_node* node, side& missing, rb_node* reached) {
    rb_node* const parent = node->parent();
    rb_node* const left = node->rb_left;
    rb_node* const right = node->rb_right;

    if (!left || !right) {
        // An only child is red (I3) and takes over colour and all.
        rb_node* const only = left ? left : right;
        const bool lost_black = !only && node->is_black();
        missing = parent && parent->rb_left == node ? side::left : side::right;
        change_child(root, parent, node, only);
        if (only) only->rb_parent_color = node->rb_parent_color;
        if (only && only == reached) {
            Values::update(only);
            reached = nullptr;
        }
        propagate<Values>(parent, reached);
        return lost_black ? parent : nullptr;
    }

    // Two children: the next in order, which has no left child, takes its place.
    rb_node* successor = right;
    while (successor->rb_left) successor = successor->rb_left;
    rb_node* const below = successor->rb_right;
    rb_node* hole = successor->parent();
    const bool lost_black = !below && successor->is_black();
    missing = hole == node ? side::right : side::left;
    if (below) set_parent_and_color(below, hole, true);
    if (hole == node) {
        hole = successor;
        if (below) set_parent(below, successor);
    } else {
        hole->rb_left = below;
        successor->rb_right = right;
        set_parent(right, successor);
    }
    successor->rb_left = left;
    set_parent(left, successor);
    successor->rb_parent_color = node->rb_parent_color;
    change_child(root, parent, node, successor);

    // Whatever became of the values between the hole and the successor, its own is
    // that of another place; and its parent has only seen the value of `node`.
    for (rb_node* at = hole; at != successor && Values::update(at);) at = at->parent();
    Values::update(successor);
    propagate<Values>(parent);
    return lost_black ? hole : nullptr;
}

template <class Values>
void erase(rb_root& root, rb_node* node, rb_node* reached) {
    kdebug_assert(node->parent() != node, "rbtree: {} is erased twice", node);
    side missing;
    rb_node* parent = unlink<Values>(root, node, missing, reached);
    if constexpr (dear_checks) set_parent(node, node);
    while (parent) {
        rb_node* const above = missing == side::left
                                   ? mend_missing_black<side::left, Values>(root, parent)
                                   : mend_missing_black<side::right, Values>(root, parent);
        if (!above) return;
        parent = above->parent();
        if (parent) missing = parent->rb_left == above ? side::left : side::right;
    }
}

}  // namespace rbtree_detail
