#include "kernel/monitor/editor_fixture.hpp"

#include <test.hpp>

TEST(line_completion, finishes_the_only_candidate) {
    editing e;
    EXPECT_TRUE(e.type("op").type(keys::tab).is("open |"));
    EXPECT_TRUE(e.type("w").type(keys::tab).is("open window |"));
    EXPECT_TRUE(e.shows_it());
}

TEST(line_completion, goes_as_far_as_all_agree_then_shows_them) {
    editing e;
    EXPECT_TRUE(e.type("m").type(keys::tab).is("mem|"));
    EXPECT_EQ(e.terminal.lines_fed(), 0u);
    EXPECT_TRUE(e.type(keys::tab).is("mem|"));
    EXPECT_EQ(e.terminal.lines_fed(), 2u);
    EXPECT_TRUE(e.shows_it());
    EXPECT_TRUE(e.type("t").type(keys::tab).is("memtest |"));
}

TEST(line_completion, rings_where_it_knows_nothing) {
    editing e;
    EXPECT_TRUE(e.type("zz").type(keys::tab).is("zz|"));
    EXPECT_EQ(e.terminal.bells(), 1u);
    EXPECT_TRUE(e.type(" x").type(keys::tab).is("zz x|"));
    EXPECT_EQ(e.terminal.bells(), 2u);
}

TEST(line_completion, keeps_what_stands_behind_the_cursor) {
    editing e;
    e.type("pa 1; x").type(keys::home).type(keys::right).type(keys::right);
    EXPECT_TRUE(e.type(keys::tab).is("panic | 1; x"));
}

TEST(line_completion, a_command_behind_a_semicolon_is_one_too) {
    editing e;
    EXPECT_TRUE(e.type("open x;pan").type(keys::tab).is("open x;panic |"));
}
