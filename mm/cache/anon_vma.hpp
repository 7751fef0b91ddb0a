// anon_vma: which areas may show a page of anonymous memory?
//
// A page of a file says so itself: page.mapping is the file's address_space, whose i_mmap
// has the areas. A page of anonymous memory belongs to no file; it is made by a fault in
// one area, and shown by others only where fork() copied that area, or a copy of it. So
// areas are connected as they descend from each other.
//
// An anon_vma stands for one area, and all that were or will be forked from it. A page
// points to the anon_vma of the area in which it was made. fork() gives the child's area
// an anon_vma of its own, for the pages that it will make, and connects it to all those
// its parent is connected to, for the pages that it inherits:
//
//     process           A  --fork-->  B  --fork-->  C
//     area              a             b             c        (a copy of a, a copy of b)
//     its anon_vma      1             2             3
//                       |  made here  |             |
//     may show pages    |  by A       |  by B       |  by C
//                       v             v             v
//        anon_vma 1:  {a, b, c}           what A's fault made, C may still have
//        anon_vma 2:  {   b, c}           A never sees what B made
//        anon_vma 3:  {      c}
//
// Areas times anon_vmas: each connection is an anon_vma_chain, which hangs in two places.
// Read the grid by columns to see what an area is connected to (same_vma), by lines to see
// who may show a page (rb, an interval tree: areas are split and moved, and only those are
// wanted that reach the page's index).
//
//                    area a        area b        area c
//                      |same_vma     |             |
//     anon_vma 1 --rb-[*]-----------[*]-----------[*]        root of all three: it has
//                                    |             |         the lock; 2 and 3 keep it
//     anon_vma 2 --rb---------------[*]-----------[*]        parent: 1
//                                                  |
//     anon_vma 3 --rb-----------------------------[*]        parent: 2
//
// A page of anon_vma 2: walk its line, and look into the page tables of b and c at the
// address where each shows the page's index.
//
// If a process forks, ends, and its child forks and so on, the columns would grow without
// end. So an anon_vma in which no area makes pages any more (num_active_vmas is 0), and
// with at most one child, is reused by the next one forked from it: then no more than
// twice as many anon_vmas live as areas. The root never is: it is a child of itself, and
// has another.
//
// I1: an area's chain elements name the area, and their anon_vmas have one root.
// I2: a chain element hangs in the interval tree of its anon_vma, by the area's numbers;
//     an area is connected to an anon_vma at most once.
// I3: the anon_vma of an area, if it has one, is on its chain, and so are the ancestors.
// I4: num_children is the number of anon_vmas whose parent it is, a root's itself
//     included; num_active_vmas that of areas whose anon_vma it is.
// I5: refcount is 1 for its tree, which is not empty, and in a root one for each other
//     anon_vma of it; besides it, whoever looks (page_get_anon_vma).
//
// Locks: root->lock guards the trees and counts of the whole forest; an area's chain is
// guarded by whoever may change its address space (mmap_sem). Nothing is allocated while
// a lock is held. The order: i_mmap_lock > root->lock > page_table_lock.
#pragma once

#include "lib/result.hpp"
#include "lib/spinlock.hpp"
#include "mm/cache/rmap_area.hpp"

struct anon_vma {
    struct anon_vma* root;
    struct anon_vma* parent;
    atomic<u32> refcount{1};
    u32 num_children = 0;
    u32 num_active_vmas = 0;
    anon_vma_tree rb_root;
    irq_spinlock lock{"an anon_vma"};  // the root's is used

    // A root, and its own child.
    anon_vma() : root(this), parent(this), num_children(1) {}
    explicit anon_vma(struct anon_vma* from) : root(from->root), parent(from) {}
};

// Before the first page of its own is put into the area: it has an anon_vma afterwards.
// `mergeable`: that of a neighbour in the same address space whose chain has only that, so
// that both may become one area; or null. ENOMEM: nothing has changed.
result<> anon_vma_prepare(rmap_area& area, struct anon_vma* mergeable);

// `dst`, whose chain is empty, is connected to all that `src` is: a part of it, or itself
// at another place. dst.anon_vma is null or src's. ENOMEM: dst has no chain and no
// anon_vma.
result<> anon_vma_clone(rmap_area& dst, const rmap_area& src);

// The same for a child's area; its own pages get an anon_vma of their own. child.anon_vma
// may be anything (a copy of the parent's).
result<> anon_vma_fork(rmap_area& child, const rmap_area& parent);

// The area, of which no page is shown any more, is connected to nothing. It may be
// prepared again.
void unlink_anon_vmas(rmap_area& area);

// What a lookup holds while it looks: see page_get_anon_vma (rmap.hpp).
void put_anon_vma(struct anon_vma* anon_vma);
// One more, unless nobody has any: then it is about to go.
bool get_anon_vma_unless_zero(struct anon_vma& anon_vma);
// Held, no anon_vma's memory goes away.
extern irq_spinlock anon_vma_lifetime;

// I1 to I5, of all that the area is connected to, and of what is connected to that.
void check_anon_vmas(const rmap_area& area);
