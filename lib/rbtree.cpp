// Insertion and removal. Both first do what any search tree does and then mend the
// colours; both are written once and compiled twice, with and without augmentation.
// Where left and right are mirror images, `side` says which one is meant.
#include "lib/rbtree.hpp"

namespace {

enum class side : bool { left, right };

constexpr side opposite(side s) { return s == side::left ? side::right : side::left; }

template <side S>
rb_node*& child(rb_node* node) {
    if constexpr (S == side::left) return node->rb_left;
    else return node->rb_right;
}

void set_parent(rb_node* node, rb_node* parent) {
    node->rb_parent_color =
        reinterpret_cast<uintptr_t>(parent) | (node->rb_parent_color & 1);
}

void set_parent_and_color(rb_node* node, rb_node* parent, bool black) {
    node->rb_parent_color = reinterpret_cast<uintptr_t>(parent) | uintptr_t{black};
}

void set_black(rb_node* node) { node->rb_parent_color |= 1; }
void set_red(rb_node* node) { node->rb_parent_color &= ~uintptr_t{1}; }
bool black_or_missing(const rb_node* node) { return !node || node->is_black(); }

// What hung below `parent` (or was the root) as `old` is `fresh` from now on.
void change_child(rb_root& root, rb_node* parent, rb_node* old, rb_node* fresh) {
    if (!parent) root.node = fresh;
    else if (parent->rb_left == old) parent->rb_left = fresh;
    else parent->rb_right = fresh;
}

struct no_values {
    void update(rb_node*) const {}
    void propagate(rb_node*, rb_node*) const {}
};

struct with_values {
    rb_update callback;

    void update(rb_node* node) const { callback(node); }
    // Upwards from `node` to below `stop`, for as long as values change.
    void propagate(rb_node* node, rb_node* stop) const {
        while (node != stop && callback(node)) node = node->parent();
    }
};

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
void rotate(rb_root& root, rb_node* top, rb_node* rising, bool top_black, Values values) {
    constexpr side far = opposite(S);
    rb_node* const between = child<far>(rising);
    rb_node* const parent = top->parent();

    child<S>(top) = between;
    if (between) set_parent(between, top);
    child<far>(rising) = top;
    rising->rb_parent_color = top->rb_parent_color;
    set_parent_and_color(top, rising, top_black);
    change_child(root, parent, top, rising);
    values.update(top);
    values.update(rising);
}

// `node` and `parent` are red, `parent` is the child of the black `grandparent` on
// side S. Returns the node that is red now and may offend higher up, or null.
template <side S, class Values>
rb_node* mend_red_pair(rb_root& root, rb_node* node, rb_node* parent, rb_node* grandparent,
                       Values values) {
    rb_node* const uncle = child<opposite(S)>(grandparent);
    if (!black_or_missing(uncle)) {
        set_black(uncle);
        set_black(parent);
        set_red(grandparent);
        return grandparent;
    }
    if (node == child<opposite(S)>(parent)) {
        rotate<opposite(S)>(root, parent, node, false, values);
        parent = node;
    }
    rotate<S>(root, grandparent, parent, false, values);
    return nullptr;
}

template <class Values>
void insert_with(rb_root& root, rb_node* node, rb_node* parent, rb_node** link,
                 Values values) {
    set_parent_and_color(node, parent, false);
    node->rb_left = node->rb_right = nullptr;
    *link = node;
    values.update(node);
    values.propagate(parent, nullptr);

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
                   ? mend_red_pair<side::left>(root, node, parent, grandparent, values)
                   : mend_red_pair<side::right>(root, node, parent, grandparent, values);
    }
}

// Below `parent` on side S a black node is missing from every way down. Returns the
// node above which one is missing now, or null when all is well.
template <side S, class Values>
rb_node* mend_missing_black(rb_root& root, rb_node* parent, Values values) {
    constexpr side far = opposite(S);
    // The sibling exists: its side has one black node more than this one.
    rb_node* sibling = child<far>(parent);
    if (sibling->is_red()) {
        rotate<far>(root, parent, sibling, false, values);
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
        rotate<S>(root, sibling, inner, true, values);
        rotate<far>(root, parent, inner, true, values);
        return nullptr;
    }
    set_black(outer);
    rotate<far>(root, parent, sibling, true, values);
    return nullptr;
}

// Takes `node` out, and returns the node below which a black one is missing now
// (null when none is), with the side in `missing`.
template <class Values>
rb_node* unlink(rb_root& root, rb_node* node, side& missing, Values values) {
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
        values.propagate(parent, nullptr);
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
    values.propagate(hole, successor);
    values.update(successor);
    values.propagate(parent, nullptr);
    return lost_black ? hole : nullptr;
}

template <class Values>
void erase_with(rb_root& root, rb_node* node, Values values) {
    side missing;
    rb_node* parent = unlink(root, node, missing, values);
    while (parent) {
        rb_node* const above = missing == side::left
                                   ? mend_missing_black<side::left>(root, parent, values)
                                   : mend_missing_black<side::right>(root, parent, values);
        if (!above) return;
        parent = above->parent();
        if (parent) missing = parent->rb_left == above ? side::left : side::right;
    }
}

rb_node* deepest_first(rb_node* node) {
    for (rb_node* down = node; down; down = node->rb_left ? node->rb_left : node->rb_right)
        node = down;
    return node;
}

// Returns the number of black nodes on each way down; the depth is that of the tree.
unsigned check_subtree(const rb_node* node, const rb_node* parent) {
    if (!node) return 0;
    kassert(node->parent() == parent, "rbtree I4: {} names {} as its parent, not {}", node,
            node->parent(), parent);
    kassert(node->is_black() || !parent || parent->is_black(),
            "rbtree I2: {} and its parent are red", node);
    const unsigned left = check_subtree(node->rb_left, node);
    const unsigned right = check_subtree(node->rb_right, node);
    kassert(left == right, "rbtree I3: {} black nodes left of {}, {} right", left, node,
            right);
    return left + (node->is_black() ? 1 : 0);
}

}  // namespace

void rb_insert(rb_root& root, rb_node* node, rb_node* parent, rb_node** link,
               rb_update update) {
    kdebug_assert(!*link, "rbtree: {} is inserted where {} hangs",
                  node, *link);
    if (update) insert_with(root, node, parent, link, with_values{update});
    else insert_with(root, node, parent, link, no_values{});
}

void rb_erase(rb_root& root, rb_node* node, rb_update update) {
    kdebug_assert(node->parent() != node, "rbtree: {} is erased twice",
                  node);
    if (update) erase_with(root, node, with_values{update});
    else erase_with(root, node, no_values{});
    if constexpr (dear_checks) set_parent(node, node);
}

void rb_replace(rb_root& root, rb_node* old, rb_node* fresh) {
    *fresh = *old;
    change_child(root, old->parent(), old, fresh);
    if (fresh->rb_left) set_parent(fresh->rb_left, fresh);
    if (fresh->rb_right) set_parent(fresh->rb_right, fresh);
    if constexpr (dear_checks) set_parent(old, old);
}

void rb_propagate(rb_node* node, rb_update update) {
    with_values{update}.propagate(node, nullptr);
}

rb_node* rb_first(const rb_root& root) {
    rb_node* node = root.node;
    while (node && node->rb_left) node = node->rb_left;
    return node;
}

rb_node* rb_last(const rb_root& root) {
    rb_node* node = root.node;
    while (node && node->rb_right) node = node->rb_right;
    return node;
}

rb_node* rb_next(const rb_node* node) {
    if (rb_node* next = node->rb_right) {
        while (next->rb_left) next = next->rb_left;
        return next;
    }
    rb_node* parent;
    while ((parent = node->parent()) && node == parent->rb_right) node = parent;
    return parent;
}

rb_node* rb_prev(const rb_node* node) {
    if (rb_node* prev = node->rb_left) {
        while (prev->rb_right) prev = prev->rb_right;
        return prev;
    }
    rb_node* parent;
    while ((parent = node->parent()) && node == parent->rb_left) node = parent;
    return parent;
}

rb_node* rb_first_postorder(const rb_root& root) {
    return root.node ? deepest_first(root.node) : nullptr;
}

rb_node* rb_next_postorder(const rb_node* node) {
    rb_node* const parent = node->parent();
    if (parent && node == parent->rb_left && parent->rb_right)
        return deepest_first(parent->rb_right);
    return parent;
}

void rb_check(const rb_root& root) {
    if (!root.node) return;
    kassert(root.node->is_black(), "rbtree I1: the root {} is red", root.node);
    check_subtree(root.node, nullptr);
}
