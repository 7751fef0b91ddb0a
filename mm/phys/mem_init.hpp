// From the memory map to a page allocator (B1, B3).
//
//     memory_map ──> memblock ──> mem_map[] and zones ──> alloc_pages
//                    what is free   what remains of it     the_page_allocator
//
// Two kinds of frames are never free: those which mem_map spans and which are no RAM,
// holes and the places of devices, for mem_map is one flat array from frame 0 to the
// last frame of RAM; and those that somebody has already, the kernel image first.
#pragma once

#include "lib/init.hpp"
#include "mm/phys/memory_map.hpp"

// The linear map ends here at the latest, and the zone Normal here: what `vmalloc=` leaves.
// boot/ defines it, by the command line.
u32 lowmem_limit();

// Builds it all. Null, or what it is that there is no room for.
INIT_CODE const char* mem_init(memory_map& map);
// Pages can be asked for.
bool page_allocator_is_up();

// The memory of INIT_CODE and INIT_DATA becomes free. The last step of booting.
void free_initmem();
