#include "boot/capture.hpp"

#include "boot/memory_image.hpp"

#include <test.hpp>

#include <new>

namespace {

memory_image& image = test_image;

boot_info& fresh() {
    image.clear();
    return *new (&test_boot_info) boot_info;
}

constexpr raw_framebuffer good_picture = {0xFD000000, 3200, 800, 600, 32, FRAMEBUFFER_RGB,
                                          {16, 8, 8, 8, 0, 8}};
constexpr raw_framebuffer good_text = {0xB8000, 160, 80, 25, 16, FRAMEBUFFER_TEXT, {}};

boot_framebuffer screen_of(const raw_framebuffer& raw) {
    boot_info& out = fresh();
    capture_framebuffer(raw, out);
    EXPECT_EQ(out.note_count, out.framebuffer.kind == boot_framebuffer::none ? 1u : 0u);
    return out.framebuffer;
}

template <class Change>
bool refused(raw_framebuffer raw, Change change) {
    change(raw);
    return screen_of(raw).kind == boot_framebuffer::none;
}

}  // namespace

TEST(capture, text_is_bounded_by_limit_array_and_memory) {
    fresh();
    char to[8];
    const u32 at = image.add_text("abcdefg");
    EXPECT_TRUE(capture_text(image, at, ~u64{0}, to));
    EXPECT_STREQ(to, "abcdefg");
    EXPECT_TRUE(capture_text(image, at, 8, to));
    EXPECT_FALSE(capture_text(image, at, 7, to));
    EXPECT_STREQ(to, "abcdefg");
    EXPECT_FALSE(capture_text(image, at, 0, to));
    EXPECT_STREQ(to, "");

    image.put_text(at, "abcdefghij");
    EXPECT_FALSE(capture_text(image, at, ~u64{0}, to));
    EXPECT_STREQ(to, "abcdefg");

    const u32 last = image.base + image.capacity - 3;
    image.put_text(last, "xyz");
    EXPECT_FALSE(capture_text(image, last, ~u64{0}, to));
    EXPECT_STREQ(to, "xyz");
    EXPECT_FALSE(capture_text(image, 0xFFFFFFFF, ~u64{0}, to));
    EXPECT_STREQ(to, "");
}

TEST(capture, text_holds_nothing_a_terminal_would_obey) {
    fresh();
    char to[16];
    const u32 at = image.add_text("a\x1b[2J\n\x7f\xff" "b");
    EXPECT_TRUE(capture_text(image, at, ~u64{0}, to));
    EXPECT_STREQ(to, "a [2J   b");
}

TEST(capture, modules_that_make_no_sense_are_left_out) {
    boot_info& out = fresh();
    const u32 name = image.add_text("root.cpio");
    EXPECT_TRUE(capture_module(image, 0x200000, 0x200000, name, 64, out));
    EXPECT_TRUE(capture_module(image, 0x300000, 0x200000, name, 64, out));
    EXPECT_EQ(out.module_count, 0u);
    EXPECT_EQ(out.note_count, 1u);
    EXPECT_TRUE(capture_module(image, 0x200000, 0x200001, name, 64, out));
    EXPECT_TRUE(capture_module(image, 0x300000, 0x300001, 0, 64, out));
    ASSERT_EQ(out.module_count, 2u);
    EXPECT_STREQ(out.modules[0].name, "root.cpio");
    EXPECT_EQ(out.modules[0].end, 0x200001u);
    EXPECT_STREQ(out.modules[1].name, "");
}

TEST(capture, as_many_modules_as_there_are_places) {
    boot_info& out = fresh();
    for (u32 i = 0; i < boot_info::max_modules; ++i)
        EXPECT_TRUE(capture_module(image, 0x100000 * i + 1, 0x100000 * i + 2, 0, 0, out));
    EXPECT_EQ(out.note_count, 0u);
    EXPECT_FALSE(capture_module(image, 1, 2, 0, 0, out));
    EXPECT_EQ(out.module_count, u32{boot_info::max_modules});
    EXPECT_TRUE(has_note(out, "more modules"));
}

TEST(capture, a_picture_is_taken_as_described) {
    const boot_framebuffer screen = screen_of(good_picture);
    EXPECT_EQ(screen.kind, boot_framebuffer::linear);
    EXPECT_EQ(screen.address, 0xFD000000u);
    EXPECT_EQ(screen.pitch, 3200u);
    EXPECT_EQ(screen.width, 800u);
    EXPECT_EQ(screen.height, 600u);
    EXPECT_EQ(screen.bits_per_pixel, 32u);
    EXPECT_EQ(screen.red_shift, 16u);
    EXPECT_EQ(screen.green_shift, 8u);
    EXPECT_EQ(screen.blue_shift, 0u);
    EXPECT_EQ(screen.blue_bits, 8u);
}

TEST(capture, odd_depths_are_mended) {
    raw_framebuffer raw = good_picture;
    raw.bits_per_pixel = 15;
    const u8 high_colour[6] = {10, 5, 5, 5, 0, 5};
    for (int i = 0; i < 6; ++i) raw.colours[i] = high_colour[i];
    EXPECT_EQ(screen_of(raw).bits_per_pixel, 16u);

    raw.bits_per_pixel = 32;
    const u8 deep_colour[6] = {20, 10, 10, 10, 0, 10};
    for (int i = 0; i < 6; ++i) raw.colours[i] = deep_colour[i];
    const boot_framebuffer screen = screen_of(raw);
    EXPECT_EQ(screen.red_shift, 22u);
    EXPECT_EQ(screen.green_shift, 12u);
    EXPECT_EQ(screen.blue_shift, 2u);
    EXPECT_EQ(screen.blue_bits, 8u);
}

TEST(capture, pictures_that_cannot_be_drawn_on_are_refused) {
    using raw = raw_framebuffer;
    EXPECT_TRUE(refused(good_picture, [](raw& r) { r.type = FRAMEBUFFER_INDEXED; }));
    EXPECT_TRUE(refused(good_picture, [](raw& r) { r.type = 3; }));
    EXPECT_TRUE(refused(good_picture, [](raw& r) { r.width = 0; }));
    EXPECT_TRUE(refused(good_picture, [](raw& r) { r.height = 0; }));
    EXPECT_TRUE(refused(good_picture, [](raw& r) { r.width = 801; }));
    EXPECT_TRUE(refused(good_picture, [](raw& r) { r.width = 0x40000001; }));
    EXPECT_TRUE(refused(good_picture, [](raw& r) { r.height = 16385; }));
    EXPECT_TRUE(refused(good_picture, [](raw& r) { r.pitch = 3199; }));
    EXPECT_TRUE(refused(good_picture, [](raw& r) { r.bits_per_pixel = 8; }));
    EXPECT_TRUE(refused(good_picture, [](raw& r) { r.bits_per_pixel = 0; }));
    EXPECT_TRUE(refused(good_picture, [](raw& r) { r.address = 0; }));
    EXPECT_TRUE(refused(good_picture, [](raw& r) { r.address = ~u64{0} - 0x1000; }));
    EXPECT_TRUE(refused(good_picture, [](raw& r) { r.colours[1] = 0; }));
    EXPECT_TRUE(refused(good_picture, [](raw& r) { r.colours[2] = 25; }));
    EXPECT_TRUE(refused(good_picture, [](raw& r) { r.colours[4] = 255; }));
}

TEST(capture, a_text_screen_lies_in_vga_memory) {
    using raw = raw_framebuffer;
    const boot_framebuffer screen = screen_of(good_text);
    EXPECT_EQ(screen.kind, boot_framebuffer::vga_text);
    EXPECT_EQ(screen.width, 80u);
    EXPECT_EQ(screen.height, 25u);
    EXPECT_TRUE(refused(good_text, [](raw& r) { r.address = 0x100000; }));
    EXPECT_TRUE(refused(good_text, [](raw& r) { r.address = 0x9FFFF; }));
    EXPECT_TRUE(refused(good_text, [](raw& r) { r.width = 0; }));
    EXPECT_TRUE(refused(good_text, [](raw& r) { r.width = 0x80000000; }));
    EXPECT_TRUE(refused(good_text, [](raw& r) { r.pitch = 159; }));
    EXPECT_TRUE(refused(good_text, [](raw& r) { r.height = 205; }));
}

TEST(capture, basic_sizes_make_a_map_of_two_entries) {
    boot_info& out = fresh();
    capture_basic_memory(639, 0xFFFFFFFF, out);
    ASSERT_EQ(out.e820_count, 2u);
    EXPECT_TRUE(out.e820[0] == (e820_entry{0, 639 * 1024, E820_RAM}));
    EXPECT_TRUE(out.e820[1] == (e820_entry{0x100000, u64{0xFFFFFFFF} * 1024, E820_RAM}));
    EXPECT_EQ(out.note_count, 1u);

    boot_info& other = fresh();
    capture_basic_memory(100000, 0, other);
    ASSERT_EQ(other.e820_count, 1u);
    EXPECT_EQ(other.e820[0].length, 640u * 1024);
}
