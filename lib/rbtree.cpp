#include "lib/rbtree_change.hpp"

#include "lib/assert.hpp"

namespace {

struct no_values {
    static bool update(rb_node*) { return false; }
};

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

void rb_insert(rb_root& root, rb_node* node, rb_node* parent, rb_node** link) {
    rbtree_detail::insert<no_values>(root, node, parent, link, nullptr);
}

void rb_erase(rb_root& root, rb_node* node) {
    rbtree_detail::erase<no_values>(root, node, nullptr);
}

void rb_replace(rb_root& root, rb_node* old, rb_node* fresh) {
    *fresh = *old;
    rbtree_detail::change_child(root, old->parent(), old, fresh);
    if (fresh->rb_left) rbtree_detail::set_parent(fresh->rb_left, fresh);
    if (fresh->rb_right) rbtree_detail::set_parent(fresh->rb_right, fresh);
    if constexpr (dear_checks) rbtree_detail::set_parent(old, old);
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
