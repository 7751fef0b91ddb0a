// What red-black trees consist of, whatever their elements are (rbtree.hpp).
#pragma once

#include "lib/types.hpp"

struct alignas(sizeof(void*)) rb_node {
    uintptr_t rb_parent_color;
    rb_node* rb_right;
    rb_node* rb_left;

    rb_node* parent() const {
        return reinterpret_cast<rb_node*>(rb_parent_color & ~uintptr_t{1});
    }
    bool is_black() const { return rb_parent_color & 1; }
    bool is_red() const { return !is_black(); }
};

struct rb_root {
    struct rb_node* node = nullptr;
};

// The untyped tree, without augmented values.
void rb_insert(rb_root& root, rb_node* node, rb_node* parent, rb_node** link);
void rb_erase(rb_root& root, rb_node* node);
void rb_replace(rb_root& root, rb_node* old, rb_node* fresh);
rb_node* rb_first(const rb_root& root);
rb_node* rb_last(const rb_root& root);
rb_node* rb_next(const rb_node* node);
rb_node* rb_prev(const rb_node* node);
// Children before their parent: the order in which a tree can be torn down.
rb_node* rb_first_postorder(const rb_root& root);
rb_node* rb_next_postorder(const rb_node* node);
void rb_check(const rb_root& root);  // I1 to I4
