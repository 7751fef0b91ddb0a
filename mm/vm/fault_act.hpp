// What the cases of a fault have in common: an entry is put in place, if what was decided
// over still stands there.
#pragma once

#include "arch/i386/tlb.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/vm/fault.hpp"
#include "mm/vm/frame_area.hpp"
#include "mm/vm/page_reuse.hpp"

// The cases.
fault_result map_zero_page(vm_fault& fault);
fault_result map_new_page(vm_fault& fault);
fault_result copy_page(vm_fault& fault);
fault_result reuse_page(vm_fault& fault);
fault_result map_file_page(vm_fault& fault);
fault_result copy_file_page(vm_fault& fault);
fault_result write_file_page(vm_fault& fault);
fault_result make_writable(vm_fault& fault);
fault_result map_frame(vm_fault& fault);

// Who finds the pages of the area's file: the page cache, if nobody else wants to.
using page_finder = fault_result (*)(vm_fault&);
inline page_finder finder_of(const vm_area_struct& area) {
    return area.vm_ops && area.vm_ops->fault ? area.vm_ops->fault : filemap_fault;
}
fault_result find_page(vm_fault& fault);

// The area is ready to have pages of its own. False: no memory.
bool prepare_anon_vma(vm_area_struct& area);

// There is a table for the entry. False: no memory.
inline bool prepare_table(vm_fault& fault) {
    if (fault.has_table()) [[likely]] return true;
    fault.pmd = pte_alloc(fault.mm(), fault.address);
    return fault.pmd != nullptr;
}

// An entry for a frame, as if the CPU had used it already.
inline pte_entry entry_for(pfn frame, page_rights rights) {
    const pte_entry entry = kernel_format::leaf(frame.address().raw(), rights, 0);
    return kernel_format::with_marks(entry, true, rights.write);
}
inline pte_entry entry_for(const vm_area_struct& area, const page& page, bool write) {
    page_rights rights = area.vm_page_prot;
    rights.write = write;
    return entry_for(page_to_pfn(&page), rights);
}

// What a fault finds instead of what it was decided over: somebody was faster, and the
// access tries again. But an entry that neither is there nor is none would be found so
// again and again: it is a bug.
void check_overtaken(const vm_fault& fault, pte_entry now);

// The faulting entry, nobody else changing it. It has a table.
class faulted_entry {
public:
    [[gnu::always_inline]] explicit faulted_entry(const vm_fault& fault)
        : fault_(fault), table_(fault.mm(), *fault.pmd, fault.address) {}

    bool is_still_none() const {
        if (table_.first()->none()) [[likely]] return true;
        check_overtaken(fault_, now());
        return false;
    }
    // But for what the CPU has marked.
    bool is_as_found() const {
        if (kernel_format::with_marks(now() ^ fault_.before, false, false) == 0) [[likely]]
            return true;
        check_overtaken(fault_, now());
        return false;
    }
    pte_entry now() const { return table_.first()->raw; }

    // There was none.
    void fill(pte_entry entry) const {
        user_page_table::set(*table_.first(), entry, fault_.address);
    }
    // Another frame: no CPU remembers the old one when the new one is there.
    void replace(pte_entry entry) const {
        kernel_format::exchange(table_.first()->raw, 0);
        flush_tlb_space_range(&fault_.mm(), fault_.address, 1);
        fill(entry);
    }
    // The same frame may be written now. A CPU that remembers less will fault once more.
    void allow_writing() const {
        page_rights rights = fault_.area.vm_page_prot;
        rights.write = true;
        pte_entry before = now();
        const pte_entry entry = entry_for(pfn(kernel_format::frame(before)), rights);
        while (!kernel_format::replace(table_.first()->raw, before, entry)) before = now();
    }

private:
    const vm_fault& fault_;
    const locked_table table_;
};

inline void count_pages(mm_struct& mm, rss_kind kind, u32 pages) {
    mm.rss[kind].fetch_add(pages, memory_order::relaxed);
}
