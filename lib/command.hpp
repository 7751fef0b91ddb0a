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

// Takes what an argument could become; those that do not fit are left out by it.
class completion_sink {
public:
    virtual void offer(std::string_view candidate) = 0;

protected:
    ~completion_sink() = default;
};

struct monitor_command {
    const char* name;
    const char* usage;  // "x ADDR [COUNT]"
    const char* help;   // one line: what one gets
    int (*run)(command_line& line, text_sink& out);
    // Offers what may stand as an argument; null where the Tab key has no idea.
    void (*complete)(completion_sink& to) = nullptr;
};
DECLARE_REGISTRY(monitor_command);

// Long commands ask now and then: was Ctrl-C typed since this one began? They
// then stop with EINTR.
bool monitor_interrupted();
