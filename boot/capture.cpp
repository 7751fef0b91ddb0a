#include "boot/capture.hpp"

namespace {

constexpr u64 vga_start = 0xA0000;
constexpr u64 vga_end = 0xC0000;

constexpr u32 largest_side = 16384;  // pixels, or columns

// Deeper colours are drawn by their eight highest bits.
bool set_colour(const u8 raw[2], u8 bits_per_pixel, u8& shift, u8& bits) {
    if (raw[1] == 0 || raw[0] + raw[1] > bits_per_pixel) return false;
    bits = min_of<u8>(raw[1], 8);
    shift = static_cast<u8>(raw[0] + raw[1] - bits);
    return true;
}

bool is_text_screen(const raw_framebuffer& raw) {
    if (raw.width == 0 || raw.height == 0) return false;
    if (raw.width > largest_side || raw.height > largest_side) return false;
    if (raw.pitch < 2 * raw.width) return false;
    if (raw.address < vga_start || raw.address >= vga_end) return false;
    return u64{raw.pitch} * raw.height <= vga_end - raw.address;
}

// The picture, or `none`.
boot_framebuffer linear_screen(const raw_framebuffer& raw) {
    boot_framebuffer screen;
    const u8 depth = raw.bits_per_pixel == 15 ? 16 : raw.bits_per_pixel;
    if (depth != 16 && depth != 24 && depth != 32) return {};
    if (raw.width == 0 || raw.height == 0) return {};
    if (raw.width > largest_side || raw.height > largest_side) return {};
    if (raw.pitch < raw.width * (depth / 8)) return {};
    const u64 size = u64{raw.pitch} * raw.height;
    if (raw.address == 0 || raw.address + size < raw.address) return {};
    if (!set_colour(raw.colours, depth, screen.red_shift, screen.red_bits) ||
        !set_colour(raw.colours + 2, depth, screen.green_shift, screen.green_bits) ||
        !set_colour(raw.colours + 4, depth, screen.blue_shift, screen.blue_bits))
        return {};

    screen.kind = boot_framebuffer::linear;
    screen.address = raw.address;
    screen.pitch = raw.pitch;
    screen.width = raw.width;
    screen.height = raw.height;
    screen.bits_per_pixel = depth;
    return screen;
}

}  // namespace

bool capture_text(const physical_reader& memory, u64 address, u64 limit,
                  std::span<char> to) {
    for (size_t i = 0; i < to.size(); ++i) {
        to[i] = '\0';
        char c;
        if (i == limit || !memory.read(address + i, c)) return false;
        if (c == '\0') return true;
        if (i + 1 == to.size()) return false;
        to[i] = c >= ' ' && c <= '~' ? c : ' ';
    }
    return false;
}

void capture_command_line(const physical_reader& memory, u64 address, u64 limit,
                          boot_info& out) {
    if (!capture_text(memory, address, limit, out.command_line))
        out.note("boot loader: the command line is too long, or has no end: cut");
}

void capture_loader_name(const physical_reader& memory, u64 address, u64 limit,
                         boot_info& out) {
    if (!capture_text(memory, address, limit, out.loader))
        out.note("boot loader: its name is too long, or has no end: cut");
}

bool capture_module(const physical_reader& memory, u64 start, u64 end, u64 name_address,
                    u64 name_limit, boot_info& out) {
    if (out.module_count == boot_info::max_modules) {
        out.note("boot loader: more modules than Loci takes, the last are left out");
        return false;
    }
    if (end <= start) {
        out.note("boot loader: a module is empty, or ends before it starts: dropped");
        return true;
    }
    boot_module& module = out.modules[out.module_count++];
    module.start = start;
    module.end = end;
    module.name[0] = '\0';
    if (name_address != 0 && !capture_text(memory, name_address, name_limit, module.name))
        out.note("boot loader: a module's name is too long, or has no end: cut");
    return true;
}

bool framebuffer_makes_sense(const raw_framebuffer& raw) {
    if (raw.type == FRAMEBUFFER_TEXT) return is_text_screen(raw);
    return raw.type == FRAMEBUFFER_RGB && linear_screen(raw).kind != boot_framebuffer::none;
}

void capture_framebuffer(const raw_framebuffer& raw, boot_info& out) {
    out.framebuffer = {};
    switch (raw.type) {
        case FRAMEBUFFER_RGB: out.framebuffer = linear_screen(raw); break;
        case FRAMEBUFFER_TEXT:
            if (is_text_screen(raw)) {
                out.framebuffer.kind = boot_framebuffer::vga_text;
                out.framebuffer.address = raw.address;
                out.framebuffer.pitch = raw.pitch;
                out.framebuffer.width = raw.width;
                out.framebuffer.height = raw.height;
                out.framebuffer.bits_per_pixel = 16;
            }
            break;
        case FRAMEBUFFER_INDEXED:
            return out.note("boot loader: a screen with a palette, of no use to Loci");
        default: break;
    }
    if (out.framebuffer.kind == boot_framebuffer::none)
        out.note("boot loader: what it says of the screen makes no sense");
}

boot_framebuffer vga_text_screen() {
    boot_framebuffer screen;
    screen.kind = boot_framebuffer::vga_text;
    screen.address = 0xB8000;
    screen.pitch = 160;
    screen.width = 80;
    screen.height = 25;
    screen.bits_per_pixel = 16;
    return screen;
}

void capture_basic_memory(u32 lower_kib, u32 upper_kib, boot_info& out) {
    out.note("memory map: none from the boot loader, taking the sizes it gives");
    const u64 lower = min_of(lower_kib, 640u);
    if (lower != 0) out.add_e820({0, lower * 1024, E820_RAM});
    if (upper_kib != 0) out.add_e820({0x100000, u64{upper_kib} * 1024, E820_RAM});
}
