// The calls of an address space, as the floors above use them: Linux's names, arguments and
// errno values, in Linux's order of checks. An address or a length is whatever a program
// may pass. What answers an address answers it as u32.
//
//     mm_alloc() -> do_mmap() ... -> mmput()        the last one takes everything apart
//     dup_mm(parent)                                fork
//
// mmap_sem is taken inside, unless the name ends in _locked (held for writing) or it is
// said otherwise.
#pragma once

#include "lib/result.hpp"
#include "mm/vm/mm_types.hpp"

// ---- the space itself -------------------------------------------------------------------
// The caches of areas and descriptors, the overcommit limits. False: no memory.
[[nodiscard]] bool vm_init();
mm_struct* mm_alloc();                        // null: no memory
result<mm_struct*> dup_mm(mm_struct& parent);  // ENOMEM; nothing is left of the copy
void mmget(mm_struct& mm);
void mmput(mm_struct& mm);                    // the last user: areas, pages and tables go
void mmgrab(mm_struct& mm);
void mmdrop(mm_struct& mm);                   // the last reference: the descriptor goes
// Where mmap looks for room, for this limit of the stack; exec calls it.
void arch_pick_mmap_layout(mm_struct& mm);

// ---- finding; mmap_sem held ---------------------------------------------------------------
// The first area that ends behind the address: it need not hold it.
vm_area_struct* find_vma(mm_struct& mm, u32 address);
vm_area_struct* find_vma_prev(mm_struct& mm, u32 address, vm_area_struct*& prev);
// The first that has an address of [start, end), or null.
vm_area_struct* find_vma_intersection(mm_struct& mm, u32 start, u32 end);
result<u32> get_unmapped_area(mm_struct& mm, u32 hint, u32 bytes, u32 flags);
// A stack down to the address, if limits and the guard gap allow it. mmap_sem for reading
// is enough (page_table_lock guards the growth). ENOMEM.
result<> expand_stack(vm_area_struct& area, u32 address);

// ---- the system calls ---------------------------------------------------------------------
result<u32> do_mmap(mm_struct& mm, u32 address, u32 bytes, u32 prot, u32 flags, file* file,
                    u32 pgoff);
result<> do_munmap(mm_struct& mm, u32 address, u32 bytes);
result<> do_mprotect(mm_struct& mm, u32 address, u32 bytes, u32 prot);
result<u32> do_mremap(mm_struct& mm, u32 address, u32 old_bytes, u32 new_bytes, u32 flags,
                      u32 new_address);
u32 do_brk(mm_struct& mm, u32 address);  // the break as it is then
result<> do_madvise(mm_struct& mm, u32 address, u32 bytes, s32 advice);
result<> do_msync(mm_struct& mm, u32 address, u32 bytes, u32 flags);
// visit(index, resident) for each page of the range.
using mincore_visitor = void (*)(void* context, u32 index, bool resident);
result<> do_mincore(mm_struct& mm, u32 address, u32 bytes, mincore_visitor visit,
                    void* context);
result<> do_mlock(mm_struct& mm, u32 address, u32 bytes, u32 flags);  // MLOCK_ONFAULT
result<> do_munlock(mm_struct& mm, u32 address, u32 bytes);
result<> do_mlockall(mm_struct& mm, u32 flags);
result<> do_munlockall(mm_struct& mm);

// ---- for whoever makes areas of another kind (exec's stack, devices) ------------------------
// As mmap with MAP_FIXED does it, checks behind it: [start, start + bytes) is free or is
// unmapped first.
result<u32> mmap_region_locked(mm_struct& mm, file* file, u32 start, u32 bytes, u32 vm_flags,
                               u32 pgoff) REQUIRES(mm.mmap_sem);

// I1 to I4 of mm_types.hpp; user_pages' half checks I5.
void check_areas(mm_struct& mm);
