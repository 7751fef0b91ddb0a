// Faults on memory that is a program's own: demand zero, and copy on write.
#include "mm/vm/fault_act.hpp"
#include "mm/vm/zero_page.hpp"

namespace {

constexpr gfp_t mask_of_new_pages = GFP_HIGHUSER_MOVABLE;

// Neighbours may become one area later, if their pages have one anon_vma (as Linux's
// find_mergeable_anon_vma has it): all else about them is alike, or may become so.
anon_vma* mergeable_anon_vma(const vm_area_struct& left, const vm_area_struct& right,
                             const vm_area_struct& neighbour) {
    const bool alike = left.vm_end == right.vm_start && left.vm_file == right.vm_file &&
                       ((left.vm_flags ^ right.vm_flags) & ~VM_ACCESS_FLAGS) == 0 &&
                       left.vm_pgoff + left.pages() == right.vm_pgoff;
    if (!alike || !neighbour.anon_vma) return nullptr;
    const anon_vma_chain_list& chain = neighbour.anon_vma_chain;
    return &chain.front() == &chain.back() ? neighbour.anon_vma : nullptr;
}

anon_vma* find_mergeable_anon_vma(const vm_area_struct& area) {
    anon_vma* found = nullptr;
    if (const vm_area_struct* const next = area.vm_next)
        found = mergeable_anon_vma(area, *next, *next);
    if (found) return found;
    const vm_area_struct* const prev = area.vm_prev;
    return prev ? mergeable_anon_vma(*prev, area, *prev) : nullptr;
}

// The fault's entry shows this page of its own, of which nobody else knows, instead of
// nothing.
bool install_new(vm_fault& fault, page& page) {
    const faulted_entry entry(fault);
    if (!entry.is_still_none()) return false;
    page_add_new_anon_rmap(page, fault.area, fault.address);
    entry.fill(entry_for(fault.area, page, true));
    count_pages(fault.mm(), MM_ANONPAGES, 1);
    return true;
}

// The old page stays as it is, for whoever else sees it. Null: it was the zero page, which
// nobody counts.
bool install_copy(vm_fault& fault, page& copy, page* old) {
    const faulted_entry entry(fault);
    if (!entry.is_as_found()) return false;
    if (old) copy_highpage(copy, *old);
    page_add_new_anon_rmap(copy, fault.area, fault.address);
    entry.replace(entry_for(fault.area, copy, true));
    count_pages(fault.mm(), MM_ANONPAGES, 1);
    if (old) {
        count_pages(fault.mm(), rss_kind_of(*old), ~u32{0});
        page_remove_rmap(*old);
    }
    return true;
}

}  // namespace

bool prepare_anon_vma(vm_area_struct& area) {
    if (area.anon_vma) [[likely]] return true;
    return static_cast<bool>(anon_vma_prepare(area, find_mergeable_anon_vma(area)));
}

fault_result map_zero_page(vm_fault& fault) {
    if (!prepare_table(fault)) return fault_result::no_memory;
    page_rights rights = fault.area.vm_page_prot;
    rights.write = false;
    rights.special = true;
    const faulted_entry entry(fault);
    if (entry.is_still_none()) entry.fill(entry_for(zero_pfn, rights));
    return fault_result::done;
}

fault_result map_new_page(vm_fault& fault) {
    if (!prepare_anon_vma(fault.area)) return fault_result::no_memory;
    if (!prepare_table(fault)) return fault_result::no_memory;
    page* const page = alloc_page(mask_of_new_pages | __GFP_ZERO);
    if (!page) return fault_result::no_memory;
    if (!install_new(fault, *page)) __free_page(page);
    return fault_result::done;
}

// Copied under the lock: while it is held the old page stays, and cannot be written. The
// copy of the zero page is one that was made of zeroes.
fault_result copy_page(vm_fault& fault) {
    if (!prepare_anon_vma(fault.area)) return fault_result::no_memory;
    page* const old = vm_normal_page(fault.before);
    kassert(old || is_zero_page(fault.before), "a special page at {:#x} is private",
            fault.address);
    page* const copy = alloc_page(old ? mask_of_new_pages : mask_of_new_pages | __GFP_ZERO);
    if (!copy) return fault_result::no_memory;
    if (!install_copy(fault, *copy, old)) __free_page(copy);
    else if (old) put_page(old);
    return fault_result::done;
}

// While mmap_sem is held nobody forks, so a page that is exclusive stays so. But madvise() may
// have dropped it, and another fault, of the file behind the area, got the same frame.
fault_result reuse_page(vm_fault& fault) {
    const faulted_entry entry(fault);
    if (!entry.is_as_found()) return fault_result::done;
    page& page = *vm_normal_page(fault.before);
    if (!is_exclusive(page)) return fault_result::done;
    page_move_anon_rmap(page, fault.area);
    entry.allow_writing();
    return fault_result::done;
}

// The file's page is copied before there is any lock: it is locked, so it stays the
// file's.
fault_result copy_file_page(vm_fault& fault) {
    if (!prepare_anon_vma(fault.area)) return fault_result::no_memory;
    if (!prepare_table(fault)) return fault_result::no_memory;
    page* const copy = alloc_page(mask_of_new_pages);
    if (!copy) return fault_result::no_memory;
    const fault_result found = find_page(fault);
    if (found != fault_result::done) {
        __free_page(copy);
        return found;
    }
    copy_highpage(*copy, *fault.page);
    unlock_page(*fault.page);
    put_page(fault.page);
    if (!install_new(fault, *copy)) __free_page(copy);
    return fault_result::done;
}
