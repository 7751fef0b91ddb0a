// The reverse mapping: from a page to all page tables that show it (spec G3).
//
//     vm_area_struct --page tables--> page          the way of the CPU
//                    <---- rmap -----               of who wants the page back: to swap it
//                                                   out, to write it back, to truncate
//
// Nothing is noted for each page table that shows a page but a count. A page says which
// areas may show it, and at which place; the page tables themselves are looked into.
//
//     page.mapping   even: a file's address_space; its i_mmap has the areas
//                    odd:  an anon_vma, plus 1; its tree has them (anon_vma.hpp)
//     page.index     which page of the file, or of the anonymous memory
//     page._mapcount how many page tables show it, less one
//
//     area [vm_start, vm_end) from vm_pgoff:  address = vm_start + (index - vm_pgoff) pages
//
// I1: _mapcount + 1 page tables show the page, each of an area that the walk visits.
// I2: a page that is no file's has mapping, an anon_vma, exactly while _mapcount is not
//     -1: the last page table that loses it makes it nobody's, fit to be freed.
// I3: its index is linear_page_index of the area and address where it is shown, in each.
//
// Left out: a page in swap stays anonymous with no page table that shows it; who brings
// swap keeps its mapping, and with it a reference to the anon_vma.
//
// The caller of page_add_... and page_remove_rmap holds the page_table_lock of the table
// that is changed, and a reference to the page for each table that shows it.
#pragma once

#include "mm/cache/address_space.hpp"
#include "mm/cache/anon_vma.hpp"

// How many page tables show it.
inline u32 page_mapcount(const page& page) {
    return static_cast<u32>(page._mapcount.load(memory_order::relaxed) + 1);
}
inline bool page_mapped(const page& page) { return page_mapcount(page) != 0; }

// A fresh page, which nobody else has yet, in an area that has an anon_vma.
void page_add_new_anon_rmap(page& page, rmap_area& area, u32 address);
// One more page table shows a page of anonymous memory; the first one, if it was in swap:
// then nobody knows any more for which area it was made, and it is the root's.
void page_add_anon_rmap(page& page, rmap_area& area, u32 address);
// One more shows what one shows already: fork.
inline void page_dup_rmap(page& page) {
    page._mapcount.fetch_add(1, memory_order::relaxed);
}
inline void page_add_file_rmap(page& page) {
    page._mapcount.fetch_add(1, memory_order::relaxed);
}
inline void page_remove_rmap(page& page) {
    const s32 before = page._mapcount.fetch_sub(1, memory_order::acq_rel);
    kassert(before >= 0, "rmap I1: page {:p} leaves a page table, and was in none",
            static_cast<const void*>(&page));
    if (before == 0 && PageAnon(page))
        store_atomically(page.mapping, static_cast<address_space*>(nullptr),
                         memory_order::release);
}
// The page was made by an ancestor, and now only this area shows it: from here on it is as
// if it had been made here, and no search for it visits the ancestors.
void page_move_anon_rmap(page& page, rmap_area& area);

// The anon_vma of a page, kept until put_anon_vma(); null if no page table shows the page
// any more. The caller has a reference to the page, and nothing else.
struct anon_vma* page_get_anon_vma(const page& page);

namespace rmap_detail {

// What a visitor answers; one that answers nothing goes on.
template <class Visit>
bool visit_area(Visit& visit, rmap_area& area, u32 index) {
    const u32 address = vma_address(area, index);
    if constexpr (std::is_same_v<decltype(visit(area, address)), bool>) {
        return visit(area, address);
    } else {
        visit(area, address);
        return true;
    }
}

template <class Visit>
void walk_anon(const page& page, Visit& visit) {
    struct anon_vma* const anon_vma = page_get_anon_vma(page);
    if (!anon_vma) return;
    {
        lock_guard held(anon_vma->root->lock);
        const u32 index = static_cast<u32>(page.index);
        for (struct anon_vma_chain* at = anon_vma->rb_root.iter_first(index, index); at;
             at = anon_vma_tree::iter_next(*at, index, index))
            if (!visit_area(visit, *at->vma, index)) break;
    }
    put_anon_vma(anon_vma);
}

}  // namespace rmap_detail

// visit(area, address) for each area that may show the page, and where. False ends it. It
// looks into the page table, under page_table_lock: the page may not be there. The lock of
// i_mmap, or of the anon_vma, is held meanwhile, so no such area comes, goes or moves. The
// caller has a reference to the page; a file's is locked, so that it stays the file's.
template <class Visit>
void rmap_walk(page& page, Visit visit) {
    if (PageAnon(page)) return rmap_detail::walk_anon(page, visit);
    if (!page.mapping) return;
    const u32 index = static_cast<u32>(page.index);
    for_each_area(*page.mapping, index, index, [&](rmap_area& area) {
        return rmap_detail::visit_area(visit, area, index);
    });
}

// While it lives, the trees in which one or two areas of one address space stand are
// locked, no walk visits anything of theirs, and vm_start, vm_end and vm_pgoff may be
// changed; afterwards the trees have the areas as they are then. `mapping`: of the file
// that they map, and are in i_mmap of; or null.
//
//     {
//         area_update moving(file ? file->f_mapping : nullptr, lower, &upper);
//         lower.vm_end = upper.vm_start = border;
//         upper.vm_pgoff += pages;
//     }
//
// To split an area: clone the new half's chain, put it into i_mmap, and then shorten the
// old one by this. So every page is visited at any time, some of them twice.
class area_update {
public:
    area_update(address_space* mapping, rmap_area& first, rmap_area* second = nullptr)
        : mapping_(mapping), areas_{{&first, first.vm_pgoff},
                                    {second, second ? second->vm_pgoff : 0}},
          stands_somewhere_(mapping || !first.anon_vma_chain.empty() ||
                            (second && !second->anon_vma_chain.empty())) {
        if (stands_somewhere_) lock_trees();
    }
    ~area_update() {
        if (!stands_somewhere_) return;
        settle();
        unlock_trees();
    }
    area_update(const area_update&) = delete;
    area_update& operator=(const area_update&) = delete;

private:
    struct changing {
        rmap_area* area;  // or null
        u32 old_pgoff;

        bool has_moved() const { return area && area->vm_pgoff != old_pgoff; }
    };

    void lock_trees() NO_THREAD_SAFETY_ANALYSIS;
    void unlock_trees() NO_THREAD_SAFETY_ANALYSIS;
    void settle() NO_THREAD_SAFETY_ANALYSIS;
    void take_out(rmap_area& area) NO_THREAD_SAFETY_ANALYSIS;
    void put_back(rmap_area& area) NO_THREAD_SAFETY_ANALYSIS;

    address_space* const mapping_;
    const changing areas_[2];
    const bool stands_somewhere_;
    struct anon_vma* root_ = nullptr;
};
