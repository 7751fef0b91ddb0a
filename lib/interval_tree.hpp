// Interval trees: which intervals have something in common with a given one?
//
// A red-black tree in the order of the intervals' first points; each node also knows the
// last point that any interval below it reaches:
//
//                     [5, 9]  reaches 20
//                    /                 \            .
//         [1, 20]  reaches 20       [7, 8]  reaches 12
//             \                          \          .
//           [3, 4]  reaches 4          [11, 12]  reaches 12
//
//     What has something in common with [10, 10]? Down to the left: something there
//     reaches 20. [1, 20] it is. [3, 4] does not reach, and is passed over; [5, 9] does
//     not; [7, 8] does not, but something below it reaches 12; [11, 12] begins behind.
//
// A subtree that does not reach the wanted interval is never entered, and behind the first
// one that begins after it nothing follows: the first is found in as many steps as the
// tree is high, and so is each next.
//
// Interval says where the numbers of a T are, all u32:
//
//     static u32 first(const T& e);          static u32 last(const T& e);   both included
//     static u32& subtree_last(T& e);        the tree's own
//
// I1: in the order of first(); of equal ones, in that of their insertion.
// I2: subtree_last is the largest last() of the node and all below it.
#pragma once

#include "lib/rbtree.hpp"

template <class T, rb_node T::*Member, class Interval>
class interval_tree {
    struct by_first {
        bool operator()(const T& a, const T& b) const {
            return Interval::first(a) < Interval::first(b);
        }
    };
    struct farthest {
        static u32 of(const T& e) { return Interval::subtree_last(const_cast<T&>(e)); }
        static bool update(T& e, const T* left, const T* right) {
            u32 last = Interval::last(e);
            if (left) last = max_of(last, of(*left));
            if (right) last = max_of(last, of(*right));
            const bool changed = last != of(e);
            Interval::subtree_last(e) = last;
            return changed;
        }
    };
    using tree = rbtree<T, Member, by_first, farthest>;

public:
    constexpr interval_tree() = default;
    interval_tree(const interval_tree&) = delete;
    interval_tree& operator=(const interval_tree&) = delete;

    bool empty() const { return tree_.empty(); }
    // By its first point.
    T* first() const { return tree_.first(); }
    static T* next(const T& e) { return tree::next(e); }

    void insert(T& e) {
        kdebug_assert(Interval::first(e) <= Interval::last(e), "interval [{}, {}]",
                      Interval::first(e), Interval::last(e));
        tree_.insert_multi(e);
    }
    // Its last point is another one.
    static void updated(T& e) { tree::updated(e); }
    // Its last point is what it was inserted with, or updated() has been told since. Its
    // first one does not matter any more.
    void erase(T& e) { tree_.erase(e); }

    // Those that have a point in common with [first, last], in their order.
    T* iter_first(u32 first, u32 last) const {
        T* const root = tree_.root();
        if (!root || farthest::of(*root) < first) return nullptr;
        return leftmost(root, first, last);
    }
    static T* iter_next(T& e, u32 first, u32 last) {
        T* right = tree::right(e);
        for (T* at = &e;;) {
            // All that is left of `right` has been looked at.
            if (right && farthest::of(*right) >= first) return leftmost(right, first, last);
            T* came_from;
            do {
                came_from = at;
                at = tree::parent(*at);
                if (!at) return nullptr;
                right = tree::right(*at);
            } while (right == came_from);
            if (Interval::first(*at) > last) return nullptr;
            if (Interval::last(*at) >= first) return at;
        }
    }

    void check_invariants() const { tree_.check_invariants(); }

private:
    // The first one in the subtree, in which something reaches `first`.
    static T* leftmost(T* at, u32 first, u32 last) {
        for (;;) {
            T* const left = tree::left(*at);
            if (left && farthest::of(*left) >= first) {
                // Either there is one on the left, or what reaches `first` there begins
                // behind `last`, and so does all to the right of it.
                at = left;
                continue;
            }
            if (Interval::first(*at) > last) return nullptr;
            if (Interval::last(*at) >= first) return at;
            at = tree::right(*at);
            if (!at || farthest::of(*at) < first) return nullptr;
        }
    }

    tree tree_;
};
