// What the monitor can do, registered by whoever can do it:
//
//     REGISTER(monitor_command, mem_command) = {
//         .name = "mem", .usage = "mem", .help = "the memory map",
//         .run = [](command_line& line, text_sink& out) { ... },
//     };
//
// A command writes to `out` only, 80 columns at most, and returns 0 or an errno;
// what was wrong with its arguments it says itself.
#pragma once

#include "lib/format.hpp"
#include "lib/registry.hpp"

#include <span>
#include <string_view>

struct command_line {
    std::span<const std::string_view> words;  // words[0] is the command's name

    size_t count() const { return words.size() - 1; }
    // The i-th argument, or nothing.
    std::string_view arg(size_t i) const {
        return i + 1 < words.size() ? words[i + 1] : std::string_view{};
    }
};

struct monitor_command {
    const char* name;
    const char* usage;  // "x ADDR [COUNT]"
    const char* help;   // one line: what one gets
    int (*run)(command_line& line, text_sink& out);
};
DECLARE_REGISTRY(monitor_command);
