// To which block of pages does a frame belong? Only heads are marked (page.hpp), so
// a page inside a block is found by looking for the head that covers it.
//
//     frame       0x4c0  ...  0x4d2  ...  0x4e0
//     mark        buddy, 5     -           ?
//                   ^----------'  0x4d2 rounded down to multiples of 2, 4, 8, 16, 32
//
// Nothing is locked: pages may come and go while one looks. What is answered was so
// for a moment, or there is no answer.
#pragma once

#include "mm/phys/page_allocator.hpp"

#include <optional>

struct page_block {
    u32 first;       // the head's frame
    unsigned order;  // 0 for a reserved page
    page_flag mark;  // of the head, one of the four

    u32 pages() const { return 1u << order; }
};

// The frame is in mem_map. Nothing: its block changed while it was looked at.
std::optional<page_block> block_of_frame(const page_allocator& allocator, pfn frame);
