// Any text as the kernel command line: every word goes somewhere, nothing outside
// the text is read, and what init gets is made of C strings within its store.
#include "host-tests/support/kernel.hpp"
#include "kernel/command_line/command_line.hpp"
#include "kernel/console/console_choice.hpp"

namespace {

console_choice choice;

bool set_console(std::string_view value) { return choice.add(value); }
bool set_level(std::string_view value) { return value.size() == 1; }

const boot_param console = {"console", "", set_console};
const boot_param level = {"log_level", "", set_level};
const boot_param* const known[] = {&console, &level};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    clear_log();
    choice.clear();
    // A copy of just this size, so that a step beyond its end is seen.
    const std::string text(reinterpret_cast<const char*>(data), size);
    init_arguments init;
    parse_command_line(text, known, init);
    for (const auto strings : {init.arguments(), init.environment()})
        for (const char* s : strings)
            if (std::string_view(s).size() >= init_arguments::max_text) __builtin_trap();
    find_boot_word(text, "mem");
    find_size_word(text, "mem");
    return 0;
}
