// VGA's text mode, 80 columns by 25 rows, as a surface.
//
// The card draws the letters by itself: text memory holds a code and a colour for
// each place, and plane 2 of the card's memory holds the pictures of the 256 codes.
// attach() puts our font there, so that every screen of Loci looks alike and can
// be read back by its glyphs, and gives the 16 background colours instead of
// blinking. The cursor is the card's.
//
// Works on what the firmware left in a text mode of 80 columns and 16 lines a row;
// Loci sets no modes. Only the window at 0xB8000 is used, for the font too.
#pragma once

#include "drivers/screen/surface.hpp"

inline constexpr u32 vga_text_address = 0xB8000;
inline constexpr u32 vga_text_bytes = 32 * 1024;

class vga_text final : public screen_surface {
public:
    constexpr vga_text() = default;

    // `mapped` leads to the window's vga_text_bytes.
    void attach(void* mapped);
    // The same window, seen through another mapping.
    void rebase(void* mapped) { window_ = static_cast<volatile u8*>(mapped); }

    u32 columns() const override { return 80; }
    u32 rows() const override { return 25; }
    void clear() override;
    void draw(cell_position at, cell what) override;
    void show_cursor(cell_position at, cell under) override;
    void hide_cursor(cell_position at, cell under) override;

private:
    void load_font();

    volatile u8* window_ = nullptr;
};
