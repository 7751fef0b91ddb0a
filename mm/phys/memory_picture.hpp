// Physical memory as a picture in characters: `memmap`.
//
//     4 KiB a cell
//     -- zone Normal --------------------------------------------------------
//          0x154000 KKKKKKKKmmmmFFFFTTTTMMMMMMMMMMMMMMMM##p#0112222777777777777777
//
// 64 cells a row, each a range of frames of the same length, a power of two, so that
// the whole fits into 16 rows (and one more for each zone, which begins a row of its
// own). A cell shows whose most of its frames are; where two own equally many, the one
// that comes first in the legend. A cell of free memory shows the order of the largest
// free block that reaches into it: 0 to 9, and A for 10.
//
// Whose a frame is, its struct page says: free, on a CPU's list, in use. Of those
// that were never given out the memory map says what they are.
//
// P1: each frame is counted in exactly one cell, under one letter.
// P2: a row begins at the address written before it, and belongs to one zone.
#pragma once

#include "mm/phys/memory_map.hpp"
#include "mm/phys/page_allocator.hpp"

class memory_picture {
public:
    // `mem_map`: the frames in which the struct pages themselves lie; empty where they
    // are not in the memory that is shown.
    memory_picture(const page_allocator& allocator, const memory_map& map,
                   pfn_range mem_map)
        : allocator_(allocator), map_(map), mem_map_(mem_map) {}

    // Frames beyond the allocator's are not shown.
    void print(text_sink& out, pfn_range frames) const;

    static void print_legend(text_sink& out);

    static constexpr u32 cells_a_row = 64, rows = 16;
    // The least that a cell must span for so many frames to fit.
    static u32 frames_a_cell(u32 frames) {
        const u32 least = (frames + cells_a_row * rows - 1) / (cells_a_row * rows);
        return std::bit_ceil(max_of(least, 1u));
    }

private:
    // In the order of the legend, which breaks ties.
    enum owner : u8 { unknown, free, in_use, listed, firmware, kernel, struct_pages, module,
                      framebuffer, boot, hole };
    static constexpr unsigned owners = 11;

    // Frames side by side with one owner, up to `end`.
    struct run {
        owner who;
        unsigned order;  // of the block, where `who` is free
        u32 end;
    };
    run run_at(u32 frame) const;
    run reserved_run_at(u32 frame) const;
    char cell(pfn_range frames) const;
    void print_zone(text_sink& out, pfn_range frames, u32 a_cell) const;

    const page_allocator& allocator_;
    const memory_map& map_;
    pfn_range mem_map_;
};
