// What both multiboot parsers check in the same way.
#pragma once

#include "boot/multiboot.hpp"

#include <span>

// No walk over a list in the loader's memory takes more steps than this.
inline constexpr u32 max_list_steps = 4096;

// A text of at most `limit` bytes into `to`, ended by us; unprintable characters
// become blanks. False when its end did not fit, or could not be read.
bool capture_text(const physical_reader& memory, u64 address, u64 limit,
                  std::span<char> to);

void capture_command_line(const physical_reader& memory, u64 address, u64 limit,
                          boot_info& out);
void capture_loader_name(const physical_reader& memory, u64 address, u64 limit,
                         boot_info& out);

// False when there is no place for another.
bool capture_module(const physical_reader& memory, u64 start, u64 end, u64 name_address,
                    u64 name_limit, boot_info& out);

// As in both formats: the numbers of `framebuffer_type`, and six bytes of position
// and size of red, green and blue.
enum framebuffer_type : u8 {
    FRAMEBUFFER_INDEXED = 0,
    FRAMEBUFFER_RGB = 1,
    FRAMEBUFFER_TEXT = 2,
};

struct raw_framebuffer {
    u64 address;
    u32 pitch;
    u32 width;
    u32 height;
    u8 bits_per_pixel;
    u8 type;
    u8 colours[6];
};
void capture_framebuffer(const raw_framebuffer& raw, boot_info& out);
bool framebuffer_makes_sense(const raw_framebuffer& raw);

// What every PC has when nobody says otherwise.
boot_framebuffer vga_text_screen();

// The map of last resort: KiB from 0 up, and KiB from 1 MiB up to the first hole.
void capture_basic_memory(u32 lower_kib, u32 upper_kib, boot_info& out);
