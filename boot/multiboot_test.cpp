#include "boot/multiboot.hpp"

#include "boot/memory_image.hpp"

#include <test.hpp>

namespace {

memory_image& image = test_image;
boot_info& out = test_boot_info;

// A Multiboot 1 head with a loader's name and a command line, nothing else.
const char* captured(std::string_view loader, std::string_view line,
                     u32 magic = MULTIBOOT1_MAGIC) {
    image.clear();
    image.put(image.base, u32{1 << 2 | 1 << 9});
    image.go_to(image.base + 128);
    image.put(image.base + 64, image.add_text(loader));
    image.put(image.base + 16, image.add_text(line));
    return capture_boot_info(magic, image.base, image, out);
}

}  // namespace

TEST(multiboot, refuses_other_loaders_and_what_it_cannot_read) {
    EXPECT_TRUE(captured("x", "y", 0x12345678) != nullptr);
    EXPECT_STREQ(out.command_line, "");
    EXPECT_TRUE(capture_boot_info(MULTIBOOT1_MAGIC, 0, image, out) != nullptr);
    EXPECT_TRUE(capture_boot_info(MULTIBOOT2_MAGIC, 0xFFFFFFFC, image, out) != nullptr);
    EXPECT_TRUE(captured("x", "y") == nullptr);
}

TEST(multiboot, qemu_puts_the_file_name_first_and_it_goes) {
    const auto line_of = [](std::string_view loader, std::string_view line) {
        EXPECT_TRUE(captured(loader, line) == nullptr);
        return std::string_view(out.command_line);
    };
    EXPECT_TRUE(line_of("qemu", "build/loci.elf selftest panic=1") == "selftest panic=1");
    EXPECT_TRUE(line_of("qemu", "loci.elf ") == "");
    EXPECT_TRUE(line_of("qemu", "loci.elf") == "");
    EXPECT_TRUE(line_of("qemu", "") == "");
    EXPECT_TRUE(line_of("qemu", "  loci.elf   a  b") == "a  b");
    EXPECT_TRUE(line_of("GRUB 2.06", "selftest panic=1") == "selftest panic=1");
    EXPECT_TRUE(line_of("qemu2", "a b") == "a b");
}

TEST(multiboot, each_capture_starts_from_scratch) {
    out.note("from before");
    out.module_count = 3;
    out.efi = true;
    EXPECT_TRUE(captured("loader", "line") == nullptr);
    EXPECT_FALSE(has_note(out, "from before"));
    EXPECT_EQ(out.module_count, 0u);
    EXPECT_FALSE(out.efi);
}
