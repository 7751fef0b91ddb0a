#include "kernel/log/log_line.hpp"

#include <test.hpp>

namespace {

struct stored_lines {
    text_buffer<1024> text;  // each line ended by '|', a truncated one by '>'
    u32 count = 0;

    static void store(void* context, std::string_view line, bool truncated) {
        auto& self = *static_cast<stored_lines*>(context);
        self.text.write(line);
        self.text.put(truncated ? '>' : '|');
        ++self.count;
    }
};

bool becomes(std::string_view message, std::string_view expected) {
    stored_lines lines;
    log_line_splitter splitter(stored_lines::store, &lines);
    splitter.write(message);
    splitter.finish();
    return lines.text.view() == expected;
}

}  // namespace

TEST(log_line, one_message_is_one_line) {
    EXPECT_TRUE(becomes("hello", "hello|"));
    EXPECT_TRUE(becomes("", "|"));
}

TEST(log_line, newlines_split_and_the_last_one_is_not_wanted) {
    EXPECT_TRUE(becomes("a\nb", "a|b|"));
    EXPECT_TRUE(becomes("a\n", "a|"));
    EXPECT_TRUE(becomes("a\n\nb", "a||b|"));
    EXPECT_TRUE(becomes("\n", "|"));
}

TEST(log_line, control_characters_are_shown) {
    EXPECT_TRUE(becomes("\x1b[2J\x7f", "\\x1b[2J\\x7f|"));
    EXPECT_TRUE(becomes("a\tb\r", "a b\\x0d|"));
    EXPECT_TRUE(becomes("\xe9", "\xe9|"));
}

TEST(log_line, a_long_line_is_cut_and_the_next_is_whole) {
    stored_lines lines;
    log_line_splitter splitter(stored_lines::store, &lines);
    for (size_t i = 0; i < log_record::max_text; ++i) splitter.put('x');
    EXPECT_EQ(lines.count, 0u);
    splitter.write("yz\nnext");
    splitter.finish();
    EXPECT_EQ(lines.count, 2u);
    EXPECT_EQ(lines.text.view().size(), log_record::max_text + 1 + 5);
    EXPECT_EQ(lines.text.view()[log_record::max_text], '>');
    EXPECT_TRUE(lines.text.view().ends_with("x>next|"));
}

TEST(log_line, an_escape_is_kept_whole_or_not_at_all) {
    stored_lines lines;
    log_line_splitter splitter(stored_lines::store, &lines);
    for (size_t i = 0; i < log_record::max_text - 2; ++i) splitter.put('x');
    splitter.write("\x01");
    splitter.finish();
    EXPECT_EQ(lines.text.view().size(), log_record::max_text - 2 + 1);
    EXPECT_TRUE(lines.text.view().ends_with("x>"));
}
