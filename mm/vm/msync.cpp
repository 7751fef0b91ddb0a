// msync: what was written to shared mappings is to be in the file. In files in memory it
// is at once: the pages are the file. What is left are the answers.
#include "mm/vm/vma_tree.hpp"

namespace {

// Holes are passed over and told at the end; with MS_ASYNC alone at once, for nothing would
// be left to do.
result<> walk_range(mm_struct& mm, u32 start, u32 end, u32 flags) {
    bool met_hole = false;
    for (vm_area_struct* area = find_vma(mm, start);; area = area->vm_next) {
        if (!area) return err{ENOMEM};
        if (start < area->vm_start) {
            if (flags == MS_ASYNC || area->vm_start >= end) return err{ENOMEM};
            met_hole = true;
        }
        if (flags & MS_INVALIDATE && area->vm_flags & VM_LOCKED) return err{EBUSY};
        start = area->vm_end;
        if (start >= end) break;
    }
    if (met_hole) return err{ENOMEM};
    return {};
}

}  // namespace

result<> do_msync(mm_struct& mm, u32 address, u32 bytes, u32 flags) {
    if (flags & ~u32{MS_ASYNC | MS_INVALIDATE | MS_SYNC}) return err{EINVAL};
    if (!is_aligned(address, PAGE_SIZE)) return err{EINVAL};
    if (flags & MS_ASYNC && flags & MS_SYNC) return err{EINVAL};
    const u32 end = address + align_up(bytes, PAGE_SIZE);
    if (end < address) return err{ENOMEM};
    if (end == address) return {};
    const read_guard held(mm.mmap_sem);
    return walk_range(mm, address, end, flags);
}
