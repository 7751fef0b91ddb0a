// What the calls of mm.hpp need of each other, with mmap_sem held for writing.
#pragma once

#include "mm/vm/vma_tree.hpp"

// Programs get no page below this: a null pointer, and what is near it, faults.
inline constexpr u32 mmap_min_addr = 0x10000;
// Where bottom-up searches begin.
inline constexpr u32 TASK_UNMAPPED_BASE = align_up(TASK_SIZE / 3, PAGE_SIZE);

// get_unmapped_area(), which also says what lies around the place that it found; not with
// MAP_FIXED, for there it has not looked.
result<vma_hole> find_room(mm_struct& mm, u32 hint, u32 bytes, u32 flags);

// An area of [start, start + bytes), where nothing is mapped; limits have been looked at.
// ENOMEM, or what the file says: nothing has changed. `prepared`: the area, if it has been
// made already; it is used or given back.
result<u32> map_hole_locked(mm_struct& mm, file* file, u32 start, u32 bytes, u32 vm_flags,
                            u32 pgoff, const vma_neighbours& around,
                            vm_area_struct* prepared = nullptr) REQUIRES(mm.mmap_sem);

result<> do_munmap_locked(mm_struct& mm, u32 address, u32 bytes) REQUIRES(mm.mmap_sem);
// The same for a range of which `first` is known to be the first area that has some.
// ENOMEM where it would cut one in two: nothing has changed. Else it cannot fail.
result<> unmap_areas_locked(mm_struct& mm, vm_area_struct& first, u32 start, u32 end)
    REQUIRES(mm.mmap_sem);
// Of a space that ends.
void unmap_all_areas_locked(mm_struct& mm) REQUIRES(mm.mmap_sem);

// Faults in what is mapped of the range, as mlock() and MAP_POPULATE want it. mmap_sem is
// taken inside. EFAULT or ENOMEM for the first area that refuses.
result<> mm_populate(mm_struct& mm, u32 start, u32 bytes) EXCLUDES(mm.mmap_sem);
// The same, where nobody asked for an answer: what refuses is left out.
void mm_populate_if_possible(mm_struct& mm, u32 start, u32 bytes) EXCLUDES(mm.mmap_sem);
