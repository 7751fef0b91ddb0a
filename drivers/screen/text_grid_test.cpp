#include "drivers/screen/text_grid.hpp"

#include "drivers/screen/test_surface.hpp"

#include <test.hpp>

namespace {

constexpr u32 columns = 10, rows = 4;
using surface = test_surface<columns, rows>;

struct setup {
    surface screen;
    test_storage<columns * rows, columns * 3> storage;
    text_grid grid;

    setup() { grid.attach(screen, storage.view()); }

    void write(u32 row, const char* text) {
        for (u32 column = 0; text[column]; ++column)
            grid.put({column, row}, {static_cast<u8>(text[column]), 7});
    }
    // A line that scrolls in at the bottom.
    void add(const char* text) {
        grid.scroll_up({0, rows}, 1, blank_cell);
        write(rows - 1, text);
    }
    void flush() {
        grid.flush({0, 0}, true);
        grid.check_invariants();
    }
};

}  // namespace

TEST(text_grid, draws_what_has_changed_and_nothing_else) {
    setup s;
    s.write(1, "abc");
    s.flush();
    EXPECT_EQ(s.screen.draws, 3u);
    EXPECT_TRUE(s.screen.row_is(1, "abc"));
    s.write(1, "abd");
    s.flush();
    EXPECT_EQ(s.screen.draws, 4u);
    s.write(1, "xyz");
    s.write(1, "abd");
    s.flush();
    EXPECT_EQ(s.screen.draws, 4u);
}

TEST(text_grid, scrolls_within_its_rows) {
    setup s;
    const char* const lines[] = {"a", "b", "c", "d"};
    for (u32 row = 0; row < rows; ++row) s.write(row, lines[row]);
    s.grid.scroll_up({1, 4}, 1, blank_cell);
    s.flush();
    EXPECT_TRUE(s.screen.row_is(0, "a"));
    EXPECT_TRUE(s.screen.row_is(1, "c"));
    EXPECT_TRUE(s.screen.row_is(3, ""));
    s.grid.scroll_down({0, 3}, 2, blank_cell);
    s.flush();
    EXPECT_TRUE(s.screen.row_is(1, ""));
    EXPECT_TRUE(s.screen.row_is(2, "a"));
    s.grid.scroll_down({0, 9}, 99, blank_cell);
    s.flush();
    EXPECT_TRUE(s.screen.row_is(2, ""));
}

TEST(text_grid, moves_the_rest_of_a_row) {
    setup s;
    s.write(0, "0123456789");
    s.grid.insert_cells({2, 0}, 3, blank_cell);
    s.flush();
    EXPECT_TRUE(s.screen.row_is(0, "01   23456"));
    s.grid.remove_cells({1, 0}, 4, blank_cell);
    s.flush();
    EXPECT_TRUE(s.screen.row_is(0, "023456"));
    s.grid.remove_cells({3, 0}, 99, blank_cell);
    s.grid.insert_cells({0, 0}, 99, blank_cell);
    s.flush();
    EXPECT_TRUE(s.screen.row_is(0, ""));
}

TEST(text_grid, keeps_what_scrolls_off_the_top) {
    setup s;
    const char* const lines[] = {"1", "2", "3", "4", "5", "6", "7", "8", "9"};
    for (const char* line : lines) s.add(line);
    EXPECT_EQ(s.grid.history_lines(), 3u);
    s.grid.move_view(2);
    s.flush();
    EXPECT_TRUE(s.screen.row_is(0, "4"));
    EXPECT_TRUE(s.screen.row_is(3, "7"));
    EXPECT_FALSE(s.screen.cursor_shown);
    s.grid.move_view(100);
    s.flush();
    EXPECT_EQ(s.grid.view(), 3u);
    EXPECT_TRUE(s.screen.row_is(0, "3"));
    s.grid.move_view(-100);
    s.flush();
    EXPECT_TRUE(s.screen.row_is(3, "9"));
    EXPECT_TRUE(s.screen.cursor_shown);
}

TEST(text_grid, changes_below_a_view_of_the_past_are_seen) {
    setup s;
    s.add("1");
    s.add("2");
    for (u32 i = 0; i < rows; ++i) s.add("x");
    s.grid.move_view(1);
    s.flush();
    s.write(0, "new");
    s.flush();
    EXPECT_TRUE(s.screen.row_is(1, "new"));
}

TEST(text_grid, a_region_below_the_top_leaves_no_history) {
    setup s;
    s.write(1, "gone");
    s.grid.scroll_up({1, rows}, 1, blank_cell);
    EXPECT_EQ(s.grid.history_lines(), 0u);
}

TEST(text_grid, uses_the_part_of_a_screen_that_its_storage_holds) {
    surface screen;
    test_storage<25, 0> storage;
    text_grid grid;
    grid.attach(screen, storage.view());
    EXPECT_EQ(grid.columns(), 10u);
    EXPECT_EQ(grid.rows(), 2u);
    grid.scroll_up({0, 2}, 1, blank_cell);
    EXPECT_EQ(grid.history_lines(), 0u);
    grid.move_view(1);
    EXPECT_EQ(grid.view(), 0u);
    grid.flush({9, 1}, true);
    grid.check_invariants();
}

TEST(text_grid, the_cursor_moves_and_hides) {
    setup s;
    s.grid.flush({3, 2}, true);
    EXPECT_TRUE(s.screen.cursor_shown);
    EXPECT_TRUE((s.screen.cursor == cell_position{3, 2}));
    s.grid.flush({4, 2}, true);
    EXPECT_TRUE((s.screen.cursor == cell_position{4, 2}));
    s.grid.flush({4, 2}, false);
    EXPECT_FALSE(s.screen.cursor_shown);
}
