// The text on the screen, and how it gets there.
//
//        history (a ring of lines)          What the user sees are rows() lines of
//     ┌───────────────────────────┐         the column at the left: the grid itself,
//     │ oldest line               │         or, `view` lines further up, lines that
//     │ ...                       │◄─┐      have left it.
//     │ newest line               │  │view
//     ├───────────────────────────┤◄─┘           ┌──────────────────────────────┐
//     │ grid: row 0               │   flush()    │ shown: what was drawn there  │
//     │ ...                       │ ───────────► │ last, cell by cell           │
//     │ grid: row rows()-1        │  draws what  └──────────────────────────────┘
//     └───────────────────────────┘  differs       = the pixels of the surface
//
// Operations change the grid only and note which rows they touched. flush() then
// compares with what is shown and draws the cells that differ. So nothing is ever
// read back from the screen (reading a framebuffer can be a hundred times slower
// than writing), a line that scrolls past blank space costs little, and what is
// written and overwritten between two flushes is never drawn.
//
// I1: after flush(), shown == the visible lines, and the surface shows `shown`.
// I2: a row whose visible cells differ from `shown` lies within the dirty range.
// I3: view <= history lines; while view > 0, no cursor is shown.
// I4: history and shown rows have the grid's width; nothing outside the storage
//     that the caller gave is touched. A screen larger than that storage is used
//     in its top left corner.
//
// Left out: re-wrapping (a surface keeps its size), and a lock (the owner's).
#pragma once

#include "drivers/screen/surface.hpp"

#include <span>

struct grid_storage {
    std::span<cell> grid;
    std::span<cell> shown;    // as large as grid
    std::span<cell> history;  // any size, none too
};

class text_grid {
public:
    // Half-open ranges of rows and columns.
    struct extent {
        u32 begin;
        u32 end;
    };

    // Clears the surface. The storage holds one cell at the least.
    void attach(screen_surface& surface, const grid_storage& storage);

    u32 columns() const { return columns_; }
    u32 rows() const { return rows_; }
    u32 history_lines() const { return history_count_; }
    u32 view() const { return view_; }

    // What the grid holds, wherever the view is.
    cell at(cell_position p) const { return grid_[index(p)]; }
    // What the user sees there after a flush.
    cell visible(cell_position p) const;

    void put(cell_position p, cell what);
    void fill(u32 row, extent columns, cell what);
    void fill_rows(extent rows, cell what);

    // Rows move within `rows`, blank ones come in behind. Lines that leave the top
    // of the grid by scroll_up are kept in the history.
    void scroll_up(extent rows, u32 lines, cell blank);
    void scroll_down(extent rows, u32 lines, cell blank);
    // The rest of a row moves from `p` to the right or to the left.
    void insert_cells(cell_position p, u32 count, cell blank);
    void remove_cells(cell_position p, u32 count, cell blank);

    void forget_history();
    // Further into the past (above 0) or back towards the present.
    void move_view(int lines);
    void show_present();

    // Brings the surface up to date.
    void flush(cell_position cursor, bool cursor_visible);
    // As flush(), drawing everything: when the surface may not show `shown`.
    void redraw(cell_position cursor, bool cursor_visible);

    // Panics at the first invariant that does not hold. After a flush.
    void check_invariants() const;

private:
    u32 index(cell_position p) const;
    std::span<cell> row_of(u32 row) { return grid_.subspan(row * columns_, columns_); }
    std::span<cell> history_line(u32 age) const;
    const cell* visible_row(u32 row) const;
    void remember(u32 row);
    void touch(extent rows);
    void touch_all() { touch({0, rows_}); }
    void update_cursor(cell_position cursor, bool visible);

    screen_surface* surface_ = nullptr;
    u32 columns_ = 0;
    u32 rows_ = 0;
    std::span<cell> grid_;
    std::span<cell> shown_;
    std::span<cell> history_;

    u32 history_capacity_ = 0;  // in lines, as the two below
    u32 history_next_ = 0;      // where the next line goes
    u32 history_count_ = 0;
    u32 view_ = 0;

    extent dirty_{};  // rows of the screen
    bool cursor_shown_ = false;
    cell_position cursor_{};  // where it is shown, if it is
};
