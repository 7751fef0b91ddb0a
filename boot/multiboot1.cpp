// Multiboot 1 (specification 0.6.96): one structure, whose flags say which of its
// fields mean anything.
#include "boot/capture.hpp"

namespace {

enum info_flags : u32 {
    HAS_MEMORY = 1 << 0,
    HAS_COMMAND_LINE = 1 << 2,
    HAS_MODULES = 1 << 3,
    HAS_MEMORY_MAP = 1 << 6,
    HAS_LOADER_NAME = 1 << 9,
    HAS_FRAMEBUFFER = 1 << 12,
};

// The part that every loader has written, whatever the flags say.
struct info_head {
    u32 flags;
    u32 mem_lower;  // KiB
    u32 mem_upper;  // KiB above 1 MiB
    u32 boot_device;
    u32 command_line;
    u32 module_count;
    u32 modules;
    u32 symbols[4];
    u32 map_length;
    u32 map;
};
static_assert(sizeof(info_head) == 52);
constexpr u64 loader_name_offset = 64;
constexpr u64 framebuffer_offset = 88;

struct [[gnu::packed]] info_framebuffer {
    u64 address;
    u32 pitch;
    u32 width;
    u32 height;
    u8 bits_per_pixel;
    u8 type;
    u8 colours[8];
};
static_assert(sizeof(info_framebuffer) == 30);
// The specification puts the colour fields right behind the type; GRUB, whose
// structure is aligned like any other, two bytes later.
constexpr unsigned colour_offsets[] = {0, 2};

struct module_entry {
    u32 start;
    u32 end;
    u32 name;
    u32 reserved;
};
static_assert(sizeof(module_entry) == 16);

// `size` does not count itself.
struct [[gnu::packed]] map_entry {
    u32 size;
    u64 base;
    u64 length;
    u32 type;
};
static_assert(sizeof(map_entry) == 24);
constexpr u32 smallest_map_entry = sizeof(map_entry) - sizeof(u32);

void capture_map(const info_head& info, const physical_reader& memory, boot_info& out) {
    u64 at = info.map;
    const u64 end = at + info.map_length;
    for (u32 step = 0; at < end; ++step) {
        map_entry entry;
        if (step == max_list_steps || end - at < sizeof entry || !memory.read(at, entry) ||
            entry.size < smallest_map_entry) {
            return out.note("memory map: broken off in the middle, the rest is not known");
        }
        out.add_e820({entry.base, entry.length, entry.type});
        at += sizeof entry.size + u64{entry.size};
    }
    if (at > end) out.note("memory map: its last entry is longer than the map");
}

void capture_modules(const info_head& info, const physical_reader& memory, boot_info& out) {
    for (u32 i = 0; i < info.module_count; ++i) {
        module_entry module;
        const u64 at = info.modules + u64{i} * sizeof module;
        if (i == max_list_steps || !memory.read(at, module))
            return out.note("boot loader: the list of modules cannot be read to its end");
        if (!capture_module(memory, module.start, module.end, module.name, ~u64{0}, out))
            return;
    }
}

void capture_screen(u32 info_address, const physical_reader& memory, boot_info& out) {
    info_framebuffer raw;
    if (!memory.read(info_address + framebuffer_offset, raw))
        return out.note("boot loader: what it says of the screen cannot be read");
    raw_framebuffer screen = {raw.address, raw.pitch, raw.width, raw.height,
                              raw.bits_per_pixel, raw.type, {}};
    // Whichever place describes colours that a pixel can hold.
    for (unsigned offset : colour_offsets) {
        for (unsigned i = 0; i < 6; ++i) screen.colours[i] = raw.colours[offset + i];
        if (framebuffer_makes_sense(screen)) break;
    }
    capture_framebuffer(screen, out);
}

}  // namespace

const char* capture_multiboot1(u32 info_address, const physical_reader& memory,
                               boot_info& out) {
    info_head info;
    if (!memory.read(info_address, info)) return "the boot information cannot be read";

    u32 name;
    if ((info.flags & HAS_LOADER_NAME) &&
        memory.read(info_address + loader_name_offset, name))
        capture_loader_name(memory, name, ~u64{0}, out);
    if (info.flags & HAS_COMMAND_LINE)
        capture_command_line(memory, info.command_line, ~u64{0}, out);

    if (info.flags & HAS_MEMORY_MAP) capture_map(info, memory, out);
    if (out.e820_count == 0 && (info.flags & HAS_MEMORY))
        capture_basic_memory(info.mem_lower, info.mem_upper, out);
    if (out.e820_count == 0) out.note("memory map: nothing from the boot loader");

    if (info.flags & HAS_MODULES) capture_modules(info, memory, out);

    // EFI firmware has no text screen, but GRUB then always describes a framebuffer.
    if (info.flags & HAS_FRAMEBUFFER)
        capture_screen(info_address, memory, out);
    else
        out.framebuffer = vga_text_screen();
    return nullptr;
}
