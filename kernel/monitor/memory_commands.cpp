// x and w: looking at memory and changing it. A fault on the way is caught and
// reported; what was meant to be changed may of course be what keeps Loci running.
#include "arch/i386/extable.hpp"
#include "kernel/monitor/memory_arguments.hpp"
#include "lib/command.hpp"
#include "lib/errno.hpp"
#include "lib/parse.hpp"
#include "mm/map/kernel_layout.hpp"

namespace {

constexpr u64 default_bytes = 128;
constexpr u64 max_units = 64 * 1024;

u64 linear_map_end() {
    return virt_to_phys(high_memory).raw();
}

// What of the kernel's address space is meant, or nothing, and then it was said why.
std::optional<memory_window> window_at(std::string_view command, std::string_view word,
                                       text_sink& out) {
    const auto place = parse_memory_place(word);
    if (!place) {
        format_to(out, "{}: \"{}\" is no address: 0xc0100000, p:0xb8000\n", command, word);
        return std::nullopt;
    }
    const auto window = window_from(*place, PAGE_OFFSET, linear_map_end());
    if (!window && place->physical)
        format_to(out, "{}: {} is outside the linear map (it ends at {:#x})\n", command,
                  word, linear_map_end());
    else if (!window)
        format_to(out, "{}: {} is beyond the last address\n", command, word);
    return window;
}

struct dump_request {
    memory_window window{};
    u32 unit_bytes = 1;
    u64 units = 0;
};

bool parse_dump(const command_line& line, dump_request& request, text_sink& out) {
    if (line.count() < 1 || line.count() > 3) {
        out.write("usage: x [p:]ADDR [COUNT] [b|h|w]\n");
        return false;
    }
    const auto window = window_at("x", line.arg(0), out);
    if (!window) return false;
    request.window = *window;

    std::string_view count = line.arg(1);
    std::string_view unit = line.arg(2);
    if (line.count() == 2 && parse_unit(count)) {
        unit = count;
        count = {};
    }
    if (!unit.empty()) {
        const auto bytes = parse_unit(unit);
        if (!bytes) {
            format_to(out, "x: \"{}\" is no unit: b (1 byte), h (2), w (4)\n", unit);
            return false;
        }
        request.unit_bytes = *bytes;
    }
    request.units = default_bytes >> (request.unit_bytes >> 1);
    if (!count.empty()) {
        const auto units = parse_number(count);
        if (!units || *units == 0 || *units > max_units) {
            format_to(out, "x: \"{}\" is no count between 1 and {}\n", count, max_units);
            return false;
        }
        request.units = *units;
    }
    return true;
}

int examine(command_line& line, text_sink& out) {
    dump_request request;
    if (!parse_dump(line, request, out)) return EINVAL;
    const u32 unit_bytes = request.unit_bytes;
    u32 units = request.window.units(unit_bytes, request.units);
    u32 address = static_cast<u32>(request.window.address);
    while (units > 0) {
        if (monitor_interrupted()) return EINTR;
        dump_line row{.address = address, .unit_bytes = unit_bytes};
        bool readable = true;
        while (units > 0 && row.length < dump_line::bytes_per_line) {
            const void* from = reinterpret_cast<const void*>(uintptr_t{address});
            readable = probe_read(from, row.bytes + row.length, unit_bytes);
            if (!readable) break;
            row.length += unit_bytes;
            address += unit_bytes;
            --units;
        }
        if (row.length > 0) row.write(out);
        if (!readable) {
            format_to(out, "x: {} cannot be read\n", user_addr(address));
            return EFAULT;
        }
    }
    return 0;
}

int change(command_line& line, text_sink& out) {
    if (line.count() < 2 || line.count() > 3) {
        out.write("usage: w [p:]ADDR VALUE [b|h|w]\n");
        return EINVAL;
    }
    const auto window = window_at("w", line.arg(0), out);
    if (!window) return EINVAL;
    const auto unit = line.count() == 3 ? parse_unit(line.arg(2)) : std::optional<u32>(4);
    if (!unit) {
        format_to(out, "w: \"{}\" is no unit: b (1 byte), h (2), w (4)\n", line.arg(2));
        return EINVAL;
    }
    const auto value = parse_number(line.arg(1));
    if (!value || *value >> (8 * *unit)) {
        format_to(out, "w: \"{}\" is no value of {} bytes\n", line.arg(1), *unit);
        return EINVAL;
    }
    if (window->units(*unit, 1) == 0) {
        format_to(out, "w: the value would reach beyond {}\n",
                  window->end >> 32 ? "the last address" : "the linear map");
        return EINVAL;
    }
    const u32 address = static_cast<u32>(window->address);
    // Little-endian: the first bytes are the low ones.
    const u32 bits = static_cast<u32>(*value);
    if (!probe_write(reinterpret_cast<void*>(uintptr_t{address}), &bits, *unit)) {
        format_to(out, "w: {} cannot be written\n", user_addr(address));
        return EFAULT;
    }
    return 0;
}

}  // namespace

REGISTER(monitor_command, x_command) = {
    .name = "x",
    .usage = "x [p:]ADDR [COUNT] [b|h|w]",
    .help = "show COUNT bytes, half words or words of memory; p: for a physical address",
    .run = examine,
};

REGISTER(monitor_command, w_command) = {
    .name = "w",
    .usage = "w [p:]ADDR VALUE [b|h|w]",
    .help = "write a byte, half word or word (if nothing is said) to memory",
    .run = change,
};
