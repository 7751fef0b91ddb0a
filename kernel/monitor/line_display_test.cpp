// Lines longer than the terminal is wide: 80 columns, "> " and 77 characters.
#include "kernel/monitor/editor_fixture.hpp"

#include <test.hpp>

namespace {

constexpr size_t columns = 77;

void type_digits(editing& e, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        const char digit = static_cast<char>('0' + i % 10);
        e.type({&digit, 1});
    }
}

// The character of the line that stands under the cursor, or blank.
char under_cursor(const editing& e) {
    const std::string_view shown = e.terminal.shown();
    return e.terminal.column() < shown.size() ? shown[e.terminal.column()] : ' ';
}

char at_cursor(const editing& e) {
    const std::string_view line = e.editor.line();
    return e.editor.cursor() < line.size() ? line[e.editor.cursor()] : ' ';
}

}  // namespace

TEST(line_display, a_line_that_just_fits_does_not_scroll) {
    editing e;
    type_digits(e, columns);
    EXPECT_TRUE(e.shows_it());
    EXPECT_EQ(e.terminal.shown().size(), 2 + columns);
}

TEST(line_display, a_longer_one_scrolls_and_marks_where_it_goes_on) {
    editing e;
    type_digits(e, columns + 1);
    EXPECT_EQ(e.terminal.shown()[2], '<');
    EXPECT_TRUE(e.terminal.shown().ends_with("34567"));
    e.type(keys::home);
    EXPECT_TRUE(e.terminal.shown().starts_with("> 0123456789"));
    EXPECT_EQ(e.terminal.shown().back(), '>');
    EXPECT_EQ(e.terminal.shown().size(), 2 + columns);
}

TEST(line_display, the_cursor_stands_on_its_character_wherever_it_goes) {
    editing e;
    type_digits(e, 200);
    for (const char* key : {keys::left, keys::right}) {
        for (int i = 0; i < 200; ++i) {
            e.type(key);
            ASSERT_EQ(under_cursor(e), at_cursor(e));
        }
    }
    EXPECT_EQ(e.terminal.strange(), 0u);
}

TEST(line_display, deleting_brings_a_long_line_back) {
    editing e;
    type_digits(e, 120);
    for (int i = 0; i < 60; ++i) {
        e.type(keys::backspace);
        ASSERT_EQ(under_cursor(e), ' ');
        ASSERT_TRUE(e.terminal.shown().ends_with(std::string_view(
            e.editor.line().data() + e.editor.line().size() - 1, 1)));
    }
    EXPECT_EQ(e.editor.line().size(), 60u);
    e.type(keys::left);
    EXPECT_TRUE(e.shows_it());
}

TEST(line_display, appending_writes_the_character_only) {
    struct counting final : text_sink {
        void write(std::string_view text) override { bytes += text.size(); }
        size_t bytes = 0;
    } out;
    line_history& history = in_scratch<line_history>();
    sample_completer completer;
    line_editor editor(out, history, completer, "> ");
    editor.begin();
    for (const char c : std::string_view("hello")) editor.feed(c);
    EXPECT_EQ(out.bytes, 7u);
}

// The last column stays free of the "^C", too: it goes below a line without room.
TEST(line_display, an_interrupt_is_marked_behind_or_below_the_line) {
    for (int digits = 60; digits < 120; ++digits) {
        editing e;
        type_digits(e, digits);
        const u32 lines_before = e.terminal.lines_fed();
        const bool room = e.terminal.column() + 2 < terminal_model::width;
        e.type("\x03");
        ASSERT_TRUE(e.last == line_editor::event::interrupted);
        ASSERT_EQ(e.terminal.strange(), 0u);
        ASSERT_EQ(e.terminal.lines_fed() - lines_before, room ? 1u : 2u);
    }
}
