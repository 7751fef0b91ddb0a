// /proc/PID/smaps: what each area takes of memory, as Linux lays it out (F7).
//
//     08048000-08056000 r-xp 00000000 08:01 1234       /bin/sh
//     Size:                 56 kB     what was promised
//     Rss:                  40 kB     what is mapped of it ...
//     Pss:                  20 kB     ... each page divided by how many show it: the sums
//     ...                             over all processes add up
//
// A page is clean or dirty by its entry or by itself, shared if more than one page table
// shows it. The page of zeroes is nobody's, and counts nowhere.
#pragma once

#include "lib/format.hpp"
#include "mm/vm/mm_types.hpp"

// In bytes; pss in 4096ths of one, so that fractions are not lost page by page.
struct smaps_stats {
    static constexpr unsigned pss_shift = 12;

    u64 resident = 0, pss = 0, pss_dirty = 0, pss_locked = 0;
    u64 shared_clean = 0, shared_dirty = 0, private_clean = 0, private_dirty = 0;
    u64 referenced = 0, anonymous = 0, lazyfree = 0;
};

// mmap_sem is held for both.
smaps_stats smaps_of(const vm_area_struct& area);
void show_smap(text_sink& out, const vm_area_struct& area);

void show_smaps(text_sink& out, mm_struct& mm);
