// The page cache: the pages of files that are in memory (spec G3).
//
// Each file, or whatever else consists of pages, has one address_space, however often it
// is open or mapped. It knows which page of the file lies in which frame, so that all who
// want a page get the same one:
//
//     read(), write()      mapping of A      mapping of B         (page tables)
//           |                    |                 |
//           +----- find_get_page(mapping, 3) ------+
//                               |
//         address_space    a radix tree        3 -> struct page    mapping, index = 3
//           nrpages            0 1 . 3 .           PG_uptodate     _refcount: the cache's 1
//           i_mmap: the areas that map it          PG_locked       + each page table's 1
//           a_ops:  how a page is filled           PG_dirty        + each user's 1
//
// A page comes in empty and locked; whoever put it there fills it (readpage), marks it
// up to date and unlocks it, and all others wait for that. So a page is read once.
//
//     none --add_to_page_cache--> locked --readpage--> uptodate
//                                   |                      |
//                                   +-- EIO: taken out     +-- truncated: mapping = null
//
// I1: a page that mapping's tree has at index i has page.mapping = &mapping, page.index =
//     i, and the tree holds one reference to it.
// I2: nrpages is the number of pages in the tree.
// I3: a page enters and leaves the cache while it is locked. So who has locked a page and
//     found page.mapping to be his may rely on it until he unlocks it.
// I4: a page that is tagged dirty in the tree has PG_dirty.
// I5: i_mmap has the areas that map the file.
//
// Locks: i_mmap_lock > page_table_lock > tree_lock. A page's lock is above them all.
//
// Left out: writeback, readahead and eviction (mm/reclaim will ask for the last).
#pragma once

#include "lib/radix_tree.hpp"
#include "lib/spinlock.hpp"
#include "mm/cache/page_flags.hpp"
#include "mm/cache/rmap_area.hpp"
#include "mm/phys/gfp.hpp"

struct address_space;

struct address_space_operations {
    // Fills a page that is locked and in the cache, and leaves it locked. Null: a page
    // that is not there is zeroes.
    result<> (*readpage)(address_space& mapping, page& page) = nullptr;
};

struct address_space {
    constexpr address_space() = default;
    constexpr address_space(const address_space_operations* operations, void* owner)
        : a_ops(operations), host(owner) {}
    // No page and no area is left.
    ~address_space();
    address_space(const address_space&) = delete;
    address_space& operator=(const address_space&) = delete;

    irq_spinlock tree_lock{"a page cache"};
    radix_tree page_tree GUARDED_BY(tree_lock);
    relaxed<u32> nrpages = 0;  // written under tree_lock

    irq_spinlock i_mmap_lock{"an i_mmap"};
    i_mmap_tree i_mmap GUARDED_BY(i_mmap_lock);
    atomic<u32> i_mmap_writable{0};  // areas that share it and may write: mm/vm counts

    const address_space_operations* a_ops = nullptr;
    void* host = nullptr;  // whose contents these are: the inode

    void check_invariants() EXCLUDES(tree_lock, i_mmap_lock);
};

// For pages of anonymous memory, the lowest bit of page.mapping is set, and the rest is
// the address of an anon_vma (rmap.hpp).
inline constexpr uintptr_t PAGE_MAPPING_ANON = 1;
inline bool PageAnon(const page& page) {
    return reinterpret_cast<uintptr_t>(page.mapping) & PAGE_MAPPING_ANON;
}
// The file's that it is a page of, or null.
inline address_space* page_mapping(const page& page) {
    return PageAnon(page) ? nullptr : page.mapping;
}

// The page at this place, up to date or not, with a reference for the caller; or null.
page* find_get_page(address_space& mapping, u32 index);

// The page at this place, up to date, with a reference for the caller; read if need be.
// ENOMEM, or what readpage says (EIO). May sleep. `mask` says where the page may lie:
// GFP_HIGHUSER_MOVABLE as a rule. The file's size is not looked at; and the page may leave
// the cache again at any time. Who puts it into a page table locks it first, sees that
// page.mapping is still the file's and the file still as long, and unlocks it afterwards.
result<page*> read_mapping_page(address_space& mapping, u32 index, gfp_t mask);

// A page of nobody's goes in, locked, with a reference for the cache besides the caller's.
// EEXIST, ENOMEM: it is as it was, and not locked.
result<> add_to_page_cache(page& page, address_space& mapping, u32 index);

// The page is locked, in the cache, and in no page table. The cache's reference goes with
// it; the caller has one of his own, and unlocks the page.
void delete_from_page_cache(page& page);

// It was written to. Whether that is news. A page of no file is marked only. The caller
// sees to it that the file stays: by the page's lock, or an area that maps it.
bool set_page_dirty(page& page);
// It is being written back, or nobody will want it. Whether it was dirty.
bool clear_page_dirty(page& page);

// Takes pages of the file out of all page tables that show them, so that each further
// access faults: mm/vm defines it. `pages` 0: to the end. What private areas have copied of
// them goes, too, when a file is made shorter: behind its end is a SIGBUS for all. A hole
// that is punched into it leaves copies alone.
enum class private_copies : u8 { go, stay };
void unmap_mapping_range(address_space& mapping, u32 first_index, u32 pages,
                         private_copies copies = private_copies::go);

// All pages from the first one to the last leave the cache, dirty ones too. One that is in a
// page table is taken out of it first.
void truncate_inode_pages(address_space& mapping, u32 first_index, u32 last_index = ~u32{0},
                          private_copies copies = private_copies::go);

// ---- i_mmap: the areas that map a file (I5) -------------------------------------------
// The area's numbers must not change while it is in (rmap.hpp: area_update).
void vma_interval_tree_insert(rmap_area& area, address_space& mapping);
void vma_interval_tree_remove(rmap_area& area, address_space& mapping);

// Each area that shows one of these pages, both ends included, in the order of their
// first; the lock is held meanwhile. A visitor that answers false ends it.
template <class Visit>
void for_each_area(address_space& mapping, u32 first_index, u32 last_index, Visit visit)
    EXCLUDES(mapping.i_mmap_lock) {
    lock_guard held(mapping.i_mmap_lock);
    shared_links* at = mapping.i_mmap.iter_first(first_index, last_index);
    for (; at; at = i_mmap_tree::iter_next(*at, first_index, last_index)) {
        rmap_area& area = *container_of<&rmap_area::shared>(at);
        if constexpr (std::is_same_v<decltype(visit(area)), bool>) {
            if (!visit(area)) return;
        } else {
            visit(area);
        }
    }
}
