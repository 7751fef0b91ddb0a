#include "kernel/monitor/help.hpp"

#include <test.hpp>

namespace {

bool writes(size_t indent, std::string_view left, std::string_view right,
            std::string_view expected) {
    text_buffer<400> out;
    write_two_columns(out, indent, left, right);
    return out.view() == expected;
}

}  // namespace

TEST(help, puts_two_columns_side_by_side) {
    EXPECT_TRUE(writes(10, "mem", "memory", "  mem     memory\n"));
    EXPECT_TRUE(writes(10, "mem", "", "  mem     \n"));
    EXPECT_TRUE(writes(10, "sixsix", "just fits", "  sixsix  just fits\n"));
    EXPECT_TRUE(writes(10, "sevenss", "does not", "  sevenss\n          does not\n"));
}

TEST(help, breaks_between_words_before_the_last_column) {
    text_buffer<600> out;
    write_two_columns(out, 30, "x [p:]ADDR [COUNT] [b|h|w]",
                      "one two three four five six seven eight nine ten eleven twelve "
                      "thirteen fourteen fifteen sixteen seventeen eighteen nineteen "
                      "twenty");
    size_t column = 0, lines = 0;
    for (const char c : out.view()) {
        column = c == '\n' ? 0 : column + 1;
        lines += c == '\n';
        ASSERT_LT(column, 80u);
    }
    EXPECT_EQ(lines, 3u);
    EXPECT_TRUE(out.view().find("ten\n                              eleven ") !=
                std::string_view::npos);
}

TEST(help, keeps_a_word_whole_that_is_longer_than_a_line) {
    text_buffer<400> out;
    write_two_columns(out, 75, "a", "b too_long c");
    const std::string_view text = out.view();
    EXPECT_TRUE(text.starts_with("  a "));
    EXPECT_TRUE(text.find(" b\n ") != std::string_view::npos);
    EXPECT_TRUE(text.find(" too_long\n ") != std::string_view::npos);
    EXPECT_TRUE(text.ends_with(" c\n"));
}
