// Which areas may be one. How they become one is vma_adjust's (vma_adjust.cpp).
#include "mm/vm/vma_merge.hpp"

namespace {

// `one`: the area whose anon_vma is `theirs`, if it will have to speak for both; null, when
// both are areas, and the one that grows takes over the other's chain.
bool anon_vmas_agree(struct anon_vma* ours, struct anon_vma* theirs, const vm_area_struct* one) {
    if ((!ours || !theirs) && (!one || one->anon_vma_chain.is_singular())) return true;
    return ours == theirs;
}

bool kinds_agree(const vm_area_struct& area, const vma_kind& kind) {
    return area.vm_flags == kind.vm_flags && area.vm_file == kind.vm_file &&
           !(area.vm_ops && area.vm_ops->close) &&
           anon_vmas_agree(kind.anon_vma, area.anon_vma, &area);
}

}  // namespace

bool can_vma_merge_before(const vm_area_struct& area, const vma_kind& kind, u32 end_pgoff) {
    return area.vm_pgoff == end_pgoff && kinds_agree(area, kind);
}

bool can_vma_merge_after(const vm_area_struct& area, const vma_kind& kind, u32 pgoff) {
    return area.vm_pgoff + area.pages() == pgoff && kinds_agree(area, kind);
}

vm_area_struct* vma_merge(mm_struct& mm, vm_area_struct* prev, u32 start, u32 end,
                          const vma_kind& kind, u32 pgoff) {
    if (kind.vm_flags & VM_SPECIAL) return nullptr;
    vm_area_struct* const middle = prev ? prev->vm_next : mm.mmap;
    vm_area_struct* next = middle;
    if (next && next->vm_end == end) next = next->vm_next;  // cases 6, 7, 8

    const u32 end_pgoff = pgoff + ((end - start) >> PAGE_SHIFT);
    const bool with_prev =
        prev && prev->vm_end == start && can_vma_merge_after(*prev, kind, pgoff);
    const bool with_next =
        next && next->vm_start == end && can_vma_merge_before(*next, kind, end_pgoff);

    if (with_prev) {
        const bool both =
            with_next && anon_vmas_agree(prev->anon_vma, next->anon_vma, nullptr);
        const u32 new_end = both ? next->vm_end : end;  // cases 1, 6; 2, 5, 7
        return vma_adjust(mm, *prev, prev->vm_start, new_end) ? prev : nullptr;
    }
    if (with_next)  // cases 3, 4, 8
        return vma_adjust(mm, *next, start, next->vm_end) ? next : nullptr;
    return nullptr;
}

vm_area_struct* vma_expand(mm_struct& mm, const vma_neighbours& around, u32 start, u32 end,
                           const vma_kind& kind, u32 pgoff) {
    if (kind.vm_flags & VM_SPECIAL) return nullptr;
    vm_area_struct* const prev = around.prev;
    vm_area_struct* const next = around.next;
    vm_area_struct* grows = nullptr;
    u32 from = start, to = end;
    if (next && next->vm_start == end &&
        can_vma_merge_before(*next, kind, pgoff + ((end - start) >> PAGE_SHIFT))) {
        grows = next;
        to = next->vm_end;
    }
    if (prev && prev->vm_end == start) {
        vma_kind joined = kind;
        if (grows) joined.anon_vma = grows->anon_vma;
        if (can_vma_merge_after(*prev, joined, pgoff)) {
            grows = prev;
            from = prev->vm_start;
        }
    }
    return grows && vma_adjust(mm, *grows, from, to) ? grows : nullptr;
}

result<> cut_out(mm_struct& mm, vm_area_struct& area, u32 start, u32 end) {
    const u32 whole_start = area.vm_start;
    if (start > whole_start)
        if (const auto below = split_vma(mm, area, start, new_half::below); !below)
            return err{below.error()};
    if (end < area.vm_end)
        if (const auto above = split_vma(mm, area, end, new_half::above); !above) {
            rejoin(mm, area, whole_start, area.vm_end);
            return err{above.error()};
        }
    return {};
}

void rejoin(mm_struct& mm, vm_area_struct& area, u32 start, u32 end) {
    const bool joined = vma_adjust(mm, area, start, end);
    kassert(joined, "parts of one area do not have one anon_vma: {:#x}-{:#x}", start, end);
}

result<vm_area_struct*> vma_modify(mm_struct& mm, vm_area_struct* prev, vm_area_struct& area,
                                   u32 start, u32 end, u32 new_flags) {
    const vma_kind kind{new_flags, area.anon_vma, area.vm_file};
    const u32 pgoff = linear_page_index(area, start);
    if (vm_area_struct* const merged = vma_merge(mm, prev, start, end, kind, pgoff))
        return merged;
    if (const result<> cut = cut_out(mm, area, start, end); !cut) return err{cut.error()};
    return &area;
}
