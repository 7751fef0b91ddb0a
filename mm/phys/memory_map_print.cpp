// How the memory map shows itself: on the monitor and in the log.
#include "lib/bytes.hpp"
#include "lib/log.hpp"
#include "mm/phys/memory_map.hpp"

namespace {

constexpr const char* kind_names[memory_kinds] = {
    "usable",    "module",   "boot",     "kernel",   "framebuffer",
    "ACPI data", "ACPI NVS", "unusable", "reserved",
};

// What happened, and to what; the number stands in front.
constexpr const char* note_texts[map_notes] = {
    "without a length, dropped",
    "wrapping round, not believed",
    "over another, the stricter holds",
    "of unknown type, reserved",
    "in the BIOS area, not believed",
    "above the limit of mem=",
    "beyond what this CPU can address",
    "given up, the map is full",
};

// Beside a text stand at most "memory: 128 ranges " and " (1023.9 MiB)".
constexpr bool notes_fit_on_a_line() {
    for (const char* text : note_texts)
        if (19 + std::string_view(text).size() + 13 > log_line_columns) return false;
    return true;
}
static_assert(notes_fit_on_a_line());

// A note as one line, without its end.
struct note_line {
    map_note note;
    map_tally tally;
};

void format_value(text_sink& out, const format_spec&, const note_line& line) {
    format_to(out, "memory: {} {} {}", line.tally.count,
              line.tally.count == 1 ? "range" : "ranges", note_texts[size_t(line.note)]);
    if (line.tally.bytes != 0) format_to(out, " ({})", byte_size{line.tally.bytes});
}

template <class Line>
void for_each_note(const memory_map& map, Line line) {
    for (size_t i = 0; i < map_notes; ++i) {
        const auto note = static_cast<map_note>(i);
        if (map.tally(note).count != 0) line(note_line{note, map.tally(note)});
    }
}

}  // namespace

const char* memory_kind_name(memory_kind kind) {
    return size_t(kind) < memory_kinds ? kind_names[size_t(kind)] : "?";
}

void format_value(text_sink& out, const format_spec&, const memory_range& range) {
    format_to(out, "[mem {:#018x}-{:#018x}] {}", range.start, range.end - 1,
              memory_kind_name(range.kind));
}

void print_e820(text_sink& out, std::span<const e820_entry> raw) {
    for (const e820_entry& entry : raw) format_to(out, "BIOS-e820: {}\n", entry);
}

void print_memory_map(text_sink& out, const memory_map& map) {
    for (const memory_range& range : map.ranges())
        format_to(out, "{:>13} KiB  {}\n", range.size() / KiB, range);
    format_to(out, "{} KiB usable of {} KiB of RAM\n", map.usable_bytes() / KiB,
              map.ram_bytes() / KiB);
}

void print_map_notes(text_sink& out, const memory_map& map) {
    for_each_note(map, [&](const note_line& line) { format_to(out, "{}\n", line); });
}

void log_memory_map(std::span<const e820_entry> raw, const memory_map& map) {
    for (const e820_entry& entry : raw) pr_info("BIOS-e820: {}", entry);
    for_each_note(map, [](const note_line& line) { pr_notice("{}", line); });
    for (const memory_range& range : map.ranges()) pr_info("memory: {}", range);
    pr_info("memory: {} KiB usable of {} KiB of RAM", map.usable_bytes() / KiB,
            map.ram_bytes() / KiB);
}
