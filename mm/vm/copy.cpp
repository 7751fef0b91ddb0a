// fork: a child's page tables from its parent's.
//
//                  parent   child            what a fault can find again is left to it:
//     anonymous      R        R   same page  file pages, and all of an area in which
//     zero page      R        R              nothing was ever written
//     others         as is    -
//
// Both entries lose the right to write. Whoever writes first copies the page, whoever
// writes last finds that it is his alone (fault.hpp).
#include "arch/i386/tlb.hpp"
#include "mm/vm/user_pages.hpp"
#include "mm/vm/user_tables.hpp"

namespace {

using F = kernel_format;

// The part of both areas that lies in one table. Returns whether the parent has lost
// rights.
bool copy_table(mm_struct& child, pmd_t to, mm_struct& parent, pmd_t from, u32 start,
                u32 end) {
    bool narrowed = false;
    rss_change rss(child);
    const locked_table source(parent, from, start);
    const mapped_table target(to, start);
    pte_t* const entries = source.first();
    const pte_t* const stop = entries + ((end - start) >> PAGE_SHIFT);
    for (pte_t* pte = entries; (pte = skip_none(pte, stop)) != stop; ++pte) {
        pte_entry& old = pte->raw;
        if (!F::has_frame(old)) continue;
        if (page* const page = vm_normal_page(old)) {
            if (!PageAnon(*page)) continue;
            if (F::rights(old).write) {
                F::write_protect(old);
                narrowed |= F::present(old);
            }
            get_page(*page);
            page_dup_rmap(*page);
            rss.add(MM_ANONPAGES, 1);
        }  // else the zero page, which nobody counts
        const u32 index = static_cast<u32>(pte - entries);
        user_page_table::set(target.first()[index], F::mkold(old), start + index * PAGE_SIZE);
    }
    return narrowed;
}

// The address of the first page that the child has to get; `end`: there is none. Without the
// lock: only this task, who holds mmap_sem for writing, puts private pages there.
u32 first_to_copy(pmd_t pmd, u32 start, u32 end) {
    const mapped_table table(pmd, start);
    pte_t* const entries = table.first();
    const pte_t* const stop = entries + ((end - start) >> PAGE_SHIFT);
    pte_t* pte = entries;
    for (; (pte = skip_none(pte, stop)) != stop; ++pte) {
        const pte_entry entry = read_entry(*pte);
        if (!F::has_frame(entry)) continue;
        const page* const page = vm_normal_page(entry);
        if (!page || PageAnon(*page)) break;
    }
    return start + static_cast<u32>(pte - entries) * PAGE_SIZE;
}

}  // namespace

result<> copy_page_range(vm_area_struct& child, vm_area_struct& parent) {
    if (!parent.anon_vma) return {};
    mm_struct& from = *parent.vm_mm;
    mm_struct& to = *child.vm_mm;
    bool no_memory = false, narrowed = false;
    for_each_table(from, parent.vm_start, parent.vm_end, [&](pmd_t* pmd, u32 at, u32 stop) {
        const u32 first = no_memory ? stop : first_to_copy(*pmd, at, stop);
        if (first == stop) return;
        const pmd_t* const fresh = pte_alloc(to, first);
        if (!fresh) no_memory = true;
        else narrowed |= copy_table(to, *fresh, from, *pmd, first, stop);
    });
    if (narrowed)
        flush_tlb_space_range(&from, parent.vm_start,
                              (parent.vm_end - parent.vm_start) >> PAGE_SHIFT);
    if (no_memory) return err{ENOMEM};
    return {};
}
