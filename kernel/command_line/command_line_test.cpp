#include "kernel/command_line/command_line.hpp"

#include <test.hpp>

namespace {

// Words read from `text`, as name=value| or name|.
bool reads(std::string_view text, std::string_view expected) {
    text_buffer<200> seen;
    boot_word_reader words(text);
    boot_word word;
    while (words.next(word)) {
        seen.write(word.name);
        if (word.has_value) format_to(seen, "={}", word.value);
        seen.put('|');
    }
    return seen.view() == expected;
}

struct heard {
    int calls = 0;
    char value[32] = {};
    bool remember(std::string_view text) {
        ++calls;
        for (size_t i = 0; i < sizeof(value); ++i) value[i] = i < text.size() ? text[i] : 0;
        return text != "bad";
    }
};
heard level, quiet;

bool set_level(std::string_view value) { return level.remember(value); }
bool set_quiet(std::string_view value) { return quiet.remember(value); }

const boot_param level_param = {"log_level", "N", set_level};
const boot_param quiet_param = {"quiet", "", set_quiet};
const boot_param* const known[] = {&level_param, &quiet_param};

// Static: with its text it is large for a small stack.
init_arguments& parsed(std::string_view text) {
    static init_arguments init;
    init = init_arguments();
    level = quiet = heard();
    parse_command_line(text, known, init);
    return init;
}

bool are(std::span<const char* const> strings, std::string_view expected) {
    text_buffer<200> seen;
    for (const char* s : strings) format_to(seen, "{}|", s);
    return seen.view() == expected;
}

}  // namespace

TEST(command_line, words_are_separated_by_blanks) {
    EXPECT_TRUE(reads("", ""));
    EXPECT_TRUE(reads("  \t ", ""));
    EXPECT_TRUE(reads(" a  b=c\td= ", "a|b=c|d=|"));
    EXPECT_TRUE(reads("a=b=c", "a=b=c|"));
    EXPECT_TRUE(reads("=a", "=a|"));
}

TEST(command_line, quotes_protect_blanks) {
    EXPECT_TRUE(reads("\"a=b c\" d", "a=b c|d|"));
    EXPECT_TRUE(reads("a=\"b c\" d", "a=b c|d|"));
    EXPECT_TRUE(reads("\"a b\" c", "a b|c|"));
    EXPECT_TRUE(reads("a=b\" \"c", "a=b\" \"c|"));
    EXPECT_TRUE(reads("a=\"\"", "a=|"));
    EXPECT_TRUE(reads("\"\"", "|"));
}

TEST(command_line, an_open_quote_reaches_to_the_end) {
    EXPECT_TRUE(reads("a=\"b c", "a=b c|"));
    EXPECT_TRUE(reads("\"a b", "a b|"));
    EXPECT_TRUE(reads("\"", "|"));
    EXPECT_TRUE(reads("a=\"", "a=|"));
}

TEST(command_line, known_words_get_their_value) {
    parsed("log_level=4 quiet");
    EXPECT_STREQ(level.value, "4");
    EXPECT_EQ(quiet.calls, 1);
    EXPECT_STREQ(quiet.value, "");
}

TEST(command_line, dash_and_underscore_are_alike_in_names) {
    parsed("log-level=a-b");
    EXPECT_STREQ(level.value, "a-b");
    EXPECT_TRUE(boot_names_equal("a-b_c", "a_b-c"));
    EXPECT_FALSE(boot_names_equal("ab", "abc"));
}

TEST(command_line, the_last_word_wins) {
    parsed("log_level=1 log_level=2");
    EXPECT_STREQ(level.value, "2");
    EXPECT_EQ(level.calls, 2);
}

TEST(command_line, the_rest_is_for_init) {
    init_arguments& init = parsed("HOME=/ single log_level=3 TERM=vt100 HOME=/root x");
    EXPECT_TRUE(are(init.environment(), "HOME=/root|TERM=vt100|"));
    EXPECT_TRUE(are(init.arguments(), "single|x|"));
}

TEST(command_line, behind_two_dashes_all_is_for_init) {
    init_arguments& init = parsed("a -- log_level=3 b=\"c d\" -- quiet");
    EXPECT_TRUE(are(init.arguments(), "a|log_level=3|b=c d|--|quiet|"));
    EXPECT_EQ(level.calls, 0);
    EXPECT_EQ(quiet.calls, 0);
}

TEST(command_line, finds_an_early_word) {
    EXPECT_TRUE(find_boot_word("a mem=4M b mem=8M -- mem=2M", "mem").value_or("-") == "8M");
    EXPECT_TRUE(find_boot_word("a mem b", "mem").value_or("-") == "");
    EXPECT_FALSE(find_boot_word("memory=3 xmem=4", "mem").has_value());
}

TEST(command_line, reads_the_sizes_that_memory_is_laid_out_with) {
    constexpr u64 none = ~u64{0};
    const auto mem = [=](std::string_view text) {
        return find_size_word(text, "mem").value_or(none);
    };
    EXPECT_EQ(mem("a mem=16M b"), u64{16} << 20);
    EXPECT_EQ(mem("mem=4G mem=0x800000 -- mem=1M"), u64{0x800000});
    EXPECT_EQ(mem(""), none);
    EXPECT_EQ(mem("memory=4M -- mem=4M"), none);
    EXPECT_EQ(mem("mem=8M vmalloc=256M"), u64{8} << 20);
    EXPECT_EQ(find_size_word("mem=8M vmalloc=256M", "vmalloc").value_or(none), u64{256} << 20);
    // What is warned about as malformed is not obeyed either.
    for (const char* text : {"mem=0", "mem=0K", "mem", "mem=", "mem=x", "mem=-1", "mem=4Q"})
        EXPECT_EQ(mem(text), none);
    EXPECT_EQ(mem("mem=8M mem=0"), u64{8} << 20);
}
