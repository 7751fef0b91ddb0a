// munmap: nothing is mapped there any more, whether something was or not.
//
//           start                  end
//     |  first  :    |  |  areas  |  :  last   |
//     becomes shorter      go        becomes shorter
//
// Only a range that lies within one area takes memory: what is left are two. So that one
// is cut first, above the range. From then on nothing can fail: page tables are emptied
// while the areas still stand, then these are trimmed or go.
#include "mm/vm/accounting.hpp"
#include "mm/vm/mm_locked.hpp"
#include "mm/vm/user_pages.hpp"
#include "mm/vm/vma_merge.hpp"

namespace {

// How far page tables may go: as far as no other area is.
u32 floor_of(const vm_area_struct& first, u32 start) {
    if (first.vm_start < start) return start;
    return first.vm_prev ? first.vm_prev->vm_end : 0;
}
u32 ceiling_of(vm_area_struct& first, u32 end) {
    vm_area_struct* last = &first;
    while (last->vm_end < end && last->vm_next && last->vm_next->vm_start < end)
        last = last->vm_next;
    if (last->vm_end > end) return end;
    return last->vm_next ? last->vm_next->vm_start : TASK_SIZE;
}

void count_lost_pages(mm_struct& mm, const vm_area_struct& area, u32 pages) {
    vm_stat_account(mm, area.vm_flags, 0 - pages);
    if (area.vm_flags & VM_LOCKED) mm.locked_vm -= pages;
    if (area.vm_flags & VM_ACCOUNT) vm_unacct_memory(pages);
}

void trim(mm_struct& mm, vm_area_struct& area, u32 start, u32 end) {
    count_lost_pages(mm, area, area.pages() - ((end - start) >> PAGE_SHIFT));
    const bool done = vma_adjust(mm, area, start, end);
    kassert(done, "{:#x}-{:#x} cannot become shorter", area.vm_start, area.vm_end);
}

}  // namespace

result<> unmap_areas_locked(mm_struct& mm, vm_area_struct& first, u32 start, u32 end) {
    if (first.vm_start < start && end < first.vm_end)
        if (const auto rest = split_vma(mm, first, end, new_half::above); !rest)
            return err{rest.error()};
    update_hiwater_vm(mm);
    unmap_region(mm, &first, start, end, floor_of(first, start), ceiling_of(first, end));

    vm_area_struct* area = &first;
    if (area->vm_start < start) {
        vm_area_struct* const next = area->vm_next;
        trim(mm, *area, area->vm_start, start);
        area = next;
    }
    while (area && area->vm_end <= end) {
        vm_area_struct* const next = area->vm_next;
        count_lost_pages(mm, *area, area->pages());
        vma_remove(mm, *area);
        area = next;
    }
    if (area && area->vm_start < end) trim(mm, *area, end, area->vm_end);
    return {};
}

void unmap_all_areas_locked(mm_struct& mm) {
    unmap_region(mm, mm.mmap, 0, TASK_SIZE, 0, TASK_SIZE);
    for (vm_area_struct* area = mm.mmap; area; area = area->vm_next)
        count_lost_pages(mm, *area, area->pages());
    vma_remove_all(mm);
}

result<> do_munmap_locked(mm_struct& mm, u32 address, u32 bytes) {
    if (!is_aligned(address, PAGE_SIZE) || address > TASK_SIZE || bytes > TASK_SIZE - address)
        return err{EINVAL};
    const u32 end = address + align_up(bytes, PAGE_SIZE);
    if (end == address) return err{EINVAL};
    vm_area_struct* const first = find_vma_intersection(mm, address, end);
    if (!first) return {};
    return unmap_areas_locked(mm, *first, address, end);
}

result<> do_munmap(mm_struct& mm, u32 address, u32 bytes) {
    const write_guard held(mm.mmap_sem);
    return do_munmap_locked(mm, address, bytes);
}
