// Reaching what the linear map does not: devices, tables of the firmware. mm/map defines
// these over vmalloc's window, so they work from vmalloc_init() on; before that there is
// early_ioremap.hpp.
#pragma once

#include "lib/address.hpp"

// Uncached, for registers; what lies inside a page keeps its offset. Null: no room, no
// such address, or memory that somebody has; the log says which.
void* ioremap(phys_addr phys, size_t size);
// Cached: tables of the firmware, a screen's memory that an MTRR speeds up.
void* ioremap_cache(phys_addr phys, size_t size);
void iounmap(const volatile void* address);
