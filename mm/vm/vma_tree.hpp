// The areas of a space in their order: a list to walk, a tree to search (I1 and I2 of
// mm_types.hpp), and the cache of those that were found last.
//
//     0    hole 5   |aa|  2  |bbb|cc|     hole 9      |dd|            TASK_SIZE
//
//           b  9         Each area knows the hole before it, and rb_subtree_gap the largest
//         /     \        of its subtree. mmap wants the highest hole that will do: to the
//       a 5      d 9     right where the number says that there is one, else this area's
//               /        own, else to the left. No step is taken in vain but along the
//             c 0        edge of what is allowed, so 10,000 areas cost the height of a tree.
//
// A stack that may grow keeps a guard gap below it free of others. The gap counts as part
// of the stack here, so no hole that a search finds reaches into it.
//
// An area whose neighbours are known is put into the tree without a search: one of the two
// has a free link on that side.
//
// The tree is changed in one place at a time. A hole belongs to the area behind it, and
// what is behind all areas to the space; so whoever moves an end says so (vma_end_changed)
// before anything else turns a part of the tree round. Who comes or goes leaves the next
// area another hole: both are put right in one walk up the tree.
//
// mmap_sem is held: for writing by what changes something.
#pragma once

#include "mm/vm/mm.hpp"

// Where the area begins for others: its guard gap included.
inline u32 vm_start_gap(const vm_area_struct& area) {
    if (!(area.vm_flags & VM_GROWSDOWN)) return area.vm_start;
    return area.vm_start > stack_guard_gap ? area.vm_start - stack_guard_gap : 0;
}

// An address and the areas at it: `next` is the first that ends behind it, or null, and
// `prev` the one before that.
struct vma_neighbours {
    vm_area_struct* prev = nullptr;
    vm_area_struct* next = nullptr;
};
vma_neighbours find_vma_neighbours(mm_struct& mm, u32 address);

// Into list and tree, behind `prev` (null: as the first).
void vma_link(mm_struct& mm, vm_area_struct& area, vm_area_struct* prev);
void vma_unlink(mm_struct& mm, vm_area_struct& area);

// The area begins elsewhere.
inline void vma_start_changed(vm_area_struct& area) { vma_tree::updated(area); }
// It ends elsewhere.
inline void vma_end_changed(mm_struct& mm, vm_area_struct& area) {
    if (area.vm_next) vma_tree::updated(*area.vm_next);
    else mm.highest_vm_end = area.vm_end;
}

// The highest, or the lowest, hole of so many bytes in [low, high). Nothing: there is none.
struct vma_hole {
    u32 start;
    vma_neighbours around;
};
std::optional<vma_hole> highest_hole(mm_struct& mm, u32 bytes, u32 low, u32 high);
std::optional<vma_hole> lowest_hole(mm_struct& mm, u32 bytes, u32 low, u32 high);

// ---- the areas found last ------------------------------------------------------------------
// An entry is good while no area has been taken out since it was made; an area that was
// made shorter is seen by its bounds.
inline vm_area_struct* vmacache_find(mm_struct& mm, u32 address) {
    if (__atomic_load_n(&mm.cache.seqnum, __ATOMIC_ACQUIRE) != mm.vmacache_seqnum)
        return nullptr;
    vm_area_struct* const area = __atomic_load_n(
        &mm.cache.vmas[(address >> PAGE_SHIFT) % vmacache::size], __ATOMIC_RELAXED);
    return area && area->vm_start <= address && address < area->vm_end ? area : nullptr;
}
void vmacache_update(mm_struct& mm, u32 address, vm_area_struct* area);
inline void vmacache_invalidate(mm_struct& mm) { ++mm.vmacache_seqnum; }
