// `demo vmalloc`, `demo kmalloc-vmalloc`, `demo fragmentation`: what vmalloc is made of,
// what it costs, and what it is for (spec E1, E3, E4). Each takes the space and the page
// allocator that it is shown on, so a test has its own.
#pragma once

#include "mm/map/vmalloc_space.hpp"

// E1. Three pages: each one's struct page, frame, address in memory, and entry. 0 or ENOMEM.
int demo_three_pages(text_sink& out, vmalloc_space& space);

// E4. The same size both ways.
struct allocation_cost {
    u32 pieces = 0;  // runs of frames side by side
    u32 entries_written = 0;
    u32 entries_cleared = 0;
    u32 flushes = 0;
    u64 ticks_to_get = 0;
    u64 ticks_to_free = 0;
};
inline constexpr u32 compared_bytes = 64 * KiB;
// `clock` may be null. Nothing: no memory.
std::optional<allocation_cost> cost_of_kmalloc(u64 (*clock)());
std::optional<allocation_cost> cost_of_vmalloc(vmalloc_space& space, u64 (*clock)());
int demo_kmalloc_vmalloc(text_sink& out, vmalloc_space& space, u64 (*clock)());

// E3. Shreds all of low memory: of each free block of two pages and more, every second page
// is held, and no two pages side by side are free. Half of what was free stays so
// throughout, in pages; everything is given back at the end of its life.
class shredded_memory {
public:
    explicit shredded_memory(page_allocator& pages);
    ~shredded_memory();
    shredded_memory(const shredded_memory&) = delete;
    shredded_memory& operator=(const shredded_memory&) = delete;

    u32 held() const { return held_; }

private:
    void shred(gfp_t mask);

    page_allocator& pages_;
    page_list list_;
    u32 held_ = 0;
};
struct fragmentation_figures {
    unsigned order;
    u32 free_pages = 0;          // of low memory, shredded
    unsigned largest_order = 0;  // of its free blocks
    bool block_was_there = false;
    bool area_was_there = false;
    u32 pieces = 0;  // the area's runs of frames
};
fragmentation_figures measure_fragmentation(vmalloc_space& space, unsigned order);
int demo_fragmentation(text_sink& out, vmalloc_space& space);
