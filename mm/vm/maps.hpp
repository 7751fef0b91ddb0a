// /proc/PID/maps: a line for each area, to the byte as Linux prints it.
//
//     b7fd8000-b7fda000 r-xp 0001f000 08:01 1234       /lib/ld-linux.so.2
//     start    end      ||||  offset  device inode     name
//                       |||`-- p private, s shared
//                       ``` -- read, write, execute
#pragma once

#include "lib/format.hpp"
#include "mm/vm/mm_types.hpp"

// One line and its end; mmap_sem is held.
void show_map_line(text_sink& out, const vm_area_struct& area);
// All of them.
void show_maps(text_sink& out, mm_struct& mm);

// "[heap]", "[stack]", what the area's operations call it; empty: it has none, or a file's.
const char* arch_vma_name(const vm_area_struct& area);

// The tree of the areas, lying on its side, with the holes that lead a search.
void draw_vmas(text_sink& out, mm_struct& mm);
