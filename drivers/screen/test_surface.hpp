// A surface for tests: remembers what it was told to show.
#pragma once

#include "drivers/screen/text_grid.hpp"

template <u32 Columns, u32 Rows>
class test_surface final : public screen_surface {
public:
    u32 columns() const override { return Columns; }
    u32 rows() const override { return Rows; }
    void clear() override {
        for (auto& row : cells)
            for (cell& c : row) c = blank_cell;
        cursor_shown = false;
    }
    void draw(cell_position at, cell what) override {
        cells[at.row][at.column] = what;
        ++draws;
    }
    void show_cursor(cell_position at, cell) override {
        cursor_shown = true;
        cursor = at;
    }
    void hide_cursor(cell_position, cell) override { cursor_shown = false; }

    // Is the row this text, up to blanks at its end?
    bool row_is(u32 row, const char* text) const {
        for (const cell& c : cells[row])
            if (c.glyph != (*text ? static_cast<u8>(*text++) : u8{' '})) return false;
        return *text == 0;
    }

    cell cells[Rows][Columns] = {};
    u32 draws = 0;
    bool cursor_shown = false;
    cell_position cursor{};
};

// What a grid needs beside its surface.
template <u32 Cells, u32 HistoryCells>
struct test_storage {
    cell grid[Cells];
    cell shown[Cells];
    cell history[HistoryCells + 1];

    grid_storage view() {
        return {grid, shown, std::span<cell>(history).first(HistoryCells)};
    }
};
