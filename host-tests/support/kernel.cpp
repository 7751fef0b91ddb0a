#include "host-tests/support/kernel.hpp"

#include <cpu/layout.hpp>
#include "kernel/log/log.hpp"
#include "lib/assert.hpp"
#include "lib/command.hpp"
#include "lib/boot_info.hpp"
#include "lib/clock.hpp"
#include "lib/console.hpp"
#include "lib/log.hpp"
#include "lib/symbol.hpp"
#include "mm/phys/memory_map.hpp"
#include "mm/slab/kmemleak.hpp"

#include <cstdlib>

uintptr_t PAGE_OFFSET = 0;

namespace {

class string_sink final : public text_sink {
public:
    void write(std::string_view text) override { value.append(text); }
    std::string value;
};

std::string formatted(std::string_view format, std::span<const format_arg> args) {
    string_sink out;
    vformat(out, format, args);
    return out.value;
}

}  // namespace

std::vector<log_line>& kernel_log() {
    static thread_local std::vector<log_line> lines;
    return lines;
}

void clear_log() { kernel_log().clear(); }

void vprintk(log_level level, std::string_view format, std::span<const format_arg> args) {
    kernel_log().push_back({static_cast<int>(level), formatted(format, args)});
}

void vpanic(std::string_view format, std::span<const format_arg> args) {
    throw kernel_panic{formatted(format, args)};
}

void assertion_failed(const char* file, int line, const char* condition,
                      std::string_view format, std::span<const format_arg> args) {
    throw kernel_panic{std::string(file) + ":" + std::to_string(line) + ": " + condition + ": " +
                       formatted(format, args)};
}

// No frame pointers to follow, no table of symbols to look into.
void dump_stack() { pr_err("Backtrace: none on the host"); }

void format_value(text_sink& out, const format_spec&, const code_address& code) {
    format_to(out, "{:#x}", code.address);
}

u64 host_uptime_us = 0;
u64 uptime_us() { return host_uptime_us; }

bool monitor_interrupted() { return false; }
bool console_try_getc(char&) { return false; }

// A host process has too many places where addresses stand, and no kernel's among them.
void for_each_root(const void*, root_visitor, void*) {}

// A console that is enabled here has nothing to catch up with.
void replay_log(text_sink&, u64) {}
u64 shown_log_sequence() { return 0; }

// The machine that the host plays: empty until a test says otherwise.
const boot_info& the_boot_info() {
    static boot_info info;
    return info;
}

memory_map& the_memory_map() {
    static memory_map map;
    return map;
}
