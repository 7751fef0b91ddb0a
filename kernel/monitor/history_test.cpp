#include "kernel/monitor/history.hpp"

#include "lib/format.hpp"

#include "lib/test/scratch.hpp"

#include <test.hpp>

namespace {

line_history& fresh() {
    return in_scratch<line_history>();
}

}  // namespace

TEST(history, newest_first) {
    line_history& h = fresh();
    h.add("a");
    h.add("b");
    EXPECT_EQ(h.size(), 2u);
    EXPECT_TRUE(h.line(0) == "b");
    EXPECT_TRUE(h.line(1) == "a");
    EXPECT_TRUE(h.line(2).empty());
}

TEST(history, keeps_a_line_once_in_a_row_and_no_empty_one) {
    line_history& h = fresh();
    for (const char* line : {"a", "a", "", "b", "a"}) h.add(line);
    EXPECT_EQ(h.size(), 3u);
}

TEST(history, the_oldest_makes_room) {
    line_history& h = fresh();
    for (u32 i = 0; i < line_history::max_lines + 5; ++i) {
        text_buffer<10> line;
        format_to(line, "{}", i);
        h.add(line.view());
    }
    EXPECT_EQ(h.size(), line_history::max_lines);
    EXPECT_TRUE(h.line(0) == "36");
    EXPECT_TRUE(h.line(line_history::max_lines - 1) == "5");
}

TEST(history, finds_from_an_age_on) {
    line_history& h = fresh();
    for (const char* line : {"mem 1", "x", "mem 2"}) h.add(line);
    EXPECT_EQ(h.find("em", 0), 0u);
    EXPECT_EQ(h.find("em", 1), 2u);
    EXPECT_EQ(h.find("em", 3), 3u);
    EXPECT_EQ(h.find("none", 0), 3u);
}

TEST(history, refuses_what_does_not_fit) {
    line_history& h = fresh();
    char text[line_history::max_length + 1];
    for (char& c : text) c = 'x';
    h.add({text, line_history::max_length});
    EXPECT_EQ(h.line(0).size(), line_history::max_length);
    h.add({text, line_history::max_length + 1});
    EXPECT_EQ(h.size(), 1u);
}
