#include "mm/cache/address_space.hpp"

#include "mm/cache/cache_init.hpp"
#include "mm/cache/rmap.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/phys/vmstat.hpp"
#include "mm/slab/object_cache.hpp"

namespace {

constinit object_cache<radix_node> radix_tree_nodes("radix_tree_node");

void free_nodes(radix_nodes& nodes) {
    while (radix_node* const node = nodes.take()) radix_tree_nodes.free(node);
}

bool bring_nodes(radix_nodes& spare, u32 wanted) {
    while (spare.count() < wanted) {
        radix_node* const node = radix_tree_nodes.alloc(GFP_KERNEL);
        if (!node) return false;
        spare.put(*node);
    }
    return true;
}

// Puts the page into the tree, with as many nodes as that takes.
result<> insert_page(address_space& mapping, u32 index, page& page) {
    radix_nodes spare;
    result<> inserted;
    u32 wanted = 0;
    do {
        lock_guard held(mapping.tree_lock);
        inserted = mapping.page_tree.insert(index, &page, spare);
        if (inserted) mapping.nrpages += 1;
        else if (inserted.error() == ENOMEM) wanted = mapping.page_tree.nodes_wanted(index);
    } while (inserted.error() == ENOMEM && bring_nodes(spare, wanted));
    free_nodes(spare);
    if (inserted) vm_counters.file_pages.add_atomically(1);
    return inserted;
}

result<> fill_page(address_space& mapping, page& page) {
    if (mapping.a_ops && mapping.a_ops->readpage) {
        const result<> read = mapping.a_ops->readpage(mapping, page);
        if (!read) return read;
    } else {
        clear_highpage(&page);
    }
    SetPageUptodate(page);
    return {};
}

// A page for the place, in the cache and locked. EEXIST: somebody else was quicker.
result<page*> new_locked_page(address_space& mapping, u32 index, gfp_t mask) {
    page* const fresh = alloc_page(mask);
    if (!fresh) return err{ENOMEM};
    if (const result<> added = add_to_page_cache(*fresh, mapping, index); !added) {
        put_page(fresh);
        return err{added.error()};
    }
    return fresh;
}

// The page is locked, and unlocked afterwards; if it can't be read, the reference is gone.
result<page*> read_locked_page(address_space& mapping, page& page) {
    result<> filled;
    if (!PageUptodate(page)) filled = fill_page(mapping, page);
    if (!filled) delete_from_page_cache(page);
    unlock_page(page);
    if (filled) return &page;
    put_page(&page);
    return err{filled.error()};
}

}  // namespace

bool page_cache_init() { return radix_tree_nodes.init(); }

address_space::~address_space() {
    kassert(nrpages == 0 && i_mmap.empty(), "an address_space goes with {} pages{}",
            u32{nrpages}, i_mmap.empty() ? "" : " and areas that map it");
}

// ---- the lock of a page -----------------------------------------------------------------

void wait_and_lock_page(page& page) {
    while (!trylock_page(page)) cpu_relax();
}

// ---- in, out, and looking ---------------------------------------------------------------

page* find_get_page(address_space& mapping, u32 index) {
    lock_guard held(mapping.tree_lock);
    page* const found = static_cast<page*>(mapping.page_tree.lookup(index));
    if (found) get_page(*found);
    return found;
}

result<page*> read_mapping_page(address_space& mapping, u32 index, gfp_t mask) {
    for (;;) {
        page* const there = find_get_page(mapping, index);
        if (!there) {
            const result<page*> fresh = new_locked_page(mapping, index, mask);
            if (fresh) return read_locked_page(mapping, **fresh);
            if (fresh.error() != EEXIST) return fresh;
            continue;
        }
        if (PageUptodate(*there)) return there;
        lock_page(*there);
        if (there->mapping == &mapping) return read_locked_page(mapping, *there);
        // Truncated, or given up, while we waited.
        unlock_page(*there);
        put_page(there);
    }
}

result<> add_to_page_cache(page& page, address_space& mapping, u32 index) {
    const bool free_to_take = trylock_page(page);
    kassert(free_to_take && !page.mapping, "page {:p} of {:p} is put into a page cache",
            static_cast<const void*>(&page), static_cast<const void*>(page.mapping));
    page.mapping = &mapping;
    page.index = index;
    get_page(page);
    const result<> inserted = insert_page(mapping, index, page);
    if (inserted) return inserted;
    page.mapping = nullptr;
    unlock_page(page);
    put_page(&page);
    return inserted;
}

void delete_from_page_cache(page& page) {
    address_space* const mapping = page_mapping(page);
    kassert(mapping && PageLocked(page) && !page_mapped(page),
            "page {:p} leaves a page cache: mapping {:p}, flags {}, in {} page tables",
            static_cast<const void*>(&page), static_cast<const void*>(mapping),
            page_flags_text{page.flags}, page_mapcount(page));
    radix_nodes freed;
    {
        lock_guard held(mapping->tree_lock);
        const void* const there =
            mapping->page_tree.erase(static_cast<u32>(page.index), freed);
        kassert(there == &page, "page cache I1: at {} there is {:p}, not page {:p}",
                page.index, there, static_cast<const void*>(&page));
        mapping->nrpages -= 1;
        ClearPageFlag(page, PG_dirty);
        page.mapping = nullptr;
    }
    free_nodes(freed);
    vm_counters.file_pages.add_atomically(~u32{0});
    put_page(&page);
}

void truncate_inode_pages(address_space& mapping, u32 first_index, u32 last_index,
                          private_copies copies) {
    constexpr unsigned batch = 16;
    radix_tree::found found[batch];
    for (u32 next = first_index;;) {
        u32 count;
        {
            lock_guard held(mapping.tree_lock);
            count = static_cast<u32>(mapping.page_tree.gang_lookup(next, found));
            while (count > 0 && found[count - 1].index > last_index) --count;
            for (u32 i = 0; i < count; ++i) get_page(*static_cast<page*>(found[i].item));
        }
        for (u32 i = 0; i < count; ++i) {
            page& page = *static_cast<struct page*>(found[i].item);
            lock_page(page);
            if (page.mapping == &mapping) {
                if (page_mapped(page)) unmap_mapping_range(mapping, found[i].index, 1, copies);
                delete_from_page_cache(page);
            }
            unlock_page(page);
            put_page(&page);
        }
        if (count < batch || found[count - 1].index == ~u32{0}) return;
        next = found[count - 1].index + 1;
    }
}

// ---- dirty ------------------------------------------------------------------------------
// Flag and tag change together, under the tree's lock (I4).

bool set_page_dirty(page& page) {
    if (PageDirty(page)) return false;
    address_space* const mapping = page_mapping(page);
    if (!mapping) return !TestSetPageFlag(page, PG_dirty);
    lock_guard held(mapping->tree_lock);
    if (TestSetPageFlag(page, PG_dirty)) return false;
    if (page.mapping == mapping)
        mapping->page_tree.tag_set(static_cast<u32>(page.index), RADIX_DIRTY);
    return true;
}

bool clear_page_dirty(page& page) {
    if (!PageDirty(page)) return false;
    address_space* const mapping = page_mapping(page);
    if (!mapping) return TestClearPageFlag(page, PG_dirty);
    lock_guard held(mapping->tree_lock);
    if (!TestClearPageFlag(page, PG_dirty)) return false;
    if (page.mapping == mapping)
        mapping->page_tree.tag_clear(static_cast<u32>(page.index), RADIX_DIRTY);
    return true;
}

// ---- i_mmap -----------------------------------------------------------------------------

void vma_interval_tree_insert(rmap_area& area, address_space& mapping) {
    lock_guard held(mapping.i_mmap_lock);
    mapping.i_mmap.insert(area.shared);
}

void vma_interval_tree_remove(rmap_area& area, address_space& mapping) {
    lock_guard held(mapping.i_mmap_lock);
    mapping.i_mmap.erase(area.shared);
}

// ---- I1 to I4 ---------------------------------------------------------------------------

void address_space::check_invariants() {
    {
        lock_guard held(i_mmap_lock);
        i_mmap.check_invariants();
    }
    lock_guard held(tree_lock);
    page_tree.check_invariants();
    u32 pages = 0;
    radix_tree::found found;
    for (u32 next = 0; page_tree.gang_lookup(next, {&found, 1}) == 1;) {
        const page& page = *static_cast<const struct page*>(found.item);
        kassert(page.mapping == this && page.index == found.index,
                "page cache I1: page {:p} at index {} has index {} and mapping {:p}",
                static_cast<const void*>(&page), found.index, page.index,
                static_cast<const void*>(page.mapping));
        kassert(page_count(page) >= 1 + page._mapcount.load(memory_order::relaxed) + 1,
                "page cache I1: page {} has {} references, and is in {} page tables",
                found.index, page_count(page), page_mapcount(page));
        kassert(!page_tree.tag_get(found.index, RADIX_DIRTY) || PageDirty(page),
                "page cache I4: page {} is tagged dirty, and is {}", found.index,
                page_flags_text{page.flags});
        ++pages;
        if (found.index == ~u32{0}) break;
        next = found.index + 1;
    }
    kassert(pages == nrpages, "page cache I2: nrpages {}, pages in the tree {}",
            u32{nrpages}, pages);
}
