#include "kernel/monitor/words.hpp"

#include "lib/format.hpp"

#include <test.hpp>

namespace {

// Commands as [word][word]; and how it ended.
bool splits(std::string_view line, std::string_view expected) {
    text_buffer<300> seen;
    word_splitter splitter(line);
    for (;;) {
        const word_splitter::outcome outcome = splitter.next();
        if (outcome == word_splitter::outcome::open_quote) seen.write("open");
        if (outcome == word_splitter::outcome::too_long) seen.write("long");
        if (outcome != word_splitter::outcome::command) return seen.view() == expected;
        for (const std::string_view word : splitter.words()) format_to(seen, "[{}]", word);
        seen.write(";");
    }
}

bool ends_in(std::string_view line, std::string_view command, std::string_view word) {
    const word_at_end at = last_word(line);
    return at.command == command && at.word == word;
}

}  // namespace

TEST(words, blanks_separate_words_and_semicolons_commands) {
    EXPECT_TRUE(splits("", ""));
    EXPECT_TRUE(splits("  a  b\tc ", "[a][b][c];"));
    EXPECT_TRUE(splits("a;b c", "[a];[b][c];"));
    EXPECT_TRUE(splits(" ; ;; a ;", "[a];"));
}

TEST(words, quotes_and_backslashes_protect) {
    EXPECT_TRUE(splits("a 'b; c' \"d 'e\"", "[a][b; c][d 'e];"));
    EXPECT_TRUE(splits("a\\ b\\;c", "[a b;c];"));
    EXPECT_TRUE(splits("x'y z'w", "[xy zw];"));
    EXPECT_TRUE(splits("'a\\' \"b\\\"c\"", "[a\\][b\"c];"));
    EXPECT_TRUE(splits("'' a", "[][a];"));
    EXPECT_TRUE(splits("a\\", "[a\\];"));
}

TEST(words, what_is_wrong_is_told_after_what_was_right) {
    EXPECT_TRUE(splits("a; 'b", "[a];open"));
    EXPECT_TRUE(splits("\"", "open"));
    text_buffer<200> many;
    for (size_t i = 0; i <= word_splitter::max_words; ++i) many.write("a ");
    EXPECT_TRUE(splits(many.view(), "long"));
}

TEST(words, knows_the_word_under_the_cursor) {
    EXPECT_TRUE(ends_in("", "", ""));
    EXPECT_TRUE(ends_in("me", "", "me"));
    EXPECT_TRUE(ends_in("  me", "", "me"));
    EXPECT_TRUE(ends_in("help ", "help", ""));
    EXPECT_TRUE(ends_in("help m x", "help", "x"));
    EXPECT_TRUE(ends_in("a b; c", "", "c"));
    EXPECT_TRUE(ends_in("a b;c d", "c", "d"));
}
