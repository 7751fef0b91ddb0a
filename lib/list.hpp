// Intrusive doubly linked circular lists.
//
// The links lie in the elements themselves: putting an element on a list cannot
// fail, and taking one off needs neither the list nor a search.
//
//     struct page { ...; list_head lru; };
//     list<page, &page::lru> inactive;
//
//         +---------------------------------------------------+
//         v                                                   v
//     +-------+ next    +-------+         +-------+         +-------+
//     | head  | ------> | lru   | ------> | lru   | ------> | lru   |
//     |       | <------ | page  | <------ | page  | <------ | page  |
//     +-------+    prev +-------+         +-------+         +-------+
//
// The head is a node of the ring like the others, so nothing is a special case at
// either end. A list does not own its elements, does not count them, and is not
// copied or moved: its neighbours know where the head lies.
//
// I1: for each node n of the ring, n->next->prev == n and n->prev->next == n.
// I2: the head of an empty list points at itself, both ways.
// I3: with dear checks, an erased node holds LIST_POISON1 and LIST_POISON2.
//
// A node that was never on a list holds nothing in particular. Who must ask whether
// an element is on some list (a wait queue, a timer) calls init() once and takes it
// off with erase_init(); unlinked() then answers.
//
// Left out on purpose: a stored size (an element leaves without its list being
// known) and locking (the structure that holds the list names the lock).
#pragma once

#include "lib/assert.hpp"
#include "lib/container_of.hpp"
#include "lib/types.hpp"

struct list_head {
    list_head* next;
    list_head* prev;
};

// Addresses in the page that is never mapped: following an erased node faults.
inline constexpr uintptr_t LIST_POISON1 = 0x100;
inline constexpr uintptr_t LIST_POISON2 = 0x122;

inline void list_check_node(const list_head* node) {
    kdebug_assert(reinterpret_cast<uintptr_t>(node->next) != LIST_POISON1,
                  "list node {} is used after it was erased", node);
    kdebug_assert(node->next->prev == node, "list I1: {}->next->prev is {}", node,
                  node->next->prev);
    kdebug_assert(node->prev->next == node, "list I1: {}->prev->next is {}", node,
                  node->prev->next);
}

inline void list_insert_between(list_head* node, list_head* prev, list_head* next) {
    kdebug_assert(next->prev == prev, "list I1: {} is before {}, not {}", next->prev, next,
                  prev);
    kdebug_assert(prev->next == next, "list I1: {} is after {}, not {}", prev->next, prev,
                  next);
    kdebug_assert(node != prev && node != next, "list node {} is put beside itself", node);
    next->prev = node;
    node->next = next;
    node->prev = prev;
    prev->next = node;
}

// Off the ring; the node's own pointers stay as they were.
inline void list_unlink(list_head* node) {
    list_check_node(node);
    list_head* const next = node->next;
    list_head* const prev = node->prev;
    next->prev = prev;
    prev->next = next;
}

inline void list_poison(list_head* node) {
    if constexpr (dear_checks) {
        node->next = reinterpret_cast<list_head*>(LIST_POISON1);
        node->prev = reinterpret_cast<list_head*>(LIST_POISON2);
    }
}

// All of a ring, each node once. Cannot run in circles: a ring whose every step can
// be taken back has no way in but its start. Returns the number of elements.
inline size_t list_check_ring(const list_head& head) {
    size_t elements = 0;
    const list_head* node = &head;
    do {
        kassert(node->next && node->prev, "list I1: {} has a null link", node);
        kassert(node->next->prev == node, "list I1: {}->next->prev is {}",
                node, node->next->prev);
        node = node->next;
        ++elements;
    } while (node != &head);
    kassert((head.next == &head) == (head.prev == &head), "list I2: head {} is half empty",
            &head);
    return elements - 1;
}

template <class T, list_head T::*Member>
class list {
    static T* element(list_head* node) { return container_of<Member>(node); }
    static list_head* node_of(const T& e) { return &(const_cast<T&>(e).*Member); }
    T* element_or_null(list_head* node) const {
        return node == &head_ ? nullptr : element(node);
    }

    template <bool ReadsAhead>
    class basic_iterator {
    public:
        explicit basic_iterator(list_head* node)
            : node_(node), next_(ReadsAhead ? node->next : nullptr) {}

        T& operator*() const { return *element(node_); }
        T* operator->() const { return element(node_); }
        basic_iterator& operator++() {
            node_ = ReadsAhead ? next_ : node_->next;
            if constexpr (ReadsAhead) next_ = node_->next;
            return *this;
        }
        basic_iterator& operator--()
            requires(!ReadsAhead)
        {
            node_ = node_->prev;
            return *this;
        }
        bool operator==(const basic_iterator& other) const { return node_ == other.node_; }

    private:
        list_head* node_;
        list_head* next_;  // dead weight, and optimised away, unless ReadsAhead
    };

public:
    using iterator = basic_iterator<false>;
    using safe_iterator = basic_iterator<true>;

    constexpr list() : head_{&head_, &head_} {}
    list(const list&) = delete;
    list& operator=(const list&) = delete;

    bool empty() const { return head_.next == &head_; }
    bool is_singular() const { return !empty() && head_.next == head_.prev; }
    size_t count() const {  // walks the list
        size_t elements = 0;
        for (const list_head* at = head_.next; at != &head_; at = at->next) ++elements;
        return elements;
    }

    // The neighbours and ends: null where there is none.
    T* first() const { return element_or_null(head_.next); }
    T* last() const { return element_or_null(head_.prev); }
    T* next(const T& e) const { return element_or_null(node_of(e)->next); }
    T* prev(const T& e) const { return element_or_null(node_of(e)->prev); }

    // The list must not be empty.
    T& front() const {
        kdebug_assert(!empty(), "front() of an empty list");
        return *element(head_.next);
    }
    T& back() const {
        kdebug_assert(!empty(), "back() of an empty list");
        return *element(head_.prev);
    }

    // The element is on no list by this member.
    void push_front(T& e) { list_insert_between(node_of(e), &head_, head_.next); }
    void push_back(T& e) { list_insert_between(node_of(e), head_.prev, &head_); }
    static void insert_before(T& position, T& e) {
        list_insert_between(node_of(e), node_of(position)->prev, node_of(position));
    }
    static void insert_after(T& position, T& e) {
        list_insert_between(node_of(e), node_of(position), node_of(position)->next);
    }

    // The element is on a list, whichever: nothing of the list itself is touched
    // but its ring.
    static void erase(T& e) {
        list_unlink(node_of(e));
        list_poison(node_of(e));
    }
    // Erases what `at` stands on and returns the place behind it.
    static iterator erase(iterator at) {
        iterator after = at;
        ++after;
        erase(*at);
        return after;
    }
    static void erase_init(T& e) {
        list_unlink(node_of(e));
        init(e);
    }
    // `fresh` takes the place of `old`, which is then on no list.
    static void replace(T& old, T& fresh) {
        list_check_node(node_of(old));
        list_head* const node = node_of(fresh);
        *node = *node_of(old);
        node->next->prev = node;
        node->prev->next = node;
        list_poison(node_of(old));
    }

    T* pop_front() {
        if (empty()) return nullptr;
        T* const e = element(head_.next);
        erase(*e);
        return e;
    }
    T* pop_back() {
        if (empty()) return nullptr;
        T* const e = element(head_.prev);
        erase(*e);
        return e;
    }

    // Takes the first ones off, `most` or as many as there are: how many.
    size_t pop_many(T** to, size_t most) {
        size_t taken = 0;
        list_head* at = head_.next;
        for (; taken < most && at != &head_; ++taken) {
            list_check_node(at);
            list_head* const next = at->next;
            to[taken] = element(at);
            at = next;
        }
        head_.next = at;
        at->prev = &head_;
        if constexpr (dear_checks)
            for (size_t i = 0; i < taken; ++i) list_poison(node_of(*to[i]));
        return taken;
    }

    // From wherever it is, this list or another, to an end of this one.
    void move_to_front(T& e) {
        list_unlink(node_of(e));
        push_front(e);
    }
    void move_to_back(T& e) {
        list_unlink(node_of(e));
        push_back(e);
    }

    // All of `other`, in its order, before the first or behind the last of this one.
    void splice_front(list& other) { splice_between(other, &head_, head_.next); }
    void splice_back(list& other) { splice_between(other, head_.prev, &head_); }

    // Whether the element is on a list; it was told apart by init() and erase_init().
    static void init(T& e) { node_of(e)->next = node_of(e)->prev = node_of(e); }
    static bool unlinked(const T& e) { return node_of(e)->next == node_of(e); }

    iterator begin() const { return iterator(head_.next); }
    iterator end() const { return iterator(head()); }

    // for (T& e : list.safe()): the body may erase, move or free e, but not the
    // element behind it.
    struct safe_range {
        list_head* head;
        safe_iterator begin() const { return safe_iterator(head->next); }
        safe_iterator end() const { return safe_iterator(head); }
    };
    safe_range safe() const { return {head()}; }

    void check_invariants() const { list_check_ring(head_); }

private:
    list_head* head() const { return const_cast<list_head*>(&head_); }

    void splice_between(list& other, list_head* prev, list_head* next) {
        kdebug_assert(&other != this, "a list is spliced into itself");
        if (other.empty()) return;
        list_check_node(&other.head_);
        list_head* const first = other.head_.next;
        list_head* const last = other.head_.prev;
        first->prev = prev;
        prev->next = first;
        last->next = next;
        next->prev = last;
        other.head_.next = other.head_.prev = &other.head_;
    }

    list_head head_;
};
