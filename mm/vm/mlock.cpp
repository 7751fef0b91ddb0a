// mlock and its kin: pages that are to stay in memory, and so have to be there.
//
// Locking is a flag of areas, counted in locked_vm, and then a walk that faults in what is
// missing. The flag comes first, for the whole range, under mmap_sem; the walk may sleep at
// each page, and nothing is taken back if it ends early.
#include "mm/vm/accounting.hpp"
#include "mm/vm/mm_locked.hpp"
#include "mm/vm/user_pages.hpp"
#include "mm/vm/vma_merge.hpp"

namespace {

result<vm_area_struct*> mlock_fixup(mm_struct& mm, vm_area_struct* prev, vm_area_struct& area,
                                    u32 start, u32 end, u32 lock_flags) {
    const u32 old_flags = area.vm_flags;
    const u32 new_flags = (old_flags & ~VM_LOCKED_MASK) | lock_flags;
    // Devices are in memory as it is, and are not counted.
    if (new_flags == old_flags || old_flags & VM_SPECIAL) return &area;
    const auto changed = vma_modify(mm, prev, area, start, end, new_flags);
    if (!changed) return changed;
    const u32 pages = (end - start) >> PAGE_SHIFT;
    if (!(new_flags & VM_LOCKED)) mm.locked_vm -= pages;
    else if (!(old_flags & VM_LOCKED)) mm.locked_vm += pages;
    (*changed)->vm_flags = new_flags;
    return changed;
}

// A hole ends it with ENOMEM; what lies before is locked (or not) by then.
result<> lock_range_locked(mm_struct& mm, u32 start, u32 bytes, u32 lock_flags)
    REQUIRES(mm.mmap_sem) {
    const u32 end = start + bytes;
    if (end < start) return err{EINVAL};
    if (end == start) return {};
    vm_area_struct* area = find_vma(mm, start);
    if (!area || area->vm_start > start) return err{ENOMEM};
    vm_area_struct* prev = start > area->vm_start ? area : area->vm_prev;
    for (u32 at = start;;) {
        const u32 stop = min_of(end, area->vm_end);
        const auto changed = mlock_fixup(mm, prev, *area, at, stop, lock_flags);
        if (!changed) return err{changed.error()};
        prev = *changed;
        at = max_of(stop, prev->vm_end);
        if (at >= end) return {};
        area = prev->vm_next;
        if (!area || area->vm_start != at) return err{ENOMEM};
    }
}

// Pages of the range that are locked already: to lock them again costs nothing.
u32 locked_pages(mm_struct& mm, u32 start, u32 bytes) {
    const u32 end = start + bytes < start ? ~u32{0} : start + bytes;
    u32 locked = 0;
    for (vm_area_struct* area = find_vma(mm, start); area && area->vm_start < end;
         area = area->vm_next)
        if (area->vm_flags & VM_LOCKED)
            locked += min_of(end, area->vm_end) - max_of(start, area->vm_start);
    return locked >> PAGE_SHIFT;
}

result<> check_and_lock(mm_struct& mm, u32 start, u32 bytes, u32 lock_flags) {
    const write_guard held(mm.mmap_sem);
    const u32 limit = rlimit_pages(mm, RLIMIT_MEMLOCK);
    u32 locked = (bytes >> PAGE_SHIFT) + mm.locked_vm;
    if (!mm.may_lock_without_limit) {
        if (locked > limit) locked -= locked_pages(mm, start, bytes);
        if (locked > limit) return err{ENOMEM};
    }
    return lock_range_locked(mm, start, bytes, lock_flags);
}

// What a program may touch in no way cannot be faulted in for it either.
result<> populate_part(vm_area_struct& area, u32 start, u32 end) {
    if (area.vm_flags & VM_LOCKONFAULT) return {};
    if (!(area.vm_flags & VM_ACCESS_FLAGS)) return err{EFAULT};
    // Private pages become the program's own at once; shared ones are not made dirty.
    const bool write = (area.vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE;
    return populate_range(area, start, end, write);
}

// Area by area; where one refuses a page, it is over, or goes on with the next.
enum class on_refusal : u8 { stop, go_on };

result<> populate(mm_struct& mm, u32 start, u32 bytes, on_refusal then) {
    if (bytes == 0) return {};
    const read_guard held(mm.mmap_sem);
    const u32 end = start + bytes;
    for (vm_area_struct* area = find_vma(mm, start); area && area->vm_start < end;
         area = area->vm_next) {
        if (area->vm_flags & (VM_IO | VM_PFNMAP)) continue;
        const result<> there =
            populate_part(*area, max_of(start, area->vm_start), min_of(end, area->vm_end));
        if (!there && then == on_refusal::stop) return there;
    }
    return {};
}

// POSIX has other names for why a page cannot be locked.
result<> as_posix_has_it(result<> populated) {
    if (populated.error() == EFAULT) return err{ENOMEM};
    if (populated.error() == ENOMEM) return err{EAGAIN};
    return populated;
}

void lock_all_locked(mm_struct& mm, u32 flags) REQUIRES(mm.mmap_sem) {
    const u32 lock_flags = flags & MCL_ONFAULT ? VM_LOCKED_MASK : VM_LOCKED;
    mm.def_flags &= ~VM_LOCKED_MASK;
    if (flags & MCL_FUTURE) {
        mm.def_flags |= lock_flags;
        if (!(flags & MCL_CURRENT)) return;
    }
    vm_area_struct* prev = nullptr;
    for (vm_area_struct* area = mm.mmap; area; area = prev->vm_next) {
        const auto changed = mlock_fixup(mm, prev, *area, area->vm_start, area->vm_end,
                                         flags & MCL_CURRENT ? lock_flags : 0);
        prev = changed ? *changed : area;  // one that cannot be stays as it is
    }
}

}  // namespace

result<> mm_populate(mm_struct& mm, u32 start, u32 bytes) {
    return populate(mm, start, bytes, on_refusal::stop);
}

void mm_populate_if_possible(mm_struct& mm, u32 start, u32 bytes) {
    static_cast<void>(populate(mm, start, bytes, on_refusal::go_on));
}

result<> do_mlock(mm_struct& mm, u32 address, u32 bytes, u32 flags) {
    if (flags & ~u32{MLOCK_ONFAULT}) return err{EINVAL};
    if (!can_do_mlock(mm)) return err{EPERM};
    bytes = align_up(bytes + address % PAGE_SIZE, PAGE_SIZE);
    address &= PAGE_MASK;
    const u32 lock_flags = flags & MLOCK_ONFAULT ? VM_LOCKED_MASK : VM_LOCKED;
    if (const result<> locked = check_and_lock(mm, address, bytes, lock_flags); !locked)
        return locked;
    return as_posix_has_it(mm_populate(mm, address, bytes));
}

result<> do_munlock(mm_struct& mm, u32 address, u32 bytes) {
    bytes = align_up(bytes + address % PAGE_SIZE, PAGE_SIZE);
    address &= PAGE_MASK;
    const write_guard held(mm.mmap_sem);
    return lock_range_locked(mm, address, bytes, 0);
}

result<> do_mlockall(mm_struct& mm, u32 flags) {
    if (flags == 0 || flags & ~u32{MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT} ||
        flags == MCL_ONFAULT)
        return err{EINVAL};
    if (!can_do_mlock(mm)) return err{EPERM};
    {
        const write_guard held(mm.mmap_sem);
        if (flags & MCL_CURRENT && !mm.may_lock_without_limit &&
            mm.total_vm > rlimit_pages(mm, RLIMIT_MEMLOCK))
            return err{ENOMEM};
        lock_all_locked(mm, flags);
    }
    if (flags & MCL_CURRENT) mm_populate_if_possible(mm, 0, TASK_SIZE);
    return {};
}

result<> do_munlockall(mm_struct& mm) {
    const write_guard held(mm.mmap_sem);
    lock_all_locked(mm, 0);
    return {};
}
