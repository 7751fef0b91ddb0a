// What is behind the areas: the page tables of a user's address space.
//
// Areas say what may be (mm_types.hpp); this says what is, and takes it away. The calls
// are those that mmap, munmap, mprotect, mremap, madvise and fork make for the pages of
// their ranges. All addresses are whole pages; ranges lie in the area that is named.
//
// Nothing here looks for areas, checks rights or counts total_vm: the caller has, and holds
// mmap_sem for writing (for reading: where it says so). Each flushes what it takes away,
// for all CPUs that have the space loaded, before a frame or a table is freed.
#pragma once

#include "lib/result.hpp"
#include "mm/vm/mm_types.hpp"

// The cache of top tables, the zero page; once, after the slab caches. False: no memory.
[[nodiscard]] bool user_pages_init();

// A top table with the kernel's part; page tables of users come from high memory where
// there is some. False: no memory.
[[nodiscard]] bool mm_alloc_pgd(mm_struct& mm);
void mm_free_pgd(mm_struct& mm);  // nothing is mapped any more, all tables are gone

// Takes out what is mapped in [start, end), which the areas from `first` on cover (as far as
// there are areas), and the page tables that lie between `floor` and `ceiling`, where no
// area is any more: the end of the area before, the start of the one behind.
void unmap_region(mm_struct& mm, vm_area_struct* first, u32 start, u32 end, u32 floor,
                  u32 ceiling);

// Forgets the pages of a part of one area; tables stay. mmap_sem for reading will do.
void zap_page_range(vm_area_struct& area, u32 start, u32 end);

// MADV_FREE: clean private pages may be taken; while none are reclaimed, they are zeroed
// for nobody: entries become clean and old.
void free_lazily(vm_area_struct& area, u32 start, u32 end);

// Entries get the rights of area.vm_page_prot as it is now, less the right to write where a
// fault has to come first (copy on write, a clean page of a shared file). Returns how many.
u32 change_protection(vm_area_struct& area, u32 start, u32 end);

// Moves entries to where `to` is. Returns how many bytes: less than asked for, when there is
// no memory for tables; the caller then moves the rest back.
u32 move_page_tables(vm_area_struct& from_area, u32 from, vm_area_struct& to_area, u32 to,
                     u32 bytes);

// How many pages are mapped, all kinds together.
u32 get_mm_rss(const mm_struct& mm);

// fork: what `parent` has becomes what `child` has too; private pages are from now on
// copied on write, by both. Page tables are made only where a fault could not find the
// page again. ENOMEM: the child's part is incomplete, and unmap_region takes it out.
[[nodiscard]] result<> copy_page_range(vm_area_struct& child, vm_area_struct& parent);

// The rights that entries of an area with these flags begin with.
page_rights vm_get_page_prot(u32 vm_flags);

// mincore: whether the page is in memory, mapped here or in its file's cache.
bool is_in_core(const vm_area_struct& area, u32 address);

// Faults in every page that is not there: mlock, MAP_POPULATE. mmap_sem for reading. An
// error as of handle_mm_fault, in errno: ENOMEM, EFAULT (beyond the end of a file).
[[nodiscard]] result<> populate_range(vm_area_struct& area, u32 start, u32 end, bool write);

// I5 of mm_types.hpp, and that pgtables_bytes is what the tables take. mmap_sem is held,
// and nobody else is at work.
void check_pages(const mm_struct& mm);
