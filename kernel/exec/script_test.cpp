#include "kernel/exec/script.hpp"

#include "lib/string.hpp"

#include <test.hpp>

namespace {

struct first_bytes {
    char bytes[BINPRM_BUF_SIZE] = {};

    explicit first_bytes(std::string_view text) {
        memcpy(bytes, text.data(), min_of(text.size(), sizeof bytes));
    }
    // The text, and this character up to the end.
    first_bytes(std::string_view text, char filler) : first_bytes(text) {
        memset(bytes + text.size(), filler, sizeof bytes - text.size());
    }
    result<script_line> parse() const { return parse_script(bytes); }
};

struct line_case {
    std::string_view text;
    std::string_view interpreter;
    std::string_view argument;
    bool has_argument;
};
constexpr line_case lines[] = {
    {"#!/bin/sh\n", "/bin/sh", "", false},
    {"#!/bin/sh\necho\n", "/bin/sh", "", false},
    {"#! \t/bin/sh \t\n", "/bin/sh", "", false},
    {"#!/bin/sh -e\n", "/bin/sh", "-e", true},
    {"#!/bin/sh \t -e -u  \n", "/bin/sh", "-e -u", true},
    {"#!/bin/sh", "/bin/sh", "", false},
    {"#!/bin/sh -e", "/bin/sh", "-e", true},
    {"#!a\n", "a", "", false},
    // A blank at the end of a file that has no newline is one before an empty argument.
    {"#!/bin/sh ", "/bin/sh", "", true},
    {std::string_view("#!/bin/sh -e\0f\n", 15), "/bin/sh", "-e", true},
    {std::string_view("#!/bin\0/sh -e\n", 14), "/bin", "", false},
    {std::string_view("#!\0abc\n", 7), "", "", false},
    {std::string_view("#! a \0b\n", 8), "a", "", true},
    {"#!\r\n", "\r", "", false},
};

constexpr std::string_view refused[] = {
    "", "#", "!#/bin/sh\n", " #!/bin/sh\n", "#!\n", "#! \t \n", "\x7f" "ELF",
};

}  // namespace

TEST(script, a_line_is_a_path_and_one_argument) {
    for (const line_case& wanted : lines) {
        const first_bytes beginning(wanted.text);
        const result<script_line> line = beginning.parse();
        ASSERT_TRUE(line);
        EXPECT_EQ(line->interpreter, wanted.interpreter);
        EXPECT_EQ(line->argument.has_value(), wanted.has_argument);
        if (line->argument) EXPECT_EQ(*line->argument, wanted.argument);
    }
}

TEST(script, what_names_no_interpreter_is_no_script) {
    for (const std::string_view text : refused)
        EXPECT_EQ(first_bytes(text).parse().error(), ENOEXEC);
    EXPECT_EQ(first_bytes("#!", ' ').parse().error(), ENOEXEC);
}

TEST(script, a_path_is_never_cut_short) {
    EXPECT_EQ(first_bytes("#!/", 'a').parse().error(), ENOEXEC);
    first_bytes just_known("#!/", 'a');
    just_known.bytes[BINPRM_BUF_SIZE - 1] = ' ';
    const result<script_line> line = just_known.parse();
    ASSERT_TRUE(line);
    EXPECT_EQ(line->interpreter.size(), size_t{BINPRM_BUF_SIZE - 3});
    EXPECT_FALSE(line->argument.has_value());
    just_known.bytes[BINPRM_BUF_SIZE - 1] = '\n';
    EXPECT_EQ(just_known.parse()->interpreter.size(), size_t{BINPRM_BUF_SIZE - 3});
}

TEST(script, an_argument_may_be_cut_short) {
    const first_bytes long_argument("#!/bin/sh ", 'x');
    const result<script_line> line = long_argument.parse();
    ASSERT_TRUE(line);
    EXPECT_EQ(line->interpreter, std::string_view("/bin/sh"));
    EXPECT_EQ(line->argument->size(), size_t{BINPRM_BUF_SIZE - 10 - 1});
}

TEST(script, any_beginning_is_safe_at_every_length) {
    constexpr std::string_view text = "#!  /bin/sh \t -e  \n";
    for (size_t length = 0; length <= text.size(); ++length)
        for (const char filler : {'\0', ' ', 'x', '\n'}) {
            const first_bytes beginning(text.substr(0, length), filler);
            const result<script_line> line = beginning.parse();
            EXPECT_TRUE(line || line.error() == ENOEXEC);
        }
}
