#include "drivers/screen/framebuffer.hpp"

#include "lib/assert.hpp"

namespace {

constexpr u32 largest_dimension = 16384;
constexpr u32 largest_pitch = 128 * 1024;

struct rgb {
    u8 red, green, blue;
};

// The sixteen colours as VGA shows them, in its order.
constexpr rgb vga_palette[16] = {
    {0x00, 0x00, 0x00}, {0x00, 0x00, 0xAA}, {0x00, 0xAA, 0x00}, {0x00, 0xAA, 0xAA},
    {0xAA, 0x00, 0x00}, {0xAA, 0x00, 0xAA}, {0xAA, 0x55, 0x00}, {0xAA, 0xAA, 0xAA},
    {0x55, 0x55, 0x55}, {0x55, 0x55, 0xFF}, {0x55, 0xFF, 0x55}, {0x55, 0xFF, 0xFF},
    {0xFF, 0x55, 0x55}, {0xFF, 0x55, 0xFF}, {0xFF, 0xFF, 0x55}, {0xFF, 0xFF, 0xFF},
};

// The bottom two rows of a letter's box, below what most letters have.
constexpr u32 cursor_underline = 1u << 13 | 1u << 14;

u32 bytes_per_pixel(const boot_framebuffer& info) { return (info.bits_per_pixel + 7u) / 8; }

bool field_fits(const boot_framebuffer& info, u32 shift, u32 bits) {
    return bits >= 1 && bits <= 8 && shift + bits <= info.bits_per_pixel;
}

u32 field_mask(u32 shift, u32 bits) { return ((1u << bits) - 1) << shift; }

u32 field(u8 value, u32 shift, u32 bits) {
    return static_cast<u32>(value >> (8 - bits)) << shift;
}

}  // namespace

const char* framebuffer_refusal(const boot_framebuffer& info) {
    if (info.kind != boot_framebuffer::linear) return "it is not a linear framebuffer";
    switch (info.bits_per_pixel) {
        case 15: case 16: case 24: case 32: break;
        default: return "its pixels have neither 15, 16, 24 nor 32 bits";
    }
    if (info.width < font_width || info.height < font_height)
        return "it is smaller than one character";
    if (info.width > largest_dimension || info.height > largest_dimension)
        return "it is larger than 16384 pixels";
    if (info.pitch < info.width * bytes_per_pixel(info))
        return "its lines are shorter than their pixels";
    if (info.pitch > largest_pitch) return "its lines are longer than 128 KiB";
    const u64 bytes = u64{info.pitch} * info.height;
    if (bytes >= u64{1} << 31) return "it is larger than 2 GiB";
    if (info.address == 0 || info.address > ~u64{0} - bytes)
        return "its address cannot be right";
    if (!field_fits(info, info.red_shift, info.red_bits) ||
        !field_fits(info, info.green_shift, info.green_bits) ||
        !field_fits(info, info.blue_shift, info.blue_bits))
        return "its colours have no bits, more than 8, or lie outside of the pixel";
    const u32 red = field_mask(info.red_shift, info.red_bits);
    const u32 green = field_mask(info.green_shift, info.green_bits);
    const u32 blue = field_mask(info.blue_shift, info.blue_bits);
    if ((red & green) != 0 || (red & blue) != 0 || (green & blue) != 0)
        return "its colours share bits";
    return nullptr;
}

u32 framebuffer_bytes(const boot_framebuffer& info) {
    return info.pitch * (info.height - 1) + info.width * bytes_per_pixel(info);
}

void framebuffer::attach(const boot_framebuffer& info, void* mapped) {
    const char* refusal = framebuffer_refusal(info);
    kassert(refusal == nullptr, "a refused framebuffer is used: {}", refusal);
    info_ = info;
    pixel_bytes_ = bytes_per_pixel(info);
    for (u32 i = 0; i < 16; ++i) {
        const rgb c = vga_palette[i];
        palette_[i] = field(c.red, info.red_shift, info.red_bits) |
                      field(c.green, info.green_shift, info.green_bits) |
                      field(c.blue, info.blue_shift, info.blue_bits);
    }
    rebase(mapped);
}

void framebuffer::clear() {
    u8* line = base_;
    for (u32 y = 0; y < info_.height; ++y, line += info_.pitch)
        __builtin_memset(line, 0, info_.width * pixel_bytes_);
}

void framebuffer::draw(cell_position at, cell what) { draw_rows(at, what, 0); }

void framebuffer::show_cursor(cell_position at, cell under) {
    draw_rows(at, under, cursor_underline);
}

void framebuffer::draw_rows(cell_position at, cell what, u32 cursor_rows) {
    kassert(at.column < columns() && at.row < rows(), "cell {}, {} of {} x {}", at.column,
            at.row, columns(), rows());
    u8* line = base_ + at.row * font_height * info_.pitch +
               at.column * font_width * pixel_bytes_;
    switch (pixel_bytes_) {
        case 2: return draw_rows_of<2>(line, what, cursor_rows);
        case 3: return draw_rows_of<3>(line, what, cursor_rows);
        default: return draw_rows_of<4>(line, what, cursor_rows);
    }
}

// A line of a cell is put together in memory and copied out in whole words: what is
// slow is the way to the card, and pixels of three bytes would take it singly.
template <u32 PixelBytes>
void framebuffer::draw_rows_of(u8* line, cell what, u32 cursor_rows) const {
    const u32 ink = palette_[what.attribute & 0xF];
    const u32 paper = palette_[what.attribute >> 4];
    for (u32 y = 0; y < font_height; ++y, line += info_.pitch) {
        const u32 bits = cursor_rows >> y & 1 ? 0xFF : font_8x16[what.glyph][y];
        u8 pixels[font_width * PixelBytes];
        for (u32 x = 0; x < font_width; ++x) {
            const u32 pixel = bits & (0x80u >> x) ? ink : paper;
            for (u32 byte = 0; byte < PixelBytes; ++byte)
                pixels[x * PixelBytes + byte] = static_cast<u8>(pixel >> (8 * byte));
        }
        __builtin_memcpy(line, pixels, sizeof pixels);
    }
}
