#include "boot/memory_image.hpp"
#include "boot/multiboot.hpp"

#include <test.hpp>

namespace {

memory_image& image = test_image;
boot_info& out = test_boot_info;

constexpr u32 info = memory_image::base;

void start() {
    image.clear();
    image.go_to(info + 8);
}

// A tag is begun, filled by image.add, and ended.
u32 begin(u32 type) {
    image.go_to((image.here() + 7) & ~7u);
    const u32 at = image.add(type);
    image.add(u32{0});
    return at;
}

void end(u32 tag) { image.put(tag + 4, image.here() - tag); }

void add_tag(u32 type, std::string_view text) {
    const u32 tag = begin(type);
    image.add_text(text);
    end(tag);
}

void add_map(u32 entry_size = 24, u32 entries = 2) {
    const u32 tag = begin(6);
    image.add(entry_size);
    image.add(u32{0});
    for (u64 i = 0; i < entries; ++i) {
        const u32 entry = image.here();
        image.add(i << 20);
        image.add(u64{0x80000});
        image.add(u32{i % 2 ? E820_RESERVED : E820_RAM});
        image.go_to(entry + entry_size);
    }
    end(tag);
}

void add_module(u32 from, u32 to, std::string_view name) {
    const u32 tag = begin(3);
    image.add(from);
    image.add(to);
    image.add_text(name);
    end(tag);
}

void add_rsdp(u32 type, u32 size, std::string_view signature = "RSD PTR ") {
    const u32 tag = begin(type);
    image.put_text(image.here(), signature);
    image.put(image.here() + 15, static_cast<u8>(type));
    image.go_to(image.here() + size);
    end(tag);
}

u32 add_screen(u8 type, bool with_colours = true) {
    const u32 tag = begin(8);
    image.add(u64{type == 2 ? 0xB8000u : 0xC0000000u});
    image.add(u32{type == 2 ? 160u : 2400u});
    image.add(u32{type == 2 ? 80u : 800u});
    image.add(u32{type == 2 ? 25u : 600u});
    image.add(u8{24});
    image.add(type);
    image.add(u16{0});
    const u8 colours[6] = {16, 8, 8, 8, 0, 8};
    if (with_colours) image.add(colours);
    end(tag);
    return tag;
}

void finish() {
    begin(0);
    image.put(image.here() - 4, u32{8});
    image.put(info, image.here() - info);
}

bool capture() { return capture_boot_info(MULTIBOOT2_MAGIC, info, image, out) == nullptr; }

}  // namespace

TEST(multiboot2, takes_everything_from_an_honest_loader) {
    start();
    add_tag(1, "console=ttyS0 quiet");
    add_tag(2, "GRUB 2.06");
    add_module(0x500000, 0x600001, "root.cpio");
    add_module(0x700000, 0x700010, "");
    add_map();
    add_screen(1);
    add_rsdp(14, 20);
    add_rsdp(15, 36);
    const u32 efi = begin(12);
    image.add(u64{0x7F000000});
    end(efi);
    finish();

    ASSERT_TRUE(capture());
    EXPECT_EQ(out.note_count, 0u);
    EXPECT_STREQ(out.command_line, "console=ttyS0 quiet");
    EXPECT_STREQ(out.loader, "GRUB 2.06");
    ASSERT_EQ(out.module_count, 2u);
    EXPECT_EQ(out.modules[0].start, 0x500000u);
    EXPECT_EQ(out.modules[0].end, 0x600001u);
    EXPECT_STREQ(out.modules[0].name, "root.cpio");
    EXPECT_STREQ(out.modules[1].name, "");
    ASSERT_EQ(out.e820_count, 2u);
    EXPECT_TRUE(out.e820[1] == (e820_entry{0x100000, 0x80000, E820_RESERVED}));
    EXPECT_EQ(out.framebuffer.kind, boot_framebuffer::linear);
    EXPECT_EQ(out.framebuffer.bits_per_pixel, 24u);
    EXPECT_EQ(out.framebuffer.pitch, 2400u);
    EXPECT_EQ(out.framebuffer.red_shift, 16u);
    EXPECT_EQ(out.rsdp_length, 36u);
    EXPECT_EQ(out.rsdp[15], 15u);
    EXPECT_TRUE(out.efi);
}

TEST(multiboot2, the_newer_acpi_pointer_wins_in_either_order) {
    start();
    add_rsdp(15, 36);
    add_rsdp(14, 20);
    finish();
    ASSERT_TRUE(capture());
    EXPECT_EQ(out.rsdp_length, 36u);
    EXPECT_EQ(out.rsdp[15], 15u);

    start();
    add_rsdp(14, 20);
    finish();
    ASSERT_TRUE(capture());
    EXPECT_EQ(out.rsdp_length, 20u);
}

TEST(multiboot2, an_acpi_pointer_is_bounded_and_signed) {
    start();
    add_rsdp(15, 100);
    finish();
    ASSERT_TRUE(capture());
    EXPECT_EQ(out.rsdp_length, 36u);

    start();
    add_rsdp(14, 19);
    add_rsdp(15, 36, "RSD PTR!");
    finish();
    ASSERT_TRUE(capture());
    EXPECT_EQ(out.rsdp_length, 0u);
    EXPECT_EQ(out.note_count, 3u);  // one each, and no memory map
}

TEST(multiboot2, without_a_framebuffer_the_screen_is_vga_text_but_not_under_efi) {
    start();
    finish();
    ASSERT_TRUE(capture());
    EXPECT_EQ(out.framebuffer.kind, boot_framebuffer::vga_text);

    start();
    const u32 efi = begin(11);
    image.add(u32{0x7F000000});
    end(efi);
    finish();
    ASSERT_TRUE(capture());
    EXPECT_TRUE(out.efi);
    EXPECT_EQ(out.framebuffer.kind, boot_framebuffer::none);
}

TEST(multiboot2, a_framebuffer_without_colours_is_text_or_nothing) {
    start();
    add_screen(2, false);
    finish();
    ASSERT_TRUE(capture());
    EXPECT_EQ(out.framebuffer.kind, boot_framebuffer::vga_text);

    start();
    add_screen(1, false);
    finish();
    ASSERT_TRUE(capture());
    EXPECT_EQ(out.framebuffer.kind, boot_framebuffer::none);
    EXPECT_TRUE(has_note(out, "shorter"));
}

TEST(multiboot2, falls_back_on_the_basic_sizes_wherever_their_tag_stands) {
    for (bool with_map : {false, true}) {
        start();
        const u32 tag = begin(4);
        image.add(u32{639});
        image.add(u32{1024});
        end(tag);
        if (with_map) add_map();
        finish();
        ASSERT_TRUE(capture());
        ASSERT_EQ(out.e820_count, 2u);
        EXPECT_EQ(out.e820[1].type, u32{with_map ? E820_RESERVED : E820_RAM});
        EXPECT_EQ(out.note_count, with_map ? 0u : 1u);
    }
}

TEST(multiboot2, maps_of_other_entry_sizes) {
    start();
    add_map(40, 3);
    finish();
    ASSERT_TRUE(capture());
    EXPECT_EQ(out.e820_count, 3u);
    EXPECT_EQ(out.note_count, 0u);

    for (u32 size : {0u, 16u, 19u}) {
        start();
        add_map(size, 1);
        finish();
        ASSERT_TRUE(capture());
        EXPECT_EQ(out.e820_count, 0u);
        EXPECT_TRUE(has_note(out, "too small"));
    }

    start();  // an entry size beyond the tag, and beyond 32 bits in two steps
    add_map(24, 1);
    image.put(info + 8 + 8, u32{0xFFFFFFF8});
    finish();
    ASSERT_TRUE(capture());
    EXPECT_EQ(out.e820_count, 1u);
}

TEST(multiboot2, a_map_that_ends_inside_an_entry) {
    start();
    add_map(24, 2);
    image.put(info + 8 + 4, u32{16 + 24 + 19});
    finish();
    ASSERT_TRUE(capture());
    EXPECT_EQ(out.e820_count, 1u);
    EXPECT_TRUE(has_note(out, "broken off"));
}

TEST(multiboot2, texts_end_with_their_tag) {
    start();
    const u32 tag = begin(1);
    image.put_text(image.here(), "quietXXXX");
    image.go_to(image.here() + 5);
    end(tag);
    finish();
    ASSERT_TRUE(capture());
    EXPECT_STREQ(out.command_line, "quiet");
    EXPECT_TRUE(has_note(out, "command line"));
}

TEST(multiboot2, a_wrong_tag_size_ends_the_walk) {
    for (u32 size : {0u, 7u, 0x10000u, 0xFFFFFFFFu}) {
        start();
        add_tag(2, "loader");
        const u32 bad = begin(1);
        image.add_text("line");
        end(bad);
        image.put(bad + 4, size);
        finish();
        ASSERT_TRUE(capture());
        EXPECT_STREQ(out.loader, "loader");
        EXPECT_STREQ(out.command_line, "");
        EXPECT_TRUE(has_note(out, "size is wrong"));
    }
}

TEST(multiboot2, a_missing_end_is_noted) {
    start();
    add_tag(2, "loader");
    finish();
    for (u32 total : {24u, 30u}) {  // before the end tag, and in it
        image.put(info, total);
        ASSERT_TRUE(capture());
        EXPECT_STREQ(out.loader, "loader");
        EXPECT_TRUE(has_note(out, "has no end"));
    }
    image.put(info, u32{0xFFFFFFFF});  // too large, but there is an end tag
    ASSERT_TRUE(capture());
    EXPECT_FALSE(has_note(out, "has no end"));

    image.put(info, u32{7});
    EXPECT_FALSE(capture());
}

TEST(multiboot2, memory_that_ends_under_the_tags) {
    start();
    add_tag(2, "loader");
    add_module(0x500000, 0x600000, "name");
    finish();
    image.end_at(info + 8 + 16 + 14);  // inside the module's numbers
    ASSERT_TRUE(capture());
    EXPECT_STREQ(out.loader, "loader");
    EXPECT_EQ(out.module_count, 0u);
    EXPECT_TRUE(has_note(out, "shorter"));
    EXPECT_TRUE(has_note(out, "has no end"));
}

TEST(multiboot2, tags_without_end_are_not_walked_for_ever) {
    start();
    for (u32 i = 0; i < 900; ++i) {
        const u32 tag = begin(99);
        end(tag);
    }
    image.put(info, u32{0xFFFFFFFF});
    image.end_at(image.here());
    ASSERT_TRUE(capture());
    EXPECT_TRUE(has_note(out, "has no end"));
}

TEST(multiboot2, an_unaligned_address_is_noted_and_read) {
    start();
    add_tag(2, "loader");
    finish();
    // The same bytes, four further on.
    static u8 bytes[64];
    ASSERT_TRUE(image.read(info, bytes, sizeof bytes));
    image.put(info + 4, bytes);
    ASSERT_TRUE(capture_boot_info(MULTIBOOT2_MAGIC, info + 4, image, out) == nullptr);
    EXPECT_STREQ(out.loader, "loader");
    EXPECT_TRUE(has_note(out, "aligned"));
}
