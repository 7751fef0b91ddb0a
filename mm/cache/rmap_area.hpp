// What the reverse mapping knows of an area of user addresses; vm_area_struct (mm/vm) is
// one of these and more. rmap.hpp has the theory.
//
//     vm_start        vm_end            of the object that is mapped, the area shows the
//     |   a   b   c   |                 pages vm_pgoff, vm_pgoff + 1, ...: of a file, or
//         0   1   2    + vm_pgoff       of anonymous memory, whose pages are numbered by
//                                       where they lay at first
#pragma once

#include "lib/address.hpp"
#include "lib/interval_tree.hpp"
#include "lib/list.hpp"

struct anon_vma;
struct rmap_area;

// One area is connected to one anon_vma: it is on a list of the area's, and in the
// anon_vma's interval tree, for as long as both are.
struct anon_vma_chain {
    rmap_area* vma;
    struct anon_vma* anon_vma;
    list_head same_vma{};
    rb_node rb{};
    u32 rb_subtree_last = 0;
};
using anon_vma_chain_list = list<anon_vma_chain, &anon_vma_chain::same_vma>;

// An area's place in the interval tree of the file that it maps.
struct shared_links {
    rb_node rb{};
    u32 rb_subtree_last = 0;
};

struct rmap_area {
    u32 vm_start = 0, vm_end = 0;  // whole pages, half-open
    u32 vm_pgoff = 0;
    u32 vm_flags = 0;
    shared_links shared;
    anon_vma_chain_list anon_vma_chain;
    // Where pages go that become the area's own. It is on the chain.
    struct anon_vma* anon_vma = nullptr;

    rmap_area() = default;
    // The place and the anon_vma of another, but in no tree and with no chain yet: what
    // anon_vma_clone() wants.
    rmap_area(const rmap_area& from)
        : vm_start(from.vm_start),
          vm_end(from.vm_end),
          vm_pgoff(from.vm_pgoff),
          vm_flags(from.vm_flags),
          anon_vma(from.anon_vma) {}
    rmap_area& operator=(const rmap_area&) = delete;
};

inline u32 vma_pages(const rmap_area& area) {
    return (area.vm_end - area.vm_start) >> PAGE_SHIFT;
}
inline u32 vma_last_pgoff(const rmap_area& area) { return area.vm_pgoff + vma_pages(area) - 1; }
// Which page of the object an address shows, and where a page is shown.
inline u32 linear_page_index(const rmap_area& area, u32 address) {
    return area.vm_pgoff + ((address - area.vm_start) >> PAGE_SHIFT);
}
inline u32 vma_address(const rmap_area& area, u32 index) {
    return area.vm_start + ((index - area.vm_pgoff) << PAGE_SHIFT);
}

// The two interval trees in which areas stand.
struct shared_interval {
    static const rmap_area& area(const shared_links& links) {
        return *container_of<&rmap_area::shared>(const_cast<shared_links*>(&links));
    }
    static u32 first(const shared_links& links) { return area(links).vm_pgoff; }
    static u32 last(const shared_links& links) { return vma_last_pgoff(area(links)); }
    static u32& subtree_last(shared_links& links) { return links.rb_subtree_last; }
};
using i_mmap_tree = interval_tree<shared_links, &shared_links::rb, shared_interval>;

struct anon_interval {
    static u32 first(const anon_vma_chain& chain) { return chain.vma->vm_pgoff; }
    static u32 last(const anon_vma_chain& chain) { return vma_last_pgoff(*chain.vma); }
    static u32& subtree_last(anon_vma_chain& chain) { return chain.rb_subtree_last; }
};
using anon_vma_tree = interval_tree<anon_vma_chain, &anon_vma_chain::rb, anon_interval>;
