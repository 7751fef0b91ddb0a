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

// Memory that never ends: behind the head every word is 20, which is a map entry
// (or a tag) of that size, and of a type that nobody knows.
class endless_memory final : public physical_reader {
public:
    bool read(u64 physical, void* to, size_t size) const override {
        ++reads;
        for (size_t i = 0; i < size; ++i) {
            const u64 offset = physical + i - image.base;
            static_cast<u8*>(to)[i] =
                offset < head_size ? head[offset] : physical % 4 == 0 && i % 4 == 0 ? 20 : 0;
        }
        return true;
    }

    static constexpr size_t head_size = 52;
    u8 head[head_size] = {};
    mutable u32 reads = 0;
};

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

TEST(multiboot, lists_that_never_end_are_left) {
    endless_memory endless;
    endless.head[0] = 1 << 6 | 1 << 3;                     // map and modules
    for (int i = 20; i < 28; ++i) endless.head[i] = 0xFF;  // modules
    for (int i = 44; i < 48; ++i) endless.head[i] = 0xFF;  // length of the map,
    endless.head[51] = 1;                                  // which is not near the head
    EXPECT_TRUE(capture_boot_info(MULTIBOOT1_MAGIC, image.base, endless, out) == nullptr);
    EXPECT_TRUE(has_note(out, "broken off"));
    EXPECT_LE(endless.reads, 10000u);

    endless.reads = 0;
    for (int i = 0; i < 4; ++i) endless.head[i] = 0xFF;
    for (size_t i = 8; i < endless.head_size; ++i) endless.head[i] = i % 4 == 0 ? 20 : 0;
    EXPECT_TRUE(capture_boot_info(MULTIBOOT2_MAGIC, image.base, endless, out) == nullptr);
    EXPECT_TRUE(has_note(out, "too many tags"));
    EXPECT_LE(endless.reads, 10000u);
}
