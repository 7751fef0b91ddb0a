// Reaching devices and firmware tables before there is a vmalloc space to map
// them into: a window that is only ever extended. Before paging it costs nothing,
// for then phys_to_virt reaches everything.
#pragma once

#include "lib/address.hpp"

// Null: the window is full, no page was left for a table, or the address has more
// bits than the machine.
void* early_ioremap(phys_addr address, size_t bytes);

// Gives the address space back if it was the last mapping and a small one; else
// it stays mapped. Tables are kept.
void early_iounmap(void* mapped, size_t bytes);
