// mincore: which pages of a range would not have to be read from anywhere.
#include "mm/vm/user_pages.hpp"
#include "mm/vm/vma_tree.hpp"

// A hole ends it with ENOMEM; what lies before has been visited.
result<> do_mincore(mm_struct& mm, u32 address, u32 bytes, mincore_visitor visit,
                    void* context) {
    if (!is_aligned(address, PAGE_SIZE)) return err{EINVAL};
    if (bytes > TASK_SIZE || address > TASK_SIZE - bytes) return err{ENOMEM};
    const u32 pages = align_up(bytes, PAGE_SIZE) >> PAGE_SHIFT;
    const read_guard held(mm.mmap_sem);
    for (u32 index = 0; index < pages;) {
        vm_area_struct* const area = find_vma(mm, address);
        if (!area || area->vm_start > address) return err{ENOMEM};
        for (; index < pages && address < area->vm_end; ++index, address += PAGE_SIZE)
            visit(context, index, is_in_core(*area, address));
    }
    return {};
}
