// The kernel's own memory, on the host: what calls the_page_allocator(), kmalloc() and
// caches runs here as it does in the kernel.
//
//     PAGE_OFFSET                                             + 64 MiB
//     | page 0 |  ZONE_DMA, 16 MiB  |  ZONE_NORMAL, 48 MiB  |    the arena, aligned
//        reserved                                                to the largest block
//     somewhere else       |  ZONE_HIGHMEM, 32 MiB  |
//
// High memory has no address in the linear map, as on a machine: kmap_atomic() leads to it
// (host-tests/window), and phys_to_virt() of it is noticed. mem_map, the types of page
// blocks and the owners lie outside of both.
//
// One for the whole program; tests give back what they take (lib/test/test_case.hpp,
// conserved).
#pragma once

#include "lib/address.hpp"

inline constexpr u32 kernel_memory_frames = 64 * 256;  // in the linear map
inline constexpr u32 kernel_memory_high_frames = 32 * 256;

// What lies behind a frame, for whoever plays the hardware.
u8* frame_contents(pfn frame);

// Once, before anything else of mm/ runs. Again: nothing happens.
void set_up_kernel_memory();
