// The kernel's map as it stays (spec A5, A7, C1): the rights of each part of the linear
// map, where it ends, and what is above it.
//
//     0xC0000000  +-----------------------------+
//                 | BIOS data, free low memory  |  write
//     __image_... +-----------------------------+
//                 | .text                       |  execute
//                 | .init.text                  |  execute, until it is given back
//                 | .init.data                  |  write
//                 | .rodata, symbols            |
//                 | .data, .bss                 |  write
//                 | packed tests                |
//     image_end() +-----------------------------+
//                 | free memory, mem_map        |  write
//     high_memory +-----------------------------+
//
// Boot mapped all of it writable, by the largest pages the CPU has. The parts' borders are
// borders of pages: where one lies inside a large page, that one is split. Nothing is
// both writable and executable; where the CPU has no NX, nothing but .text is meant to be.
#pragma once

#include "mm/map/init_mm.hpp"

// The first address that is not in the linear map.
extern void* high_memory;
// The lowest address that vmalloc gives out: the gap above the linear map is as large as
// VMALLOC_OFFSET, and no table is shared with it.
u32 vmalloc_start();

// Once, when pages can be asked for. Null, or what there was no room for.
const char* kernel_map_init();
// How long that took, for those who measure; 0 on a CPU that cannot tell.
extern u64 kernel_map_init_ticks;

// Before the memory of INIT_CODE is given back: it is memory like any other now.
void kernel_map_forget_init();

// A part of the kernel's gigabyte, for those who explain an address.
struct kernel_part {
    const char* name = nullptr;
    u32 start = 0, end = 0;  // an end of 0 is that of all addresses
    page_rights rights{};
};
// The part of the linear map that an address is in; null when it is in none.
const kernel_part* linear_part(u32 address);

// What lies where, as Linux tells it: a table for the monitor, the same for the log.
void print_kernel_layout(text_sink& out);
void log_kernel_layout();
