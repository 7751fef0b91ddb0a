#include "kernel/monitor/editor_fixture.hpp"

#include "lib/random.hpp"

#include <test.hpp>

// What has been typed leaves this line, and the terminal shows it.
#define EXPECT_LINE(typed, text)         \
    do {                                 \
        const editing& after = (typed);  \
        EXPECT_TRUE(after.is(text));     \
        EXPECT_TRUE(after.shows_it());   \
    } while (0)

TEST(line_editor, types_and_deletes_at_the_end) {
    editing e;
    EXPECT_LINE(e.type("helo"), "helo|");
    EXPECT_LINE(e.type(keys::backspace).type("lo"), "hello|");
    EXPECT_LINE(e.type("\b\b\b\b\b\b"), "|");
    EXPECT_LINE(e.type("a").type(keys::del), "a|");
}

TEST(line_editor, moves_and_inserts_in_the_middle) {
    editing e;
    e.type("held");
    EXPECT_LINE(e.type(keys::left).type("lo wor").type(keys::left), "hello wo|rd");
    EXPECT_LINE(e.type(keys::right).type("l"), "hello worl|d");
    EXPECT_LINE(e.type(keys::home), "|hello world");
    EXPECT_LINE(e.type(keys::left).type(keys::del), "|ello world");
    EXPECT_LINE(e.type("\x04H"), "H|llo world");
    EXPECT_LINE(e.type("\x05"), "Hllo world|");
    EXPECT_LINE(e.type(keys::right), "Hllo world|");
    EXPECT_LINE(e.type("\x01").type("\x06"), "H|llo world");
    EXPECT_LINE(e.type(keys::backspace), "|llo world");
    EXPECT_LINE(e.type(keys::backspace), "|llo world");
    EXPECT_LINE(e.type(keys::end), "llo world|");
}

TEST(line_editor, ctrl_d_on_an_empty_line_is_the_end_and_harmless) {
    editing e;
    EXPECT_TRUE(e.editor.feed('\x04') == line_editor::event::ended);
    EXPECT_LINE(e.type("a"), "a|");
    EXPECT_TRUE(e.editor.feed('\x04') == line_editor::event::editing);
}

TEST(line_editor, moves_by_words) {
    editing e;
    e.type("one two  three");
    EXPECT_LINE(e.type(keys::word_left), "one two  |three");
    EXPECT_LINE(e.type(keys::word_left), "one |two  three");
    EXPECT_LINE(e.type(keys::word_left).type(keys::word_left), "|one two  three");
    EXPECT_LINE(e.type(keys::word_right), "one| two  three");
    EXPECT_LINE(e.type("\x1b" "f"), "one two|  three");
    EXPECT_LINE(e.type("\x1b" "d"), "one two|");
}

TEST(line_editor, kills_to_either_end_and_words) {
    editing e;
    e.type("one two three").type(keys::word_left);
    EXPECT_LINE(e.type("\x17"), "one |three");
    EXPECT_LINE(e.type("\x0b"), "one |");
    EXPECT_LINE(e.type("more\x15"), "|");
    EXPECT_LINE(e.type("\x15\x0b\x17"), "|");
}

TEST(line_editor, swaps_two_characters) {
    editing e;
    EXPECT_LINE(e.type("a\x14"), "a|");
    EXPECT_LINE(e.type("b\x14"), "ba|");
    EXPECT_LINE(e.type("cd").type(keys::left).type(keys::left).type("\x14"), "bca|d");
}

TEST(line_editor, enter_gives_the_line_wherever_the_cursor_is) {
    editing e;
    e.type("abc").type(keys::home).type(keys::enter);
    EXPECT_TRUE(e.last == line_editor::event::line);
    EXPECT_TRUE(e.editor.line() == "abc");
    EXPECT_EQ(e.terminal.lines_fed(), 1u);
}

TEST(line_editor, a_line_may_end_in_cr_lf_or_both) {
    editing e;
    e.enter("a").type("\n");
    EXPECT_TRUE(e.last == line_editor::event::editing);
    e.type("b\n");
    EXPECT_TRUE(e.last == line_editor::event::line);
    EXPECT_TRUE(e.editor.line() == "b");
    e.editor.begin();
    e.type("\n");
    EXPECT_TRUE(e.last == line_editor::event::line);
    EXPECT_TRUE(e.editor.line().empty());
}

TEST(line_editor, ctrl_c_drops_the_line) {
    editing e;
    e.type("abc\x03");
    EXPECT_TRUE(e.last == line_editor::event::interrupted);
    EXPECT_TRUE(e.editor.line().empty());
    EXPECT_EQ(e.history.size(), 0u);
}

TEST(line_editor, ctrl_l_draws_it_again) {
    editing e;
    EXPECT_LINE(e.type("abc").type(keys::left).type("\x0c"), "ab|c");
}

TEST(line_editor, history_goes_back_and_the_edited_line_is_kept) {
    editing e;
    e.enter("first").enter("second").type("draft");
    EXPECT_LINE(e.type(keys::up), "second|");
    EXPECT_LINE(e.type(keys::up), "first|");
    EXPECT_LINE(e.type(keys::up), "first|");
    EXPECT_EQ(e.terminal.bells(), 1u);
    EXPECT_LINE(e.type(keys::down), "second|");
    EXPECT_LINE(e.type("x").type(keys::down), "draft|");
    EXPECT_LINE(e.type(keys::down), "draft|");
    EXPECT_LINE(e.type("\x10"), "second|");
    EXPECT_LINE(e.type("\x0e"), "draft|");
}

TEST(line_editor, ctrl_r_finds_a_line_by_a_part_of_it) {
    editing e;
    e.enter("dmesg -n 3").enter("mem").enter("dmesg").type("draft");
    e.type("\x12mes");
    EXPECT_TRUE(e.is("dmesg|"));
    EXPECT_TRUE(e.terminal.shown() == "(search \"mes\") dmesg");
    e.type("\x12");
    EXPECT_TRUE(e.is("dmesg -n 3|"));
    e.type("\x12");
    EXPECT_TRUE(e.terminal.shown() == "(nothing \"mes\") dmesg -n 3");
    EXPECT_LINE(e.type(keys::left), "dmesg -n |3");
    EXPECT_LINE(e.type(keys::down), "mem|");
}

TEST(line_editor, a_search_given_up_leaves_the_line) {
    editing e;
    e.enter("mem").type("draft\x12me");
    EXPECT_LINE(e.type("\x07"), "draft|");
    e.type("\x12me").type(keys::backspace).type(keys::backspace).type(keys::backspace);
    e.type("zzz").type(keys::enter);
    EXPECT_TRUE(e.last == line_editor::event::line);
}

TEST(line_editor, a_full_line_rings_and_stays) {
    editing e;
    for (size_t i = 0; i < line_editor::max_length + 3; ++i) e.type("x");
    EXPECT_EQ(e.editor.line().size(), line_editor::max_length);
    EXPECT_EQ(e.terminal.bells(), 3u);
    EXPECT_EQ(e.terminal.strange(), 0u);
}

TEST(line_editor, survives_whatever_is_typed) {
    editing e;
    random_source random(1);
    for (int i = 0; i < 3000; ++i) {
        const u32 letter = 'a' + static_cast<u32>(i) % 26;
        const char c = static_cast<char>(random.one_in(3) ? random.below(256) : letter);
        e.type({&c, 1});
        if (e.last != line_editor::event::editing) e.editor.begin();
        ASSERT_EQ(e.terminal.strange(), 0u);
    }
}
