#include "boot/multiboot.hpp"

#include <new>
#include <string_view>

namespace {

// QEMU puts the kernel's file name in front of the command line (GRUB does not).
void drop_first_word(char* line) {
    const char* rest = line;
    while (*rest == ' ') ++rest;
    while (*rest != '\0' && *rest != ' ') ++rest;
    while (*rest == ' ') ++rest;
    while ((*line++ = *rest++) != '\0') {}
}

const char* capture(u32 magic, u32 info_address, const physical_reader& memory,
                    boot_info& out) {
    switch (magic) {
        case MULTIBOOT1_MAGIC: return capture_multiboot1(info_address, memory, out);
        case MULTIBOOT2_MAGIC: return capture_multiboot2(info_address, memory, out);
        default: return "not started by a multiboot loader";
    }
}

}  // namespace

const char* capture_boot_info(u32 magic, u32 info_address, const physical_reader& memory,
                              boot_info& out) {
    new (&out) boot_info;  // in place: no copy of it ever stands on the stack
    const char* error = capture(magic, info_address, memory, out);
    if (!error && std::string_view(out.loader) == "qemu") drop_first_word(out.command_line);
    return error;
}
