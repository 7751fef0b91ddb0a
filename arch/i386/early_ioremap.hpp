// Reaching devices before there is a vmalloc space to map them into: a window that is
// only ever extended, and becomes part of that space (ioremap.hpp). Before paging it
// costs nothing, for then phys_to_virt reaches everything.
#pragma once

#include "lib/address.hpp"

// Null: the window is full or closed, no page was left for a table, or the address has
// more bits than the machine.
void* early_ioremap(phys_addr address, size_t bytes);
