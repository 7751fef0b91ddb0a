#include "drivers/screen/vga_text.hpp"

#include <cpu/io.hpp>
#include "drivers/screen/font.hpp"

namespace {

// The card's registers: an index goes to the first port, the value to the next.
constexpr u16 sequencer = 0x3C4;
constexpr u16 graphics = 0x3CE;
constexpr u16 crtc = 0x3D4;
constexpr u16 attribute_port = 0x3C0;     // index and value in turn
constexpr u16 attribute_read = 0x3C1;
constexpr u16 input_status = 0x3DA;       // reading it makes an index come next

constexpr u8 attribute_mode = 0x10;
constexpr u8 attribute_display_on = 0x20;
constexpr u8 mode_line_graphics = 0x04;   // lines join across the ninth column
constexpr u8 mode_blink = 0x08;

constexpr u8 crtc_cell_height = 0x09;
constexpr u8 crtc_cursor_start = 0x0A;    // bit 5: no cursor
constexpr u8 crtc_cursor_end = 0x0B;
constexpr u8 crtc_start_high = 0x0C;
constexpr u8 crtc_start_low = 0x0D;
constexpr u8 crtc_cursor_high = 0x0E;
constexpr u8 crtc_cursor_low = 0x0F;
constexpr u8 cursor_off = 0x20;
constexpr u8 cursor_top = 13, cursor_bottom = 14;

constexpr u32 bytes_per_glyph = 32;  // in plane 2, of which 16 are used

void set(u16 port, u8 index, u8 value) {
    outb(index, port);
    outb(value, static_cast<u16>(port + 1));
}

u8 get(u16 port, u8 index) {
    outb(index, port);
    return inb(static_cast<u16>(port + 1));
}

void set_attribute_mode() {
    inb(input_status);
    outb(attribute_mode, attribute_port);
    const u8 mode = inb(attribute_read);
    inb(input_status);
    outb(attribute_mode, attribute_port);
    outb(static_cast<u8>((mode | mode_line_graphics) & ~mode_blink), attribute_port);
    outb(attribute_display_on, attribute_port);
}

}  // namespace

void vga_text::attach(void* mapped) {
    rebase(mapped);
    load_font();
    set_attribute_mode();
    set(crtc, crtc_cell_height,
        static_cast<u8>((get(crtc, crtc_cell_height) & ~0x1F) | (font_height - 1)));
    set(crtc, crtc_start_high, 0);
    set(crtc, crtc_start_low, 0);
    set(crtc, crtc_cursor_start, cursor_off | cursor_top);
    set(crtc, crtc_cursor_end, cursor_bottom);
}

// Text memory is planes 0 and 1 in turn. While the window shows plane 2 alone,
// byte by byte, the card must not be mid-way through a change of its sequencer.
void vga_text::load_font() {
    set(sequencer, 0, 1);     // hold
    set(sequencer, 2, 0x04);  // write to plane 2
    set(sequencer, 3, 0x00);  // letters come from its first 8 KiB
    set(sequencer, 4, 0x06);  // one byte after the other
    set(sequencer, 0, 3);     // go on
    set(graphics, 4, 0x02);
    set(graphics, 5, 0x00);
    set(graphics, 6, 0x0C);   // the window stays at 0xB8000, 32 KiB
    for (u32 code = 0; code < 256; ++code)
        for (u32 row = 0; row < bytes_per_glyph; ++row)
            window_[code * bytes_per_glyph + row] =
                row < font_height ? font_8x16[code][row] : u8{0};

    set(sequencer, 0, 1);
    set(sequencer, 2, 0x03);  // planes 0 and 1
    set(sequencer, 4, 0x02);  // even bytes to one, odd ones to the other
    set(sequencer, 0, 3);
    set(graphics, 4, 0x00);
    set(graphics, 5, 0x10);
    set(graphics, 6, 0x0E);
}

void vga_text::clear() {
    for (u32 row = 0; row < rows(); ++row)
        for (u32 column = 0; column < columns(); ++column) draw({column, row}, blank_cell);
    hide_cursor({}, blank_cell);
}

void vga_text::draw(cell_position at, cell what) {
    const auto text = reinterpret_cast<volatile u16*>(window_);
    text[at.row * columns() + at.column] =
        static_cast<u16>(what.glyph | what.attribute << 8);
}

void vga_text::show_cursor(cell_position at, cell) {
    const u32 place = at.row * columns() + at.column;
    set(crtc, crtc_cursor_high, static_cast<u8>(place >> 8));
    set(crtc, crtc_cursor_low, static_cast<u8>(place));
    set(crtc, crtc_cursor_start, cursor_top);
}

void vga_text::hide_cursor(cell_position, cell) {
    set(crtc, crtc_cursor_start, cursor_off | cursor_top);
}
