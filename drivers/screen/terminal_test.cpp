#include "drivers/screen/terminal.hpp"

#include "drivers/screen/test_surface.hpp"

#include <test.hpp>

namespace {

constexpr u32 columns = 20, rows = 5;

struct setup {
    test_surface<columns, rows> screen;
    test_storage<columns * rows, columns * 8> storage;
    terminal tty;

    setup() { tty.attach(screen, storage.view()); }

    void write(std::string_view text) {
        tty.write(text);
        tty.check_invariants();
    }
    bool row_is(u32 row, const char* text) const { return screen.row_is(row, text); }
    bool cursor_is(u32 column, u32 row) const {
        return tty.cursor() == cell_position{column, row} && screen.cursor == tty.cursor();
    }
    u8 attribute(u32 column, u32 row) const { return screen.cells[row][column].attribute; }
};

}  // namespace

TEST(terminal, writes_lines_and_scrolls) {
    setup s;
    s.write("one\ntwo\nthree\nfour\nfive");
    EXPECT_TRUE(s.row_is(0, "one"));
    EXPECT_TRUE(s.row_is(4, "five"));
    s.write("\nsix");
    EXPECT_TRUE(s.row_is(0, "two"));
    EXPECT_TRUE(s.row_is(4, "six"));
    EXPECT_TRUE(s.cursor_is(3, 4));
}

TEST(terminal, a_full_line_wraps_only_when_more_comes) {
    setup s;
    s.write("01234567890123456789");
    EXPECT_TRUE(s.cursor_is(19, 0));
    s.write("\n");
    EXPECT_TRUE(s.cursor_is(0, 1));
    s.write("01234567890123456789x");
    EXPECT_TRUE(s.row_is(1, "01234567890123456789"));
    EXPECT_TRUE(s.row_is(2, "x"));
    s.write("\x1b[1;1H01234567890123456789\b\bAB");
    EXPECT_TRUE(s.row_is(0, "01234567890123456" "AB9"));
}

TEST(terminal, controls_move_the_cursor) {
    setup s;
    s.write("abc\rX");
    EXPECT_TRUE(s.row_is(0, "Xbc"));
    s.write("\tT");
    EXPECT_TRUE(s.row_is(0, "Xbc     T"));
    s.write("\t\t\t\t");
    EXPECT_TRUE(s.cursor_is(19, 0));
    s.write("\r\b\a");
    EXPECT_TRUE(s.cursor_is(0, 0));
}

TEST(terminal, cursor_sequences_stop_at_the_edges) {
    setup s;
    s.write("\x1b[3;7H");
    EXPECT_TRUE(s.cursor_is(6, 2));
    s.write("\x1b[A\x1b[2D");
    EXPECT_TRUE(s.cursor_is(4, 1));
    s.write("\x1b[99B\x1b[99C");
    EXPECT_TRUE(s.cursor_is(19, 4));
    s.write("\x1b[9999A\x1b[9999D");
    EXPECT_TRUE(s.cursor_is(0, 0));
    s.write("\x1b[9G\x1b[4d");
    EXPECT_TRUE(s.cursor_is(8, 3));
    s.write("\x1b[s\x1b[H\x1b[u");
    EXPECT_TRUE(s.cursor_is(8, 3));
    s.write("\x1b[0;0H");
    EXPECT_TRUE(s.cursor_is(0, 0));
}

TEST(terminal, erases_parts_of_a_line) {
    setup s;
    s.write("abcdef\x1b[4G\x1b[K");
    EXPECT_TRUE(s.row_is(0, "abc"));
    s.write("\x1b[2G\x1b[1K");
    EXPECT_TRUE(s.row_is(0, "  c"));
    s.write("\x1b[2K");
    EXPECT_TRUE(s.row_is(0, ""));
}

TEST(terminal, erases_parts_of_the_screen) {
    setup s;
    s.write("aaa\nbbb\nccc\nddd\x1b[2;2H\x1b[J");
    EXPECT_TRUE(s.row_is(0, "aaa"));
    EXPECT_TRUE(s.row_is(1, "b"));
    EXPECT_TRUE(s.row_is(3, ""));
    s.write("\x1b[4;1Hddd\x1b[2;1H\x1b[1J");
    EXPECT_TRUE(s.row_is(0, ""));
    EXPECT_TRUE(s.row_is(1, ""));
    EXPECT_TRUE(s.row_is(3, "ddd"));
    s.write("\x1b[2J");
    EXPECT_TRUE(s.row_is(3, ""));
}

TEST(terminal, edits_within_a_line) {
    setup s;
    s.write("abcdef\x1b[3G\x1b[2@");
    EXPECT_TRUE(s.row_is(0, "ab  cdef"));
    s.write("\x1b[3P");
    EXPECT_TRUE(s.row_is(0, "abdef"));
    s.write("\x1b[2X");
    EXPECT_TRUE(s.row_is(0, "ab  f"));
}

TEST(terminal, inserts_and_deletes_lines_in_the_region) {
    setup s;
    s.write("a\nb\nc\nd\ne\x1b[2;4r");
    EXPECT_TRUE(s.cursor_is(0, 0));
    s.write("\x1b[M");
    EXPECT_TRUE(s.row_is(0, "a"));
    s.write("\x1b[2;1H\x1b[L");
    EXPECT_TRUE(s.row_is(1, ""));
    EXPECT_TRUE(s.row_is(2, "b"));
    EXPECT_TRUE(s.row_is(3, "c"));
    EXPECT_TRUE(s.row_is(4, "e"));
    s.write("\x1b[2M");
    EXPECT_TRUE(s.row_is(1, "c"));
    EXPECT_TRUE(s.row_is(2, ""));
    s.write("\x1b[4;1H\n\nz");
    EXPECT_TRUE(s.row_is(3, "z"));
    EXPECT_TRUE(s.row_is(4, "e"));
    s.write("\x1b[r\x1b[5;1H\nlast");
    EXPECT_TRUE(s.row_is(3, "e"));
    EXPECT_TRUE(s.row_is(4, "last"));
}

TEST(terminal, a_region_of_one_line_is_refused) {
    setup s;
    s.write("\x1b[3;3r\x1b[4;2r\x1b[9;9r");
    s.write("a\nb\nc\nd\ne\nf");
    EXPECT_TRUE(s.row_is(0, "b"));
    EXPECT_TRUE(s.row_is(4, "f"));
}

TEST(terminal, colours) {
    setup s;
    s.write("a\x1b[31mb\x1b[1mc\x1b[44md\x1b[7me\x1b[27;22mf"
            "\x1b[39;49mg\x1b[95;103mh\x1b[mi");
    EXPECT_EQ(s.attribute(0, 0), 0x07);
    EXPECT_EQ(s.attribute(1, 0), 0x04);
    EXPECT_EQ(s.attribute(2, 0), 0x0C);
    EXPECT_EQ(s.attribute(3, 0), 0x1C);
    EXPECT_EQ(s.attribute(4, 0), 0xC1);
    EXPECT_EQ(s.attribute(5, 0), 0x14);
    EXPECT_EQ(s.attribute(6, 0), 0x07);
    EXPECT_EQ(s.attribute(7, 0), 0xED);
    EXPECT_EQ(s.attribute(8, 0), 0x07);
}

TEST(terminal, colours_of_larger_palettes_are_skipped_whole) {
    setup s;
    s.write("\x1b[38;5;1ma\x1b[0;48;2;1;7;31mb\x1b[0;38;5;196mc\x1b[38;5md");
    EXPECT_EQ(s.attribute(0, 0), 0x04);
    EXPECT_EQ(s.attribute(1, 0), 0x07);
    EXPECT_EQ(s.attribute(2, 0), 0x07);
    EXPECT_EQ(s.attribute(3, 0), 0x07);
}

TEST(terminal, erased_places_take_the_background) {
    setup s;
    s.write("\x1b[44m\x1b[K");
    EXPECT_EQ(s.attribute(19, 0), 0x17);
}

TEST(terminal, the_cursor_can_be_hidden) {
    setup s;
    s.write("\x1b[?25l");
    EXPECT_FALSE(s.screen.cursor_shown);
    s.write("x\x1b[?25h");
    EXPECT_TRUE(s.screen.cursor_shown);
}

TEST(terminal, shows_lines_and_the_fallback) {
    setup s;
    s.write("│\xff┐");
    EXPECT_EQ(s.screen.cells[0][0].glyph, 0xB3);
    EXPECT_EQ(s.screen.cells[0][1].glyph, 0x7F);
    EXPECT_EQ(s.screen.cells[0][2].glyph, 0xBF);
}

TEST(terminal, output_returns_from_the_past) {
    setup s;
    s.write("1\n2\n3\n4\n5\n6\n7");
    s.tty.scroll_view(1);
    EXPECT_TRUE(s.row_is(0, "2"));
    EXPECT_FALSE(s.screen.cursor_shown);
    s.write("!");
    EXPECT_TRUE(s.row_is(0, "3"));
    EXPECT_TRUE(s.row_is(4, "7!"));
    EXPECT_TRUE(s.cursor_is(2, 4));
}

TEST(terminal, recovers_for_a_panic) {
    setup s;
    s.write("text\n\x1b[31;2;3r\x1b[?25l\x1b]half a string");
    s.screen.cells[0][0] = {'#', 0x12};
    s.tty.recover();
    s.tty.check_invariants();
    EXPECT_TRUE(s.row_is(0, "text"));
    s.write("panic");
    EXPECT_TRUE(s.screen.cursor_shown);
    EXPECT_EQ(s.attribute(0, 1), 0x07);
    EXPECT_TRUE(s.row_is(1, "panic"));
}

TEST(terminal, a_program_s_bytes_are_taken_as_they_are_and_its_questions_answered) {
    setup s;
    text_buffer<64> answers;
    s.tty.write_bytes("ab\nc\x1b[6n\x1b[5n\x1b[c", answers);
    EXPECT_TRUE(s.row_is(1, "  c"));
    EXPECT_TRUE(answers.view() == "\033[2;4R\033[0n\033[?6c");
    answers.clear();
    s.write("\x1b[6n\nd");
    EXPECT_TRUE(s.row_is(2, "d"));
    EXPECT_TRUE(answers.view() == "");
}

TEST(terminal, copes_with_a_screen_of_one_character) {
    test_surface<1, 1> screen;
    test_storage<1, 2> storage;
    terminal tty;
    tty.attach(screen, storage.view());
    tty.write("abc\n\t\x1b[5;5H\x1b[2;3r\x1b[L\x1b[M\x1b[@\x1b[Pz");
    tty.check_invariants();
    EXPECT_TRUE(screen.row_is(0, "z"));
}
