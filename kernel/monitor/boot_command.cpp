// boot: what the boot loader handed over, and what was wrong with it.
#include "lib/address.hpp"
#include "lib/boot_info.hpp"
#include "lib/command.hpp"

namespace {

void write_framebuffer(text_sink& out, const boot_framebuffer& screen) {
    switch (screen.kind) {
        case boot_framebuffer::none: out.write("screen        none\n"); break;
        case boot_framebuffer::vga_text:
            format_to(out, "screen        VGA text, {}x{} at {:#010x}\n", screen.width,
                      screen.height, screen.address);
            break;
        case boot_framebuffer::linear:
            format_to(out, "screen        {}x{}, {} bits, {} bytes a line, at {:#010x}\n",
                      screen.width, screen.height, screen.bits_per_pixel, screen.pitch,
                      screen.address);
            break;
    }
}

// Long lines are broken where the screen ends.
void write_broken(text_sink& out, std::string_view title, std::string_view text) {
    constexpr size_t room = 65;
    do {
        const size_t length = min_of(text.size(), room);
        format_to(out, "{:<14}{}\n", title, std::string_view(text.data(), length));
        text.remove_prefix(length);
        title = "";
    } while (!text.empty());
}

int show_boot(command_line&, text_sink& out) {
    const boot_info& boot = the_boot_info();
    write_broken(out, "loader", boot.loader[0] ? boot.loader : "(gave no name)");
    write_broken(out, "command line", boot.command_line);
    format_to(out, "firmware      {}, {}\n", boot.efi ? "EFI" : "BIOS",
              boot.rsdp_length ? "ACPI root pointer handed over" : "no ACPI root pointer");
    write_framebuffer(out, boot.framebuffer);
    format_to(out, "memory map    {} entries\n", boot.e820_count);
    format_to(out, "modules       {}\n", boot.module_count);
    for (const boot_module& module : boot.module_list()) {
        const std::string_view name = module.name;
        format_to(out, "  {:#012x}-{:#012x} {}\n", module.start, module.end,
                  std::string_view(name.data(), min_of(name.size(), size_t{46})));
    }
    for (u32 i = 0; i < boot.note_count; ++i)
        write_broken(out, i ? "" : "notes", boot.notes[i]);
    return 0;
}

}  // namespace

REGISTER(monitor_command, boot_command) = {
    .name = "boot",
    .usage = "boot",
    .help = "what the boot loader handed over",
    .run = show_boot,
};
