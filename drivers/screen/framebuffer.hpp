// A linear framebuffer as a surface of character cells: 15, 16, 24 or 32 bits a
// pixel, any pitch, the colours anywhere in the pixel.
//
//     address ─► ┌── width pixels ──────┬─ padding ─┐ ┐
//                │ cell 0,0 │ cell 1,0  │           │ │ 16 lines are a row of cells
//                ├──────────┘           │           │ ┘
//                │            (margin)  │           │
//                └──────────────────────┴───────────┘
//                └────────── pitch bytes ───────────┘
//
// I1: only the width x height pixels are written, never the padding, and nothing
//     is ever read.
// I2: a framebuffer that framebuffer_refusal() accepts spans less than 2 GiB, and
//     no address in it wraps.
//
// Cells start at the top left; what is left over at the right and at the bottom
// stays black. The cursor is a line through the cell's bottom.
#pragma once

#include "drivers/screen/font.hpp"
#include "drivers/screen/surface.hpp"
#include "lib/boot_info.hpp"

// Why this framebuffer cannot be used, or null.
const char* framebuffer_refusal(const boot_framebuffer& info);

// From the first to behind the last byte of its pixels: what must be mapped. For
// one that is not refused.
u32 framebuffer_bytes(const boot_framebuffer& info);

class framebuffer final : public screen_surface {
public:
    constexpr framebuffer() = default;

    // `info` is not refused, `mapped` leads to framebuffer_bytes(info) bytes.
    void attach(const boot_framebuffer& info, void* mapped);
    // The same pixels, seen through another mapping.
    void rebase(void* mapped) { base_ = static_cast<u8*>(mapped); }

    u32 columns() const override { return info_.width / font_width; }
    u32 rows() const override { return info_.height / font_height; }
    void clear() override;
    void draw(cell_position at, cell what) override;
    void show_cursor(cell_position at, cell under) override;
    void hide_cursor(cell_position at, cell under) override { draw(at, under); }

    // What a pixel of that colour holds.
    u32 pixel_of(colour c) const { return palette_[c]; }

private:
    void draw_rows(cell_position at, cell what, u32 cursor_rows);
    template <u32 PixelBytes>
    void draw_rows_of(u8* line, cell what, u32 cursor_rows) const;

    u8* base_ = nullptr;
    boot_framebuffer info_;
    u32 pixel_bytes_ = 0;
    u32 palette_[16] = {};
};
