// Taking pages out of page tables, and page tables out of the space.
#include "mm/cache/address_space.hpp"
#include "mm/vm/user_gather.hpp"
#include "mm/vm/user_pages.hpp"

namespace {

using F = kernel_format;

bool shows_a_private_copy(pte_entry entry) {
    const page* const page = F::has_frame(entry) ? vm_normal_page(entry) : nullptr;
    return page && PageAnon(*page);
}

// The entries of one table, as far as there is room for their pages. Where it stopped.
u32 zap_some(user_gather& gone, pmd_t pmd, u32 start, u32 end, private_copies copies) {
    const locked_table table(gone.mm(), pmd, start);
    pte_t* const entries = table.first();
    const pte_t* const stop = entries + ((end - start) >> PAGE_SHIFT);
    const auto address_of = [&](const pte_t* pte) {
        return start + static_cast<u32>(pte - entries) * PAGE_SIZE;
    };
    const pte_t *first = nullptr, *last = nullptr;  // of those that go
    pte_t* pte = entries;
    for (; (pte = skip_none(pte, stop)) != stop; ++pte) {
        if (copies == private_copies::stay && shows_a_private_copy(read_entry(*pte))) continue;
        if (gone.is_full()) break;
        const pte_entry before = F::exchange(pte->raw, 0);
        kassert(F::has_frame(before), "a swapped page at {:#x}, and no swap", address_of(pte));
        gone.remove(before);
        if (!first) first = pte;
        last = pte;
    }
    if (first) gone.touch(address_of(first), address_of(last + 1));
    return address_of(pte);
}

// What is full is flushed and freed when the lock is free again.
void zap_range(user_gather& gone, u32 start, u32 end,
               private_copies copies = private_copies::go) {
    for_each_table(gone.mm(), start, end, [&](pmd_t* pmd, u32 at, u32 stop) {
        while ((at = zap_some(gone, *pmd, at, stop, copies)) < stop) gone.finish();
    });
}

// [start, end) made larger to whole spans, as far as floor and ceiling allow; what then
// still is in part of a span has neighbours that need the table.
range<u32> whole_spans(u32 start, u32 end, u32 floor, u32 ceiling, u32 span) {
    u32 from = align_down(start, span);
    if (from < floor) from += span;
    // A span that ends with all addresses would end at 0.
    const u32 last = align_down(end - 1, span);
    const u32 to = ceiling - last >= span ? last + span : last;
    return {from, to};
}

template <unsigned Level>
void take_out(user_gather& gone, table_entry<F, Level>& slot) {
    pte_entry before;
    {
        const lock_guard held(gone.mm().page_table_lock);
        before = F::exchange(slot.raw, 0);
    }
    gone.remove_table(F::address(before, Level), Level - 1);
}

void free_pgtables(user_gather& gone, u32 start, u32 end, u32 floor, u32 ceiling) {
    const range<u32> tables = whole_spans(start, end, floor, ceiling, PMD_SIZE);
    for_each_table(gone.mm(), tables.start, tables.end,
                   [&](pmd_t* pmd, u32, u32) { take_out(gone, *pmd); });
    if constexpr (!user_page_table::pmd_folded) {
        constexpr u32 span = 1u << PGDIR_SHIFT;
        const range<u32> directories = whole_spans(start, end, floor, ceiling, span);
        for (u32 at = directories.start; at < directories.end; at += span) {
            pgd_t* const pgd = tables_of(gone.mm()).pgd_offset(at);
            if (!pgd->none()) take_out(gone, *pgd);
        }
    }
}

// Areas one behind the other with no whole table between them; next: the one after these that
// begins before `end`, too.
struct neighbours {
    const vm_area_struct* last;
    const vm_area_struct* next;
};
neighbours those_near(const vm_area_struct& area, u32 end) {
    const vm_area_struct* last = &area;
    for (;;) {
        const vm_area_struct* const next = last->vm_next;
        if (!next || next->vm_start >= end) return {last, nullptr};
        if (next->vm_start - last->vm_end > PMD_SIZE) return {last, next};
        last = next;
    }
}

}  // namespace

void unmap_region(mm_struct& mm, vm_area_struct* first, u32 start, u32 end, u32 floor,
                  u32 ceiling) {
    if (start >= end) return;
    user_gather gone(mm);
    for (vm_area_struct* area = first; area && area->vm_start < end; area = area->vm_next)
        zap_range(gone, max_of(start, area->vm_start), min_of(end, area->vm_end));
    // Tables are where areas are: the wide holes between them are not looked at. What areas
    // share with those behind them goes with these.
    for (const vm_area_struct* area = first; area && area->vm_start < end;) {
        const u32 from = max_of(start, area->vm_start);
        const neighbours near = those_near(*area, end);
        const u32 limit = near.next ? near.next->vm_start : min_of(ceiling, TASK_SIZE);
        free_pgtables(gone, from, min_of(end, near.last->vm_end), floor, limit);
        area = near.next;
    }
}

void zap_page_range(vm_area_struct& area, u32 start, u32 end) {
    user_gather gone(*area.vm_mm);
    zap_range(gone, start, end);
}

void unmap_mapping_range(address_space& mapping, u32 first_index, u32 pages,
                         private_copies copies) {
    const u32 last = pages == 0 || first_index + pages - 1 < first_index
                         ? ~u32{0} : first_index + pages - 1;
    for_each_area(mapping, first_index, last, [&](rmap_area& found) {
        auto& area = static_cast<vm_area_struct&>(found);
        const u32 from = max_of(first_index, area.vm_pgoff);
        const u32 to = min_of(last, vma_last_pgoff(area));
        user_gather gone(*area.vm_mm);
        zap_range(gone, vma_address(area, from), vma_address(area, to) + PAGE_SIZE, copies);
    });
}
