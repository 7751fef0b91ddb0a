// The kernel's own memory, on the host: what calls the_page_allocator(), kmalloc() and
// caches runs here as it does in the kernel.
//
//     PAGE_OFFSET                                             + 64 MiB
//     | page 0 |  ZONE_DMA, 16 MiB  |  ZONE_NORMAL, 48 MiB  |    the arena, aligned
//        reserved                                                to the largest block
//     mem_map, the types of page blocks and the owners lie outside of it.
//
// One for the whole program; tests give back what they take (lib/test/test_case.hpp,
// conserved).
#pragma once

#include "lib/types.hpp"

inline constexpr u32 kernel_memory_frames = 64 * 256;

// Once, before anything else of mm/ runs. Again: nothing happens.
void set_up_kernel_memory();
