// The warnings of the command line: one for each malformed word, none else.
#include "host-tests/support/kernel.hpp"
#include "kernel/command_line/command_line.hpp"

#include <test.hpp>

namespace {

const boot_param number = {"number", "N", [](std::string_view v) { return v == "1"; }};
const boot_param* const known[] = {&number};

std::vector<std::string> warnings_of(const std::string& text) {
    clear_log();
    init_arguments init;
    parse_command_line(text, known, init);
    std::vector<std::string> lines;
    for (const log_line& line : kernel_log()) lines.push_back(line.text);
    return lines;
}

}  // namespace

TEST(command_line_warnings, say_what_was_wrong_once_a_word) {
    EXPECT_EQ(warnings_of("number=1 x=y z"), std::vector<std::string>{});
    const std::vector<std::string> one = {
        "number=: \"x\" is not understood, using the default"};
    EXPECT_EQ(warnings_of("number=x number=1"), one);
    EXPECT_EQ(warnings_of("number number=2").size(), 2u);
}

TEST(command_line_warnings, tell_once_that_init_has_too_many_words) {
    std::string text;
    for (int i = 0; i < 50; ++i) text += " w" + std::to_string(i);
    const std::vector<std::string> one = {
        "command line: too many words for init, some are left out"};
    EXPECT_EQ(warnings_of(text), one);
}
