// mprotect: other rights for a range, area by area.
//
// A hole ends it with ENOMEM, an area that may not with EACCES, and what lies before stays
// changed: so Linux does it, and so do programs expect it.
#include "mm/vm/accounting.hpp"
#include "mm/vm/mm_locked.hpp"
#include "mm/vm/user_pages.hpp"
#include "mm/vm/vma_merge.hpp"

namespace {

// What the new rights cost: an area that turns into data counts as such, and its pages are
// promised from now on. (They stay promised when it loses the right to write: pages of its
// own it may have.)
result<u32> flags_paid_for(mm_struct& mm, u32 old_flags, u32 new_flags, u32 pages) {
    if (!(new_flags & VM_WRITE)) return new_flags;
    if (!may_expand_vm(mm, new_flags, pages) && may_expand_vm(mm, old_flags, pages))
        return err{ENOMEM};
    if (old_flags & (VM_ACCOUNT | VM_WRITE | VM_SHARED | VM_NORESERVE)) return new_flags;
    if (!vm_enough_memory(mm, pages)) return err{ENOMEM};
    return new_flags | VM_ACCOUNT;
}

// [start, end) of the area; answers the area that it is afterwards.
result<vm_area_struct*> mprotect_fixup(mm_struct& mm, vm_area_struct* prev,
                                       vm_area_struct& area, u32 start, u32 end,
                                       u32 wanted_flags) {
    const u32 old_flags = area.vm_flags;
    if (wanted_flags == old_flags) return &area;
    const u32 pages = (end - start) >> PAGE_SHIFT;
    const result<u32> paid = flags_paid_for(mm, old_flags, wanted_flags, pages);
    if (!paid) return err{paid.error()};
    const u32 new_flags = *paid;
    const auto changed = vma_modify(mm, prev, area, start, end, new_flags);
    if (!changed) {
        if (new_flags != wanted_flags) vm_unacct_memory(pages);
        return changed;
    }
    vm_area_struct& is_now = **changed;
    is_now.vm_flags = new_flags;
    is_now.vm_page_prot = vm_get_page_prot(new_flags);
    change_protection(is_now, start, end);
    // A locked page that may be written is to be there for that, too.
    if ((old_flags & (VM_WRITE | VM_SHARED | VM_LOCKED)) == VM_LOCKED && new_flags & VM_WRITE &&
        !(new_flags & VM_LOCKONFAULT))
        static_cast<void>(populate_range(is_now, start, end, true));
    vm_stat_account(mm, old_flags, 0 - pages);
    vm_stat_account(mm, new_flags, pages);
    return changed;
}

// PROT_GROWSDOWN: from the beginning of the stack that the range begins in.
result<> check_beginning(const vm_area_struct* area, u32 grows, u32& start, u32 end) {
    if (!area) return err{ENOMEM};
    if (grows & PROT_GROWSDOWN) {
        if (area->vm_start >= end) return err{ENOMEM};
        start = area->vm_start;
        if (!(area->vm_flags & VM_GROWSDOWN)) return err{EINVAL};
        return {};
    }
    if (area->vm_start > start) return err{ENOMEM};
    if (grows & PROT_GROWSUP) return err{EINVAL};  // nothing does
    return {};
}

result<> mprotect_locked(mm_struct& mm, u32 start, u32 end, u32 prot, u32 grows)
    REQUIRES(mm.mmap_sem) {
    vm_area_struct* area = find_vma(mm, start);
    if (const result<> checked = check_beginning(area, grows, start, end); !checked)
        return checked;
    vm_area_struct* prev = start > area->vm_start ? area : area->vm_prev;
    for (u32 at = start;;) {
        const u32 new_flags = (prot & VM_ACCESS_FLAGS) | (area->vm_flags & ~VM_ACCESS_FLAGS);
        // The MAY flags are four bits above those that they allow.
        if (new_flags & ~(new_flags >> 4) & VM_ACCESS_FLAGS) return err{EACCES};
        const u32 stop = min_of(end, area->vm_end);
        const auto changed = mprotect_fixup(mm, prev, *area, at, stop, new_flags);
        if (!changed) return err{changed.error()};
        prev = *changed;
        at = max_of(stop, prev->vm_end);
        if (at >= end) return {};
        area = prev->vm_next;
        if (!area || area->vm_start != at) return err{ENOMEM};
    }
}

}  // namespace

result<> do_mprotect(mm_struct& mm, u32 address, u32 bytes, u32 prot) {
    const u32 grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);
    prot &= ~grows;
    if (grows == (PROT_GROWSDOWN | PROT_GROWSUP)) return err{EINVAL};
    if (!is_aligned(address, PAGE_SIZE)) return err{EINVAL};
    if (bytes == 0) return {};
    const u32 end = address + align_up(bytes, PAGE_SIZE);
    if (end <= address) return err{ENOMEM};
    if (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM)) return err{EINVAL};
    const write_guard held(mm.mmap_sem);
    return mprotect_locked(mm, address, end, prot, grows);
}
