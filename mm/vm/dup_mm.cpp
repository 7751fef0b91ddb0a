// fork's part of memory: a second space with the same areas.
//
//     parent   area -> area -> DONTCOPY -> WIPEONFORK -> area
//                |       |                     |           |
//     child    area -> area ---------------> empty ----> area      locked: none of them
//
// Area by area, and its pages with it (copy_page_range): on the way out of memory, what the
// child has by then is a smaller space, and is taken apart like any other.
#include "mm/cache/anon_vma.hpp"
#include "mm/cache/file.hpp"
#include "mm/vm/accounting.hpp"
#include "mm/vm/user_pages.hpp"
#include "mm/vm/vma_merge.hpp"

namespace {

// Where things lie, and what it may. What is counted begins at nothing.
void copy_layout(mm_struct& child, const mm_struct& parent) {
    child.start_code = parent.start_code;
    child.end_code = parent.end_code;
    child.start_data = parent.start_data;
    child.end_data = parent.end_data;
    child.start_brk = parent.start_brk;
    child.brk = parent.brk;
    child.start_stack = parent.start_stack;
    child.arg_start = parent.arg_start;
    child.arg_end = parent.arg_end;
    child.env_start = parent.env_start;
    child.env_end = parent.env_end;
    child.mmap_base = parent.mmap_base;
    child.mmap_legacy_base = parent.mmap_legacy_base;
    for (u32 kind = 0; kind < rlimit_kinds; ++kind) child.rlimits[kind] = parent.rlimits[kind];
    child.may_lock_without_limit = parent.may_lock_without_limit;
}

// A copy for the child, in no list yet.
vm_area_struct* dup_area(mm_struct& child, vm_area_struct& from) {
    vm_area_struct* const area = vm_area_dup(from);
    if (!area) return nullptr;
    area->vm_mm = &child;
    area->vm_flags &= ~VM_LOCKED_MASK;
    if (from.vm_flags & VM_WIPEONFORK) {
        area->anon_vma = nullptr;
    } else if (!anon_vma_fork(*area, from)) {
        vm_area_free(area);
        return nullptr;
    }
    if (area->vm_file) get_file(area->vm_file);
    vma_link_file(*area);
    return area;
}

result<> copy_area(mm_struct& child, vm_area_struct& from, vm_area_struct*& last) {
    const u32 pages = from.pages();
    const u32 promised = from.vm_flags & VM_ACCOUNT ? pages : 0;
    if (promised && !vm_enough_memory(*from.vm_mm, promised)) return err{ENOMEM};
    vm_area_struct* const area = dup_area(child, from);
    if (!area) {
        vm_unacct_memory(promised);
        return err{ENOMEM};
    }
    vma_link(child, *area, last);
    last = area;
    vm_stat_account(child, area->vm_flags, pages);
    if (area->vm_ops && area->vm_ops->open) area->vm_ops->open(*area);
    if (area->vm_flags & VM_WIPEONFORK) return {};
    return copy_page_range(*area, from);
}

result<> copy_areas(mm_struct& child, mm_struct& parent) {
    const write_guard parent_held(parent.mmap_sem);
    copy_layout(child, parent);
    vm_area_struct* last = nullptr;
    for (vm_area_struct* from = parent.mmap; from; from = from->vm_next) {
        if (from->vm_flags & VM_DONTCOPY) continue;
        if (const result<> copied = copy_area(child, *from, last); !copied) return copied;
    }
    return {};
}

}  // namespace

result<mm_struct*> dup_mm(mm_struct& parent) {
    mm_struct* const child = mm_alloc();
    if (!child) return err{ENOMEM};
    if (const result<> copied = copy_areas(*child, parent); !copied) {
        mmput(*child);
        return err{copied.error()};
    }
    return child;
}
