// What Linux shows of memory in /proc: buddyinfo, zoneinfo, pagetypeinfo, meminfo.
//
// One function a file. The monitor's commands of these names print them, and procfs
// will: so they know nothing of commands, and what they show is any page allocator,
// the kernel's or a test's.
//
//     /proc/buddyinfo      free blocks of each order, a line a zone
//     /proc/pagetypeinfo   the same by migrate type, and how many page blocks are
//                          of each type
//     /proc/zoneinfo       all that is counted in each zone
//     /proc/meminfo        sums, in kB
//
// F1: a line is Linux 6.1's to the letter, in Linux's order, or it is not there.
// F2: what Loci does not count is left out, never shown as 0. So a line appears on
//     the day on which something stands behind it.
// F3: nothing is printed with a lock held: the sink may be slow, or allocate.
//
// Loci has one node, and no ZONE_MOVABLE. Where a line is longer than the 80 columns
// of a screen, it stays as long: tools that read these files count on it.
#pragma once

#include "mm/phys/memory_map.hpp"
#include "mm/phys/page_allocator.hpp"
#include "mm/phys/vmstat.hpp"

void print_buddyinfo(text_sink& out, const page_allocator& allocator);
// Takes each zone's lock: the lists by type are counted by walking them.
void print_pagetypeinfo(text_sink& out, page_allocator& allocator);
// The map says how many frames of a zone are RAM, whoever has them ("present").
void print_zoneinfo(text_sink& out, const page_allocator& allocator, const memory_map& map);
// The counters are the kernel's: pages that are in use, by what they are used for.
void print_meminfo(text_sink& out, const page_allocator& allocator,
                   const vm_counter_set& counters);

// What applications could have before the system begins to run short: what is free,
// less what each zone keeps for others (marks and lowmem reserves).
u32 available_pages(const page_allocator& allocator);
