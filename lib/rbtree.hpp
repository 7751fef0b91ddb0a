// Intrusive red-black trees with augmentation.
//
// A binary search tree that stays within twice its least height: every node is red
// or black, and the colours obey I1 to I3. The links lie in the elements, as with
// lists, so insertion cannot fail.
//
//     struct vm_area_struct { ...; rb_node vm_rb; };
//     rbtree<vm_area_struct, &vm_area_struct::vm_rb, by_address> areas;
//
//              12 B                rb_parent_color of "9": address of "5", and in its
//            /      \              lowest bit the colour (nodes are aligned, so the
//         5 R        17 B          bit is free): 0 red, 1 black
//        /   \          \          .
//      2 B    9 B        20 R
//
// I1: the root is black, and has no parent.
// I2: a red node has no red child.
// I3: all ways from a node down to a missing child cross equally many black nodes.
// I4: a node's children name it as their parent.
// I5: read from left to right, no element is less than the one before.
// I6: each augmented value is what Augment::update computes from the element and
//     its two children.
//
// Compare is a stateless function object: compare(a, b) is "a before b", for two
// elements and for an element and a key, either way round.
//
// Augment keeps a value in each element that sums up the subtree below it:
//
//     static bool update(T& e, const T* left, const T* right);
//
// computes it anew from e and its children (null where missing) and returns whether
// it changed. The tree calls it wherever a subtree changes, from below to above, and
// stops where nothing changed. The user calls updated(e) when what e itself adds to
// the sum has changed. If that depends on the element before it, as a distance does, the
// next one is named where one comes or goes: both are put right in one walk.
//
// A node that is in no tree holds nothing in particular; with dear checks an erased
// one names itself as its parent, and a second erase is reported.
//
// Left out on purpose: a stored size, a cached first element, locking (the structure
// that holds the tree names the lock).
#pragma once

#include "lib/assert.hpp"
#include "lib/container_of.hpp"
#include "lib/rbtree_change.hpp"

#include <type_traits>

struct rb_no_augment {};

template <class T, rb_node T::*Member, class Compare, class Augment = rb_no_augment>
class rbtree {
    static constexpr bool augmented = !std::is_same_v<Augment, rb_no_augment>;

    static T* element(rb_node* node) {
        if (!node) return nullptr;
        T* const e = container_of<Member>(node);
        if (!e) __builtin_unreachable();  // so that callers need not test it once more
        return e;
    }
    static rb_node* node_of(const T& e) { return &(const_cast<T&>(e).*Member); }
    static rb_node* node_or_null(const T* e) { return e ? node_of(*e) : nullptr; }

    struct values {
        static bool update(rb_node* node) {
            return Augment::update(*element(node), element(node->rb_left),
                                   element(node->rb_right));
        }
    };

public:
    // Where a new element would hang; good until the tree changes.
    struct place {
        rb_node* parent;
        rb_node** link;
        T* existing;  // the element that is equal to the key, or null
    };

    constexpr rbtree() = default;
    rbtree(const rbtree&) = delete;
    rbtree& operator=(const rbtree&) = delete;

    bool empty() const { return root_.node == nullptr; }

    T* first() const { return element(rb_first(root_)); }
    T* last() const { return element(rb_last(root_)); }
    static T* next(const T& e) { return element(rb_next(node_of(e))); }
    static T* prev(const T& e) { return element(rb_prev(node_of(e))); }

    // The shape of the tree, for searches that augmented values lead.
    T* root() const { return element(root_.node); }
    static T* left(const T& e) { return element(node_of(e)->rb_left); }
    static T* right(const T& e) { return element(node_of(e)->rb_right); }
    static T* parent(const T& e) { return element(node_of(e)->parent()); }

    // The first element for which `holds` is true, where it is false for some first
    // elements and true for all behind them; null when it is true for none.
    template <class Predicate>
    T* first_where(Predicate holds) const {
        rb_node* best = nullptr;
        for (rb_node* node = root_.node; node;) {
            if (holds(static_cast<const T&>(*element(node)))) {
                best = node;
                node = node->rb_left;
            } else {
                node = node->rb_right;
            }
        }
        return element(best);
    }

    // The first that is not before the key, and the first that the key is before.
    template <class Key>
    T* lower_bound(const Key& key) const {
        return first_where([&](const T& e) { return !Compare{}(e, key); });
    }
    template <class Key>
    T* upper_bound(const Key& key) const {
        return first_where([&](const T& e) { return Compare{}(key, e); });
    }

    template <class Key>
    T* find(const Key& key) const {
        rb_node* node = root_.node;
        while (node) {
            if (Compare{}(key, *element(node))) node = node->rb_left;
            else if (Compare{}(*element(node), key)) node = node->rb_right;
            else break;
        }
        return element(node);
    }

    template <class Key>
    place find_place(const Key& key) {
        place at{nullptr, &root_.node, nullptr};
        while (rb_node* const node = *at.link) {
            T& e = *element(node);
            at.parent = node;
            if (Compare{}(key, e)) {
                at.link = &node->rb_left;
            } else if (Compare{}(e, key)) {
                at.link = &node->rb_right;
            } else {
                at.existing = &e;
                break;
            }
        }
        return at;
    }

    // `next`: the next in order, if what that adds to the augmented values changes, too.
    void insert_at(const place& at, T& e, const T* next = nullptr) {
        kdebug_assert(!at.existing, "rbtree: {} is inserted where {} is",
                      &e, at.existing);
        if constexpr (augmented)
            rbtree_detail::insert<values>(root_, node_of(e), at.parent, at.link,
                                          node_or_null(next));
        else rb_insert(root_, node_of(e), at.parent, at.link);
    }
    // Null when inserted; else the equal element that was there, and nothing changed.
    [[nodiscard]] T* insert(T& e) {
        const place at = find_place(e);
        if (!at.existing) insert_at(at, e);
        return at.existing;
    }
    // Behind all equal ones.
    void insert_multi(T& e) {
        place at{nullptr, &root_.node, nullptr};
        while (rb_node* const node = *at.link) {
            at.parent = node;
            at.link = Compare{}(e, *element(node)) ? &node->rb_left : &node->rb_right;
        }
        insert_at(at, e);
    }

    // `next`: as with insert_at().
    void erase(T& e, const T* next = nullptr) {
        if constexpr (augmented)
            rbtree_detail::erase<values>(root_, node_of(e), node_or_null(next));
        else rb_erase(root_, node_of(e));
    }

    // `fresh` takes the place of `old`; both compare alike to all others.
    void replace(T& old, T& fresh) {
        rb_replace(root_, node_of(old), node_of(fresh));
        // Its parent has seen the value of `old`, whatever `fresh` held before.
        if constexpr (augmented) {
            values::update(node_of(fresh));
            rbtree_detail::propagate<values>(node_of(fresh)->parent());
        }
    }

    // What `e` itself adds to the augmented values has changed.
    static void updated(T& e)
        requires(augmented)
    {
        rbtree_detail::propagate<values>(node_of(e));
    }

    // Empties the tree without keeping it in shape; each element is handed over
    // once, and may be freed.
    template <class Dispose>
    void clear(Dispose dispose) {
        rb_node* node = rb_first_postorder(root_);
        root_.node = nullptr;
        while (node) {
            rb_node* const next = rb_next_postorder(node);
            dispose(*element(node));
            node = next;
        }
    }

    class iterator {
    public:
        explicit iterator(rb_node* node) : node_(node) {}
        T& operator*() const { return *element(node_); }
        T* operator->() const { return element(node_); }
        iterator& operator++() {
            node_ = rb_next(node_);
            return *this;
        }
        bool operator==(const iterator&) const = default;

    private:
        rb_node* node_;
    };
    iterator begin() const { return iterator(rb_first(root_)); }
    iterator end() const { return iterator(nullptr); }

    void check_invariants() const {
        rb_check(root_);
        const T* before = nullptr;
        for (T& e : *this) {
            kassert(!before || !Compare{}(e, *before),
                    "rbtree I5: {} is less than {} before it", &e, before);
            if constexpr (augmented)
                kassert(!values::update(node_of(e)),
                        "rbtree I6: the augmented value of {} was stale", &e);
            before = &e;
        }
    }

private:
    rb_root root_;
};
