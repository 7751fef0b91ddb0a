#include "mm/cache/rmap.hpp"

namespace {

address_space* as_mapping(struct anon_vma* anon_vma) {
    return reinterpret_cast<address_space*>(reinterpret_cast<uintptr_t>(anon_vma) |
                                            PAGE_MAPPING_ANON);
}

struct anon_vma* as_anon_vma(address_space* mapping) {
    return reinterpret_cast<struct anon_vma*>(reinterpret_cast<uintptr_t>(mapping) -
                                              PAGE_MAPPING_ANON);
}

inline void check_area(const page& page, const rmap_area& area, u32 address) {
    kassert(area.anon_vma, "page {:p} becomes anonymous in an area without anon_vma",
            static_cast<const void*>(&page));
    kassert(address - area.vm_start < area.vm_end - area.vm_start,
            "address {:#x} is not in the area {:#x}-{:#x}", address, area.vm_start,
            area.vm_end);
}

}  // namespace

void page_add_new_anon_rmap(page& page, rmap_area& area, u32 address) {
    check_area(page, area, address);
    kassert(!page.mapping && !page_mapped(page),
            "page {:p} is not new: mapping {:p}, in {} page tables",
            static_cast<const void*>(&page), static_cast<const void*>(page.mapping),
            page_mapcount(page));
    // Nobody else knows it, so its flags are ours.
    page.flags = page.flags | page_flags::bit(PG_swapbacked);
    page.index = linear_page_index(area, address);
    store_atomically(page.mapping, as_mapping(area.anon_vma), memory_order::release);
    page._mapcount.store(0, memory_order::release);
}

void page_add_anon_rmap(page& page, rmap_area& area, u32 address) {
    const s32 before = page._mapcount.fetch_add(1, memory_order::relaxed);
    if (before != -1) {
        kdebug_assert(PageAnon(page) && page.index == linear_page_index(area, address),
                      "rmap I3: page of index {} is shown at {:#x}, where index {} is",
                      page.index, address, linear_page_index(area, address));
        return;
    }
    check_area(page, area, address);
    SetPageFlag(page, PG_swapbacked);
    page.index = linear_page_index(area, address);
    store_atomically(page.mapping, as_mapping(area.anon_vma->root), memory_order::release);
}

void page_move_anon_rmap(page& page, rmap_area& area) {
    kassert(PageAnon(page) && page_mapcount(page) == 1 && area.anon_vma,
            "page {:p} of {} page tables is not one area's alone",
            static_cast<const void*>(&page), page_mapcount(page));
    kdebug_assert(as_anon_vma(page.mapping)->root == area.anon_vma->root,
                  "anon_vma I1: page {:p} moves to an area it is not descended from",
                  static_cast<const void*>(&page));
    store_atomically(page.mapping, as_mapping(area.anon_vma), memory_order::release);
}

// The last page table to lose a page makes it nobody's, before the area is unlinked; and
// only after that an anon_vma may be freed, which waits for this lock. So an anon_vma that
// a page names here is still one, if perhaps about to go: then it has no reference left.
struct anon_vma* page_get_anon_vma(const page& page) {
    lock_guard held(anon_vma_lifetime);
    address_space* const mapping = load_atomically(page.mapping, memory_order::acquire);
    if (!(reinterpret_cast<uintptr_t>(mapping) & PAGE_MAPPING_ANON)) return nullptr;
    struct anon_vma* const anon_vma = as_anon_vma(mapping);
    return get_anon_vma_unless_zero(*anon_vma) ? anon_vma : nullptr;
}

// ---- area_update ------------------------------------------------------------------------

void area_update::lock_trees() {
    if (mapping_) mapping_->i_mmap_lock.lock();
    for (const changing& each : areas_) {
        if (!each.area || each.area->anon_vma_chain.empty()) continue;
        struct anon_vma* const root = each.area->anon_vma_chain.front().anon_vma->root;
        kassert(!root_ || root_ == root, "areas of two anon_vma forests change at once");
        if (!root_) root->lock.lock();
        root_ = root;
    }
}

void area_update::unlock_trees() {
    if (root_) root_->lock.unlock();
    if (mapping_) mapping_->i_mmap_lock.unlock();
}

void area_update::take_out(rmap_area& area) {
    if (mapping_) mapping_->i_mmap.erase(area.shared);
    for (struct anon_vma_chain& chain : area.anon_vma_chain)
        chain.anon_vma->rb_root.erase(chain);
}

void area_update::put_back(rmap_area& area) {
    for (struct anon_vma_chain& chain : area.anon_vma_chain)
        chain.anon_vma->rb_root.insert(chain);
    if (mapping_) mapping_->i_mmap.insert(area.shared);
}

// How far they reach comes right first, of both: then trees may be turned round. Only what
// begins elsewhere may have to stand elsewhere.
void area_update::settle() {
    for (const changing& each : areas_) {
        if (!each.area) continue;
        if (mapping_) i_mmap_tree::updated(each.area->shared);
        for (struct anon_vma_chain& chain : each.area->anon_vma_chain)
            anon_vma_tree::updated(chain);
    }
    for (const changing& each : areas_)
        if (each.has_moved()) take_out(*each.area);
    for (const changing& each : areas_)
        if (each.has_moved()) put_back(*each.area);
}
