#include "boot/memory_image.hpp"
#include "boot/multiboot.hpp"

#include <test.hpp>

namespace {

memory_image& image = test_image;
boot_info& out = test_boot_info;

constexpr u32 info = memory_image::base;

enum : u32 { memory = 1, line = 4, modules = 8, map = 64, loader = 512, screen = 4096 };

void start(u32 flags) {
    image.clear();
    image.put(info, flags);
    image.put(info + 4, u32{639});
    image.put(info + 8, u32{31u * 1024});
    image.go_to(info + 128);
}

void set_map(u32 address, u32 length) {
    image.put(info + 44, length);
    image.put(info + 48, address);
}

u32 add_entry(u64 base, u64 length, u32 type, u32 size = 20) {
    const u32 at = image.add(size);
    image.add(base);
    image.add(length);
    image.add(type);
    return at;
}

u32 add_module(u32 start, u32 end, u32 name) {
    const u32 at = image.add(start);
    image.add(end);
    image.add(name);
    image.add(u32{0});
    return at;
}

bool capture() { return capture_boot_info(MULTIBOOT1_MAGIC, info, image, out) == nullptr; }

}  // namespace

TEST(multiboot1, takes_everything_from_an_honest_loader) {
    start(memory | line | modules | map | loader | screen);
    image.put(info + 16, image.add_text("selftest=slab* quiet"));
    image.put(info + 64, image.add_text("GRUB 2.06"));
    const u32 name = image.add_text("root.cpio.gz extra words");
    image.put(info + 20, u32{1});
    image.put(info + 24, add_module(0x400000, 0x480123, name));
    const u32 first = add_entry(0, 0x9FC00, E820_RAM);
    add_entry(0x9FC00, 0x400, E820_RESERVED);
    add_entry(0x100000000, 0x40000000, E820_RAM);
    set_map(first, image.here() - first);
    image.put(info + 88, u64{0xFD000000});
    image.put(info + 96, u32{4096});
    image.put(info + 100, u32{1024});
    image.put(info + 104, u32{768});
    image.put(info + 108, u8{32});
    image.put(info + 109, u8{1});
    const u8 colours[6] = {16, 8, 8, 8, 0, 8};
    image.put(info + 110, colours);

    ASSERT_TRUE(capture());
    EXPECT_EQ(out.note_count, 0u);
    EXPECT_STREQ(out.command_line, "selftest=slab* quiet");
    EXPECT_STREQ(out.loader, "GRUB 2.06");
    ASSERT_EQ(out.module_count, 1u);
    EXPECT_EQ(out.modules[0].start, 0x400000u);
    EXPECT_EQ(out.modules[0].end, 0x480123u);
    EXPECT_STREQ(out.modules[0].name, "root.cpio.gz extra words");
    ASSERT_EQ(out.e820_count, 3u);
    EXPECT_TRUE(out.e820[1] == (e820_entry{0x9FC00, 0x400, E820_RESERVED}));
    EXPECT_TRUE(out.e820[2] == (e820_entry{0x100000000, 0x40000000, E820_RAM}));
    EXPECT_EQ(out.framebuffer.kind, boot_framebuffer::linear);
    EXPECT_EQ(out.framebuffer.width, 1024u);
    EXPECT_EQ(out.framebuffer.red_shift, 16u);
    EXPECT_FALSE(out.efi);
}

TEST(multiboot1, finds_the_colours_where_grub_puts_them) {
    start(1 << 12);
    image.put(info + 88, u64{0xFD000000});
    image.put(info + 96, u32{4096});
    image.put(info + 100, u32{1024});
    image.put(info + 104, u32{768});
    image.put(info + 108, u8{32});
    image.put(info + 109, u8{1});
    const u8 colours[8] = {0, 0, 16, 8, 8, 8, 0, 8};
    image.put(info + 110, colours);
    ASSERT_TRUE(capture());
    EXPECT_EQ(out.framebuffer.kind, boot_framebuffer::linear);
    EXPECT_EQ(out.framebuffer.red_shift, 16u);
    EXPECT_EQ(out.framebuffer.blue_shift, 0u);
    EXPECT_EQ(out.framebuffer.blue_bits, 8u);
}

TEST(multiboot1, without_flags_nothing_counts_and_the_screen_is_vga_text) {
    start(0);
    image.put(info + 16, u32{info});
    image.put(info + 20, u32{7});
    set_map(info, 1000);
    ASSERT_TRUE(capture());
    EXPECT_EQ(out.e820_count, 0u);
    EXPECT_EQ(out.module_count, 0u);
    EXPECT_STREQ(out.command_line, "");
    EXPECT_TRUE(has_note(out, "nothing from the boot loader"));
    EXPECT_EQ(out.framebuffer.kind, boot_framebuffer::vga_text);
    EXPECT_EQ(out.framebuffer.address, 0xB8000u);
}

TEST(multiboot1, falls_back_on_the_basic_sizes) {
    start(memory);
    ASSERT_TRUE(capture());
    ASSERT_EQ(out.e820_count, 2u);
    EXPECT_TRUE(out.e820[0] == (e820_entry{0, 639 * 1024, E820_RAM}));
    EXPECT_TRUE(out.e820[1] == (e820_entry{0x100000, u64{31} << 20, E820_RAM}));
    EXPECT_EQ(out.note_count, 1u);

    start(memory | map);  // an empty map
    ASSERT_TRUE(capture());
    EXPECT_EQ(out.e820_count, 2u);

    start(memory | map);  // one that is not there
    set_map(0x90000000, 240);
    ASSERT_TRUE(capture());
    EXPECT_EQ(out.e820_count, 2u);
    EXPECT_TRUE(has_note(out, "broken off"));
}

TEST(multiboot1, entries_may_be_longer_than_we_know) {
    start(map);
    const u32 first = add_entry(0, 0x9FC00, E820_RAM, 24);
    image.add(u32{1});
    add_entry(0x100000, 0x100000, E820_RAM, 20);
    set_map(first, image.here() - first);
    ASSERT_TRUE(capture());
    EXPECT_EQ(out.e820_count, 2u);
    EXPECT_EQ(out.note_count, 0u);
}

TEST(multiboot1, a_lying_map_is_broken_off_and_said_so) {
    for (u32 size : {0u, 19u, 0xFFFFFFFFu}) {
        start(map);
        const u32 first = add_entry(0, 0x9FC00, E820_RAM);
        add_entry(0x100000, 0x100000, E820_RAM, size);
        add_entry(0x200000, 0x100000, E820_RAM);
        set_map(first, image.here() - first);
        ASSERT_TRUE(capture());
        EXPECT_EQ(out.e820_count, size < 20 ? 1u : 2u);
        EXPECT_EQ(out.note_count, 1u);
    }

    start(map);  // a length that ends inside an entry
    const u32 first = add_entry(0, 0x9FC00, E820_RAM);
    add_entry(0x100000, 0x100000, E820_RAM);
    set_map(first, 24 + 23);
    ASSERT_TRUE(capture());
    EXPECT_EQ(out.e820_count, 1u);
    EXPECT_TRUE(has_note(out, "broken off"));

    start(map);  // at the top of memory, round to the bottom
    set_map(0xFFFFFFF0, 0xFFFFFFFF);
    ASSERT_TRUE(capture());
    EXPECT_EQ(out.e820_count, 0u);
}

TEST(multiboot1, a_long_map_loses_no_reserved_range) {
    start(map);
    const u32 first = image.here();
    for (u64 i = 0; i < 140; ++i) add_entry(i << 20, 0x80000, E820_RAM);
    for (u64 i = 0; i < 60; ++i) add_entry(i << 20, 0x1000, E820_RESERVED);
    set_map(first, image.here() - first);
    ASSERT_TRUE(capture());
    u32 reserved = 0;
    for (const e820_entry& entry : out.map()) reserved += entry.type == E820_RESERVED;
    EXPECT_EQ(reserved, 60u);
    EXPECT_EQ(out.e820_count, 128u);
    EXPECT_TRUE(has_note(out, "more entries than fit"));
}

TEST(multiboot1, modules_are_counted_with_suspicion) {
    start(modules);
    const u32 name = image.add_text("a");
    const u32 first = add_module(0x300000, 0x200000, name);
    add_module(0x200000, 0x300000, 0xFFFFFFFF);
    image.end_at(image.here());
    image.put(info + 20, u32{0xFFFFFFFF});
    image.put(info + 24, first);
    ASSERT_TRUE(capture());
    ASSERT_EQ(out.module_count, 1u);
    EXPECT_EQ(out.modules[0].start, 0x200000u);
    EXPECT_STREQ(out.modules[0].name, "");
    EXPECT_TRUE(has_note(out, "ends before it starts"));
    EXPECT_TRUE(has_note(out, "a module's name"));
    EXPECT_TRUE(has_note(out, "cannot be read to its end"));

    start(modules);
    const u32 many = image.here();
    for (u32 i = 0; i < 20; ++i) add_module(0x200000 + i, 0x200001 + i, name);
    image.put(info + 20, u32{20});
    image.put(info + 24, many);
    ASSERT_TRUE(capture());
    EXPECT_EQ(out.module_count, 16u);
    EXPECT_TRUE(has_note(out, "more modules"));
}

TEST(multiboot1, an_overlong_command_line_is_cut) {
    start(line);
    const u32 at = image.here();
    for (u32 i = 0; i < boot_info::max_command_line + 10; ++i) image.add('x');
    image.add('\0');
    image.put(info + 16, at);
    ASSERT_TRUE(capture());
    EXPECT_EQ(std::string_view(out.command_line).size(), boot_info::max_command_line - 1);
    EXPECT_TRUE(has_note(out, "command line"));

    // One that just fits is left alone.
    image.put(at + boot_info::max_command_line - 1, '\0');
    ASSERT_TRUE(capture());
    EXPECT_EQ(std::string_view(out.command_line).size(), boot_info::max_command_line - 1);
    EXPECT_EQ(has_note(out, "command line"), false);
}

TEST(multiboot1, the_information_may_end_early) {
    start(memory | loader | screen);
    image.end_at(info + 52);
    ASSERT_TRUE(capture());
    EXPECT_EQ(out.e820_count, 2u);
    EXPECT_STREQ(out.loader, "");
    EXPECT_EQ(out.framebuffer.kind, boot_framebuffer::none);
    EXPECT_TRUE(has_note(out, "screen"));

    image.end_at(info + 51);
    EXPECT_FALSE(capture());
}

TEST(multiboot1, takes_the_text_screen_that_grub_describes) {
    start(screen);
    image.put(info + 88, u64{0xB8000});
    image.put(info + 96, u32{160});
    image.put(info + 100, u32{80});
    image.put(info + 104, u32{25});
    image.put(info + 108, u8{16});
    image.put(info + 109, u8{2});
    ASSERT_TRUE(capture());
    EXPECT_EQ(out.framebuffer.kind, boot_framebuffer::vga_text);
    EXPECT_EQ(out.framebuffer.height, 25u);

    image.put(info + 109, u8{0});  // a palette
    ASSERT_TRUE(capture());
    EXPECT_EQ(out.framebuffer.kind, boot_framebuffer::none);
    EXPECT_TRUE(has_note(out, "palette"));
}
