// The kernel's gigabyte (spec C1), from the bottom:
//
//     PAGE_OFFSET     0xC0000000  linear map: all of low memory, up to lowmem_limit()
//     high_memory                 its end
//                                 8 MiB gap: what runs over the linear map faults
//     VMALLOC_START               vmalloc, ioremap, kernel stacks; guards between areas;
//                     0xFF000000  and tests, while they are unpacked (linker.ld)
//     VMALLOC_END
//     PKMAP_BASE                  kmap: LAST_PKMAP pages, one page table
//     FIXADDR_START               fixmap: addresses known when the kernel is compiled
//     FIXADDR_TOP     0xFFFFF000  the last page stays empty: no pointer wraps into 0
//
// What is above the linear map reaches memory that has no address of its own there.
#pragma once

#include "lib/address.hpp"

#include <kernel_format.hpp>

inline constexpr u32 VMALLOC_OFFSET = 8u << 20;

inline constexpr u32 FIXADDR_TOP = 0xFFFFF000;
inline constexpr u32 FIXADDR_START = 0xFFE00000;  // its table serves nothing else
// One page table holds the fixmap, the table below it PKMAP; with two levels a table spans
// 4 MiB, with three 2 MiB.
inline constexpr u32 pages_per_table = kernel_format::entries(0);
inline constexpr u32 LAST_PKMAP = pages_per_table;
inline constexpr u32 PKMAP_BASE = 0xFFC00000 - LAST_PKMAP * PAGE_SIZE;
inline constexpr u32 VMALLOC_END = PKMAP_BASE - 2 * PAGE_SIZE;

// How much of the RAM the linear map may hold, if vmalloc is to have so many bytes of
// address space: `vmalloc=SIZE`. Never more than 896 MiB, for vmalloc needs what is left;
// never less than 64 MiB, for the kernel needs those. A border of large pages.
constexpr u32 lowmem_limit_for(u64 vmalloc_bytes) {
    constexpr u64 to_share = VMALLOC_END - VMALLOC_OFFSET - PAGE_OFFSET;
    const u64 left = to_share - min_of(vmalloc_bytes, to_share);
    return static_cast<u32>(
        max_of(64 * MiB, min_of(align_down(left, 4 * MiB), 896 * MiB)));
}
