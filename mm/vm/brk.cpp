// brk: the end of the heap, to the byte; what is behind it goes by pages.
//
//     start_brk                brk           next area
//     |   heap, an area       | : |   hole   |
//                                ^ page that brk lies in
#include "mm/vm/accounting.hpp"
#include "mm/vm/mm_locked.hpp"
#include "mm/vm/user_pages.hpp"
#include "mm/vm/vma_merge.hpp"

namespace {

// RLIMIT_DATA counts the data segment and the heap together.
bool is_within_data_limit(const mm_struct& mm, u32 brk) {
    const u32 limit = mm.rlimits[RLIMIT_DATA];
    return limit == RLIM_INFINITY ||
           (brk - mm.start_brk) + (mm.end_data - mm.start_data) <= limit;
}

result<> shrink_locked(mm_struct& mm, u32 new_end, u32 old_end) REQUIRES(mm.mmap_sem) {
    vm_area_struct* const area = find_vma_intersection(mm, new_end, old_end);
    if (!area) return err{EINVAL};
    return unmap_areas_locked(mm, *area, new_end, old_end);
}

// Only the area that reaches beyond start_brk is asked to grow: what ends before it, the
// program's data, stays an area by itself.
bool is_heap(const mm_struct& mm, const vm_area_struct* area, u32 end, u32 vm_flags) {
    return area && area->vm_end == end && end > mm.start_brk &&
           can_vma_merge_after(*area, {vm_flags, nullptr, nullptr}, end >> PAGE_SHIFT);
}

bool make_heap(mm_struct& mm, u32 start, u32 end, u32 vm_flags, vm_area_struct* prev) {
    vm_area_struct* const heap = vm_area_alloc(mm);
    if (!heap) return false;
    heap->vm_start = start;
    heap->vm_end = end;
    heap->vm_pgoff = start >> PAGE_SHIFT;
    heap->vm_flags = vm_flags;
    heap->vm_page_prot = vm_get_page_prot(vm_flags);
    vma_link(mm, *heap, prev);
    return true;
}

result<> grow_locked(mm_struct& mm, u32 old_end, u32 new_end) REQUIRES(mm.mmap_sem) {
    const u32 bytes = new_end - old_end;
    if (const auto room = find_room(mm, old_end, bytes, MAP_FIXED); !room)
        return err{room.error()};
    if (!may_lock_more(mm, mm.def_flags, bytes)) return err{EAGAIN};
    const vma_neighbours around = find_vma_neighbours(mm, old_end);
    // A page stays free behind the heap, and the guard gap of a stack.
    if (around.next && new_end + PAGE_SIZE > vm_start_gap(*around.next)) return err{ENOMEM};

    const u32 pages = bytes >> PAGE_SHIFT;
    const u32 vm_flags = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC |
                         VM_ACCOUNT | mm.def_flags;
    if (!may_expand_vm(mm, vm_flags, pages)) return err{ENOMEM};
    if (mm.map_count > sysctl_max_map_count) return err{ENOMEM};
    if (!vm_enough_memory(mm, pages)) return err{ENOMEM};
    const bool done = is_heap(mm, around.prev, old_end, vm_flags)
                          ? vma_adjust(mm, *around.prev, around.prev->vm_start, new_end)
                          : make_heap(mm, old_end, new_end, vm_flags, around.prev);
    if (!done) {
        vm_unacct_memory(pages);
        return err{ENOMEM};
    }
    vm_stat_account(mm, vm_flags, pages);
    if (vm_flags & VM_LOCKED) mm.locked_vm += pages;
    return {};
}

bool set_brk_locked(mm_struct& mm, u32 brk) REQUIRES(mm.mmap_sem) {
    if (brk < mm.start_brk || !is_within_data_limit(mm, brk)) return false;
    const u32 new_end = align_up(brk, PAGE_SIZE);
    const u32 old_end = align_up(mm.brk, PAGE_SIZE);
    if (new_end != old_end) {
        const result<> moved = brk <= mm.brk ? shrink_locked(mm, new_end, old_end)
                                             : grow_locked(mm, old_end, new_end);
        if (!moved) return false;
    }
    mm.brk = brk;
    return true;
}

}  // namespace

u32 do_brk(mm_struct& mm, u32 address) {
    u32 before, now;
    bool locks;
    {
        const write_guard held(mm.mmap_sem);
        before = mm.brk;
        set_brk_locked(mm, address);
        now = mm.brk;
        locks = mm.def_flags & VM_LOCKED;
    }
    const u32 old_end = align_up(before, PAGE_SIZE), new_end = align_up(now, PAGE_SIZE);
    if (locks && new_end > old_end) mm_populate_if_possible(mm, old_end, new_end - old_end);
    return now;
}
