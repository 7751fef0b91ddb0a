// slub, the default (slub.cpp has the theory).
#pragma once

#include "lib/types.hpp"

// The order of a slab's block for slots of `size` bytes; MAX_ORDER or more: none.
u32 slub_order(u32 size, u32 most_order);
