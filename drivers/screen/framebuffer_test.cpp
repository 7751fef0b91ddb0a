#include "drivers/screen/framebuffer.hpp"

#include "drivers/screen/terminal.hpp"
#include "drivers/screen/test_surface.hpp"
#include "lib/test/scratch.hpp"

#include <test.hpp>

namespace {

constexpr u32 width = 43, height = 50;  // 5 x 3 characters and a margin
constexpr u32 columns = 5, rows = 3;
constexpr u32 padding = 5;              // makes lines start at odd addresses
constexpr u8 guard = 0xA5;
constexpr u32 memory_size = (width * 4 + padding) * height + 64;

using memory_bytes = u8[memory_size];
memory_bytes& memory() { return scratch_as<memory_bytes>(); }
u8* first_byte() { return memory() + 32; }

struct layout {
    u8 bits;
    u8 red_shift, red_bits, green_shift, green_bits, blue_shift, blue_bits;
};
constexpr layout layouts[] = {
    {15, 10, 5, 5, 5, 0, 5}, {16, 11, 5, 5, 6, 0, 5},  {16, 0, 5, 5, 6, 11, 5},
    {24, 16, 8, 8, 8, 0, 8}, {32, 16, 8, 8, 8, 0, 8},  {32, 8, 8, 16, 8, 24, 8},
};

boot_framebuffer describe(const layout& l) {
    boot_framebuffer info;
    info.kind = boot_framebuffer::linear;
    info.address = 0xFD000000;
    info.width = width;
    info.height = height;
    info.pitch = width * ((l.bits + 7u) / 8) + padding;
    info.bits_per_pixel = l.bits;
    info.red_shift = l.red_shift, info.red_bits = l.red_bits;
    info.green_shift = l.green_shift, info.green_bits = l.green_bits;
    info.blue_shift = l.blue_shift, info.blue_bits = l.blue_bits;
    return info;
}

void fill_with_guards() {
    for (u8& byte : memory()) byte = guard;
}

u32 pixel_at(const boot_framebuffer& info, u32 x, u32 y) {
    const u32 bytes = (info.bits_per_pixel + 7u) / 8;
    u32 value = 0;
    for (u32 i = bytes; i > 0; --i)
        value = value << 8 | first_byte()[y * info.pitch + x * bytes + i - 1];
    return value;
}

// Bytes that are no pixels and yet have changed.
u32 broken_guards(const boot_framebuffer& info) {
    const u32 bytes = info.width * ((info.bits_per_pixel + 7u) / 8);
    u32 broken = 0;
    for (u32 i = 0; i < memory_size; ++i) {
        const u32 offset = i - 32;
        const bool is_pixel =
            i >= 32 && offset / info.pitch < info.height && offset % info.pitch < bytes;
        if (!is_pixel && memory()[i] != guard) ++broken;
    }
    return broken;
}

// The glyph that stands there in `ink`; 0x100 for none.
u32 glyph_at(const boot_framebuffer& info, cell_position at, u32 ink) {
    const u32 left = at.column * font_width;
    const u32 top = at.row * font_height;
    for (u32 code = 0x20; code < 0x100; ++code) {
        bool same = true;
        for (u32 y = 0; same && y < font_height; ++y)
            for (u32 x = 0; same && x < font_width; ++x)
                same = (pixel_at(info, left + x, top + y) == ink) ==
                       ((font_8x16[code][y] & 0x80 >> x) != 0);
        if (same) return code;
    }
    return 0x100;
}

bool refused(void (*spoil)(boot_framebuffer&)) {
    boot_framebuffer info = describe(layouts[4]);
    spoil(info);
    return framebuffer_refusal(info) != nullptr;
}

}  // namespace

TEST(framebuffer, shows_text_in_every_layout_and_touches_pixels_only) {
    for (const layout& l : layouts) {
        const boot_framebuffer info = describe(l);
        ASSERT_TRUE(framebuffer_refusal(info) == nullptr);
        ASSERT_EQ(framebuffer_bytes(info), info.pitch * height - padding);
        fill_with_guards();
        framebuffer screen;
        screen.attach(info, first_byte());
        test_storage<columns * rows, columns> storage;
        terminal tty;
        tty.attach(screen, storage.view());
        EXPECT_EQ(tty.columns(), columns);
        EXPECT_EQ(tty.rows(), rows);
        tty.write("lost\none\n\x1b[91mT\xe2\x94\x82o\n\x1b[m@#$%&\x1b[?25l");
        EXPECT_EQ(broken_guards(info), 0u);

        const u32 grey = screen.pixel_of(light_grey);
        const char* const top = "one  ";
        const char* const bottom = "@#$%&";
        for (u32 column = 0; column < columns; ++column) {
            EXPECT_EQ(glyph_at(info, {column, 0}, grey), static_cast<u32>(top[column]));
            EXPECT_EQ(glyph_at(info, {column, 2}, grey), static_cast<u32>(bottom[column]));
        }
        EXPECT_EQ(glyph_at(info, {1, 1}, screen.pixel_of(light_red)), 0xB3u);
        EXPECT_EQ(pixel_at(info, width - 1, height - 1), 0u);
    }
}

TEST(framebuffer, mixes_colours_for_the_layout) {
    framebuffer screen;
    screen.attach(describe(layouts[0]), first_byte());
    EXPECT_EQ(screen.pixel_of(white), 0x7FFFu);
    EXPECT_EQ(screen.pixel_of(red), 0x15u << 10);
    screen.attach(describe(layouts[1]), first_byte());
    EXPECT_EQ(screen.pixel_of(white), 0xFFFFu);
    EXPECT_EQ(screen.pixel_of(light_green), (0x0Au << 11) | (0x3Fu << 5) | 0x0Au);
    screen.attach(describe(layouts[4]), first_byte());
    EXPECT_EQ(screen.pixel_of(brown), 0xAA5500u);
    screen.attach(describe(layouts[5]), first_byte());
    EXPECT_EQ(screen.pixel_of(brown), 0x0055AA00u);
}

TEST(framebuffer, the_cursor_underlines_and_leaves_no_trace) {
    const boot_framebuffer info = describe(layouts[3]);
    framebuffer screen;
    screen.attach(info, first_byte());
    screen.clear();
    const cell letter{'A', attribute_of(yellow, blue)};
    screen.show_cursor({2, 1}, letter);
    EXPECT_EQ(pixel_at(info, 16, 16 + 14), screen.pixel_of(yellow));
    EXPECT_EQ(glyph_at(info, {2, 1}, screen.pixel_of(yellow)), 0x100u);
    screen.hide_cursor({2, 1}, letter);
    EXPECT_EQ(glyph_at(info, {2, 1}, screen.pixel_of(yellow)), static_cast<u32>('A'));
    EXPECT_EQ(pixel_at(info, 16, 16), screen.pixel_of(blue));
}

TEST(framebuffer, refuses_what_cannot_be_right) {
    EXPECT_FALSE(refused([](boot_framebuffer&) {}));
    EXPECT_TRUE(refused([](boot_framebuffer& f) { f.kind = boot_framebuffer::vga_text; }));
    EXPECT_TRUE(refused([](boot_framebuffer& f) { f.bits_per_pixel = 8; }));
    EXPECT_TRUE(refused([](boot_framebuffer& f) { f.bits_per_pixel = 0; }));
    EXPECT_TRUE(refused([](boot_framebuffer& f) { f.pitch = f.width * 4 - 1; }));
    EXPECT_TRUE(refused([](boot_framebuffer& f) { f.pitch = 0xFFFFFFFF; }));
    EXPECT_TRUE(refused([](boot_framebuffer& f) { f.pitch = 131072 + 1; }));
    EXPECT_TRUE(refused([](boot_framebuffer& f) { f.width = 7; }));
    EXPECT_TRUE(refused([](boot_framebuffer& f) { f.height = 0; }));
    EXPECT_TRUE(refused([](boot_framebuffer& f) { f.width = 0x40000001; }));
    EXPECT_TRUE(refused([](boot_framebuffer& f) { f.height = 0xFFFFFFFF; }));
    EXPECT_TRUE(refused([](boot_framebuffer& f) { f.pitch = 131072, f.height = 16384; }));
    EXPECT_TRUE(refused([](boot_framebuffer& f) { f.address = 0; }));
    EXPECT_TRUE(refused([](boot_framebuffer& f) { f.address = ~u64{0} - 100; }));
    EXPECT_TRUE(refused([](boot_framebuffer& f) { f.red_bits = 0; }));
    EXPECT_TRUE(refused([](boot_framebuffer& f) { f.green_bits = 10; }));
    EXPECT_TRUE(refused([](boot_framebuffer& f) { f.blue_shift = 255; }));
    EXPECT_TRUE(refused([](boot_framebuffer& f) { f.red_shift = 25; }));
    EXPECT_TRUE(refused([](boot_framebuffer& f) { f.green_shift = f.red_shift; }));
}
