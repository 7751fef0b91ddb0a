#include "lib/boot_info.hpp"

namespace {

struct type_name {
    u32 type;
    const char* name;
};

constexpr type_name type_names[] = {
    {E820_RAM, "usable"},
    {E820_RESERVED, "reserved"},
    {E820_ACPI, "ACPI data"},
    {E820_NVS, "ACPI NVS"},
    {E820_UNUSABLE, "unusable"},
};

}  // namespace

void format_value(text_sink& out, const format_spec&, const e820_entry& entry) {
    if (entry.length == 0) {
        format_to(out, "[mem {:#018x}, of no length] ", entry.base);
    } else {
        const u64 last = entry.base + entry.length - 1;
        format_to(out, "[mem {:#018x}-{:#018x}] ", entry.base, last);
        if (last < entry.base) out.write("(wraps) ");
    }
    for (const type_name& known : type_names) {
        if (known.type == entry.type) return out.write(known.name);
    }
    format_to(out, "type {}", entry.type);
}

void boot_info::add_note(const char* text) {
    for (u32 i = 0; i < note_count; ++i) {
        if (std::string_view(notes[i]) == text) return;
    }
    if (note_count < max_notes) notes[note_count++] = text;
}

void boot_info::add_e820(const e820_entry& entry) {
    if (e820_count < max_e820) {
        e820[e820_count++] = entry;
        return;
    }
    note("memory map: more entries than fit, usable ones dropped");
    if (entry.type == E820_RAM) return;

    e820_entry* smallest = nullptr;
    for (e820_entry& kept : e820) {
        if (kept.type != E820_RAM) continue;
        if (!smallest || kept.length < smallest->length) smallest = &kept;
    }
    // None left: nothing is usable, so nothing needs to be kept from use.
    if (smallest) *smallest = entry;
}
