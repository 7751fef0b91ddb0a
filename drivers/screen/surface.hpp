// A screen as a terminal sees it: cells that can be set and a cursor that can be
// shown. Two exist, VGA's text mode and a linear framebuffer.
#pragma once

#include "lib/types.hpp"

// Colours are numbered as VGA does: bit 0 blue, bit 1 green, bit 2 red, bit 3 bright.
enum colour : u8 {
    black, blue, green, cyan, red, magenta, brown, light_grey,
    dark_grey, light_blue, light_green, light_cyan, light_red, light_magenta, yellow, white,
};

// One place on the screen, laid out as VGA's text memory has it. Bit 7 of the
// attribute is a bright background (never blinking: vga_text switches that off).
struct cell {
    u8 glyph;      // a code of the font
    u8 attribute;  // foreground | background << 4

    bool operator==(const cell&) const = default;
};
static_assert(sizeof(cell) == 2);

inline constexpr u8 attribute_of(colour foreground, colour background) {
    return static_cast<u8>(foreground | background << 4);
}
inline constexpr cell blank_cell{' ', attribute_of(light_grey, black)};

struct cell_position {
    u32 column;
    u32 row;

    bool operator==(const cell_position&) const = default;
};

class screen_surface {
public:
    virtual u32 columns() const = 0;
    virtual u32 rows() const = 0;

    // All of the screen black, each cell as blank_cell, no cursor.
    virtual void clear() = 0;
    virtual void draw(cell_position at, cell what) = 0;

    // There is one cursor at most. `under` is the cell there; hide_cursor and
    // draw() both leave that place without a cursor in it where it is drawn in
    // pixels, so a caller shows it anew after drawing there.
    virtual void show_cursor(cell_position at, cell under) = 0;
    virtual void hide_cursor(cell_position at, cell under) = 0;

protected:
    constexpr screen_surface() = default;
    ~screen_surface() = default;
};
