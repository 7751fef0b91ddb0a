// A program's memory while another space is loaded, or none: exec fills a space that
// nobody runs in yet, /proc/PID/mem and a debugger look into somebody else's.
//
//     user access      loaded tables --> the CPU's fault --> fix-up
//     remote access    page tables, by hand --> resolve_fault() --> the page by its frame
//
// The program's rights hold: what it may not write is not written. The range is walked page
// by page, and what lies before the first page that refuses is done.
//
// EFAULT: not the user's part, no area, or one that forbids it, or a device. ENOMEM. All
// may sleep, and take mmap_sem inside.
#pragma once

#include "lib/result.hpp"
#include "mm/vm/mm_types.hpp"

result<> copy_to_remote(mm_struct& mm, u32 to, const void* from, u32 bytes)
    EXCLUDES(mm.mmap_sem);
result<> copy_from_remote(mm_struct& mm, void* to, u32 from, u32 bytes)
    EXCLUDES(mm.mmap_sem);
result<> clear_remote(mm_struct& mm, u32 to, u32 bytes) EXCLUDES(mm.mmap_sem);

// The bytes up to and with the zero that ends the string; more than `most`, if there is
// none among so many.
result<u32> strnlen_remote(mm_struct& mm, u32 string, u32 most) EXCLUDES(mm.mmap_sem);
