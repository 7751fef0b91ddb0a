// What the boot loader told us, checked and copied: one plain value that holds
// no pointer into the loader's memory. boot/ fills it, everybody else reads it.
// Nothing here is believed further than "it was said": the memory map is raw,
// mm/phys/memory_map makes something of it.
#pragma once

#include "lib/format.hpp"
#include "lib/log.hpp"
#include "lib/types.hpp"

#include <span>
#include <string_view>

// One entry as the firmware gave it. Types as in ACPI: 1 usable, 2 reserved,
// 3 ACPI reclaimable, 4 ACPI NVS, 5 bad; others exist and are not usable.
struct e820_entry {
    u64 base;
    u64 length;
    u32 type;

    bool operator==(const e820_entry&) const = default;
};

enum e820_type : u32 {
    E820_RAM = 1,
    E820_RESERVED = 2,
    E820_ACPI = 3,
    E820_NVS = 4,
    E820_UNUSABLE = 5,
};

// As Linux words it: "[mem 0x0000000000000000-0x000000000009fbff] usable".
void format_value(text_sink& out, const format_spec& spec, const e820_entry& entry);

struct boot_module {
    u64 start;  // physical
    u64 end;
    char name[64];
};

struct boot_framebuffer {
    enum kind_t : u8 { none, vga_text, linear } kind = none;
    u64 address = 0;  // physical
    u32 pitch = 0;    // bytes a line
    u32 width = 0;    // pixels, or columns of text
    u32 height = 0;
    u8 bits_per_pixel = 0;
    u8 red_shift = 0, red_bits = 0;
    u8 green_shift = 0, green_bits = 0;
    u8 blue_shift = 0, blue_bits = 0;
};

struct boot_info {
    static constexpr size_t max_e820 = 128;
    static constexpr size_t max_modules = 16;
    static constexpr size_t max_command_line = 2048;
    static constexpr size_t max_notes = 8;

    char loader[64] = {};
    char command_line[max_command_line] = {};

    e820_entry e820[max_e820] = {};
    u32 e820_count = 0;

    boot_module modules[max_modules] = {};
    u32 module_count = 0;

    boot_framebuffer framebuffer;
    u8 rsdp[36] = {};  // ACPI's root pointer, where the loader passes a copy
    u32 rsdp_length = 0;
    bool efi = false;  // started by EFI firmware, as far as the loader tells

    // What was wrong with the loader's data and how it was mended: static texts,
    // printed once there is a console to print on.
    const char* notes[max_notes] = {};
    u32 note_count = 0;

    std::span<const e820_entry> map() const { return {e820, e820_count}; }
    std::span<const boot_module> module_list() const { return {modules, module_count}; }

    // A text that is there already is not repeated, so that a flood of one kind
    // of nonsense leaves room for the others.
    template <size_t Size>
    void note(const char (&text)[Size]) {
        static_assert(Size - 1 <= log_line_columns, "a note is one line of the log");
        add_note(text);
    }

    // Adds an entry. When all places are taken, a usable entry is the one to go:
    // less RAM is safe, a forgotten reserved range is not.
    void add_e820(const e820_entry& entry);

private:
    void add_note(const char* text);
};

// The one value, filled by boot/ before kernel_main and constant from then on.
const boot_info& the_boot_info();
