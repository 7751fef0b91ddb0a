// One cache, drawn slab by slab: the monitor's `slab NAME`.
//
//     slab          first  list     # used   . free   c free, on a CPU
//     0xc0412000      +64  partial  ##.##cc.........................
//     0xc0413000     +128  full     ################################
//
// `first` is where the first object lies in its slab: with the strategy slab that is
// the colour, and behind it the descriptor where that is on the slab; with the others
// it is always 0. The list is the one that Bonwick's slabs are on. slub has only partial
// ones on a list; that a slab is full or free is told from its cells. What is free on a
// CPU counts as taken in its slab, as it does for the strategies themselves.
//
// A picture is taken with interrupts off and printed afterwards. It shows as many cells
// as fit a screen, of as many slabs as have their lines there, and says what is missing.
#pragma once

#include "mm/slab/slab_strategy.hpp"

class slab_picture final : public slab_visitor {
public:
    static constexpr unsigned most_lines = 18;
    static constexpr unsigned cells_a_line = 50;

    slab_picture() = default;
    slab_picture(const slab_picture&) = delete;
    slab_picture& operator=(const slab_picture&) = delete;

    void take(kmem_cache& cache);
    void print(text_sink& out) const;

    void slab(const page* head, const void* first) override;
    void slot(void* slot, state state) override;

private:
    struct row {
        const void* start;
        u32 first;  // offset of the first object
        u32 cells, shown;
        u32 taken;
        const char* list() const;
        u32 lines() const { return max_of((shown + cells_a_line - 1) / cells_a_line, 1u); }
    };
    void print_row(text_sink& out, const row& row, const char* cells) const;

    row rows_[most_lines];
    char cells_[most_lines * cells_a_line];
    u32 slabs_ = 0, shown_slabs_ = 0;
    u32 lines_ = 0, used_cells_ = 0;  // of the rows before the last one
    bool last_is_shown_ = false;
};

// The cache and its picture; 0, or ENOENT: there is none of this name.
int show_slabs(std::string_view name, text_sink& out);
