#include "kernel/monitor/memory_arguments.hpp"

#include "lib/parse.hpp"

std::optional<memory_place> parse_memory_place(std::string_view word) {
    const bool physical = word.starts_with("p:");
    if (physical) word.remove_prefix(2);
    const auto number = parse_number(word);
    if (!number) return std::nullopt;
    return memory_place{*number, physical};
}

std::optional<u32> parse_unit(std::string_view word) {
    if (word == "b") return 1;
    if (word == "h") return 2;
    if (word == "w") return 4;
    return std::nullopt;
}

u32 memory_window::units(u32 unit_bytes, u64 units) const {
    const unsigned shift = unit_bytes >> 1;  // 0, 1, 2 for 1, 2, 4
    return static_cast<u32>(min_of(units, (end - address) >> shift));
}

std::optional<memory_window> window_from(memory_place place, u64 page_offset,
                                         u64 linear_end) {
    const u64 base = place.physical ? page_offset : 0;
    const u64 size = place.physical ? linear_end : u64{1} << 32;
    if (place.address >= size) return std::nullopt;
    return memory_window{base + place.address, base + size};
}

void dump_line::write(text_sink& out) const {
    text_buffer<96> line;
    format_to(line, "{:08x}:", address);
    for (u32 at = 0; at < bytes_per_line; at += unit_bytes) {
        if (unit_bytes < 4 && at % 4 == 0 && at > 0) line.put(' ');
        if (at >= length) {
            for (u32 i = 0; i < 1 + 2 * unit_bytes; ++i) line.put(' ');
            continue;
        }
        u32 value = 0;
        for (u32 i = unit_bytes; i-- > 0;) value = value << 8 | bytes[at + i];
        switch (unit_bytes) {
            case 1: format_to(line, " {:02x}", value); break;
            case 2: format_to(line, " {:04x}", value); break;
            default: format_to(line, " {:08x}", value); break;
        }
    }
    line.write("  ");
    for (u32 i = 0; i < length; ++i) {
        const char c = static_cast<char>(bytes[i]);
        line.put(c >= ' ' && c < 0x7f ? c : '.');
    }
    line.write("\n");
    out.write(line.view());
}
