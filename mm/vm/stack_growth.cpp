// A stack grows down to where it is touched.
//
//     | prev |   stack_guard_gap   |  <-- page by page, or many at once --  | stack |
//
// The gap stays: else a stack that has become too large would go on in somebody else's
// memory, and nobody would notice. A neighbour that is itself a stack, or may not be
// touched in any way, is a guard by itself.
//
// Faults come here with mmap_sem held for reading, so two may come at once. What they
// change is guarded by page_table_lock: the start, what is counted, and the hole before the
// area. Who looks for holes holds mmap_sem for writing and meets nobody here.
#include "mm/cache/anon_vma.hpp"
#include "mm/cache/rmap.hpp"
#include "mm/vm/accounting.hpp"
#include "mm/vm/mm_locked.hpp"

namespace {

bool keeps_guard_gap(const vm_area_struct& area, u32 address) {
    const vm_area_struct* const prev = area.vm_prev;
    return !prev || prev->vm_flags & VM_GROWSDOWN || !(prev->vm_flags & VM_ACCESS_FLAGS) ||
           address - prev->vm_end >= stack_guard_gap;
}

bool is_within_limits(const mm_struct& mm, const vm_area_struct& area, u32 address) {
    const u32 more = area.vm_start - address;
    return may_expand_vm(mm, area.vm_flags, more >> PAGE_SHIFT) &&
           area.vm_end - address <= mm.rlimits[RLIMIT_STACK] &&
           may_lock_more(mm, area.vm_flags, more);
}

// Nothing, if another fault was quicker.
bool grow_locked(mm_struct& mm, vm_area_struct& area, u32 address) {
    if (address >= area.vm_start) return true;
    const u32 pages = (area.vm_start - address) >> PAGE_SHIFT;
    if (pages > area.vm_pgoff || !is_within_limits(mm, area, address)) return false;
    if (area.vm_flags & VM_ACCOUNT && !vm_enough_memory(mm, pages)) return false;
    vm_stat_account(mm, area.vm_flags, pages);
    if (area.vm_flags & VM_LOCKED) mm.locked_vm += pages;
    area.vm_start = address;
    area.vm_pgoff -= pages;
    vma_start_changed(area);
    return true;
}

}  // namespace

result<> expand_stack(vm_area_struct& area, u32 address) {
    if (!(area.vm_flags & VM_GROWSDOWN)) return err{EFAULT};
    address &= PAGE_MASK;
    if (address < mmap_min_addr) return err{EPERM};
    if (!keeps_guard_gap(area, address)) return err{ENOMEM};
    // Only stacks of no file grow. With an anon_vma there is a lock, and whoever looks for
    // a page of the stack finds it at its place before or after.
    if (const result<> prepared = anon_vma_prepare(area, nullptr); !prepared) return prepared;
    mm_struct& mm = *area.vm_mm;
    const area_update moving(nullptr, area);
    const lock_guard held(mm.page_table_lock);
    if (!grow_locked(mm, area, address)) return err{ENOMEM};
    return {};
}
