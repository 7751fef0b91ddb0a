// What is asked for, and what is taken for it (B11): `demo waste`.
//
// Whoever gives out memory gives it in sizes of his own; the rest is wasted, and each
// floor of the house wastes less than the one below it:
//
//     66 pages     alloc_pages          one block of 2^7      128 pages, 62 for nothing
//                  alloc_pages_exact    the 62 go back         66 pages
//
//     100 bytes    a page each                                4096
//                  kmalloc              the next size          128
//                  a cache of their own                        100, and a slab's rest
//
// All of it is done, and counted at the page allocator and at the caches; what the
// rules say is for the test. Afterwards everything is given back.
#pragma once

#include "lib/format.hpp"
#include "lib/types.hpp"

// Some way of getting memory.
struct waste_row {
    const char* way;
    u32 asked;  // bytes
    u32 given;  // bytes that nobody else can have meanwhile; 0: there was no memory
};

inline constexpr u32 waste_pages = 66;
inline constexpr u32 waste_objects = 100, waste_object_size = 100;

struct waste_figures {
    waste_row pages[2];    // as a block, as an exact range
    waste_row objects[3];  // in pages, in kmalloc's caches, in a cache of their own
};
waste_figures measure_waste();
// Every size once: what kmalloc and a block of pages give for it.
void print_waste_of_sizes(text_sink& out);
