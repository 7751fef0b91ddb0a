#include "kernel/log/log_buffer.hpp"

#include "lib/random.hpp"

#include <test.hpp>

namespace {

struct small_log {
    char storage[1024];
    log_buffer log{storage};

    void say(std::string_view text, log_level level = log_level::info) {
        log.append(level, 0, text, false);
        log.check_invariants();
    }
};

}  // namespace

TEST(log_buffer, gives_back_what_was_said_in_order) {
    small_log s;
    s.log.append(log_level::err, 1234567, "first", false);
    s.log.append(log_level::debug, 7654321, "", false);
    log_reader reader = s.log.oldest();
    log_record record;
    ASSERT_TRUE(s.log.read(reader, record));
    EXPECT_TRUE(record.view() == "first");
    EXPECT_TRUE(record.level == log_level::err);
    EXPECT_EQ(record.microseconds, 1234567u);
    EXPECT_EQ(record.sequence, 0u);
    EXPECT_FALSE(record.truncated);
    ASSERT_TRUE(s.log.read(reader, record));
    EXPECT_TRUE(record.view().empty());
    EXPECT_EQ(record.sequence, 1u);
    EXPECT_FALSE(s.log.read(reader, record));
    s.say("third");
    ASSERT_TRUE(s.log.read(reader, record));
    EXPECT_TRUE(record.view() == "third");
}

TEST(log_buffer, keeps_the_start_of_a_line_too_long) {
    small_log s;
    char text[log_record::max_text + 1];
    for (char& c : text) c = 'x';
    log_record record;
    log_reader reader = s.log.oldest();
    s.say({text, log_record::max_text});
    ASSERT_TRUE(s.log.read(reader, record));
    EXPECT_FALSE(record.truncated);
    s.say({text, log_record::max_text + 1});
    ASSERT_TRUE(s.log.read(reader, record));
    EXPECT_TRUE(record.truncated);
    EXPECT_EQ(record.length, log_record::max_text);
}

TEST(log_buffer, overwrites_the_oldest_whole) {
    small_log s;
    // 16 records of 64 bytes fill it to the last byte.
    char text[64 - log_buffer::bytes_beside_text()];
    for (char& c : text) c = 'a';
    const std::string_view line(text, sizeof(text));
    for (int i = 0; i < 16; ++i) s.say(line);
    EXPECT_EQ(s.log.bytes_used(), 1024u);
    EXPECT_EQ(s.log.first_sequence(), 0u);
    s.say("b");
    EXPECT_EQ(s.log.first_sequence(), 1u);
    s.say(line);
    EXPECT_EQ(s.log.first_sequence(), 2u);
    EXPECT_EQ(s.log.next_sequence(), 18u);
}

TEST(log_buffer, tells_a_slow_reader_what_it_missed) {
    small_log s;
    log_reader reader = s.log.oldest();
    for (int i = 0; i < 100; ++i) s.say("some line of the log");
    log_record record;
    ASSERT_TRUE(s.log.read(reader, record));
    EXPECT_EQ(record.sequence, s.log.first_sequence());
    EXPECT_EQ(reader.missed, s.log.first_sequence());
    EXPECT_GT(reader.missed, 0u);
    u32 read = 1;
    while (s.log.read(reader, record)) ++read;
    EXPECT_EQ(reader.missed + read, 100u);
}

TEST(log_buffer, holds_its_invariants_whatever_is_said) {
    small_log s;
    random_source random(4711);
    char text[300];
    log_record record;
    log_reader reader = s.log.oldest();
    for (u32 i = 0; i < 2000; ++i) {
        const u32 length = random.below(sizeof(text));
        for (u32 j = 0; j < length; ++j) text[j] = static_cast<char>('a' + (i + j) % 26);
        s.say({text, length}, static_cast<log_level>(i % 8));
        // A reader that keeps up sees each line as it was said.
        ASSERT_TRUE(s.log.read(reader, record));
        ASSERT_EQ(record.sequence, i);
        ASSERT_TRUE(record.view() ==
                    std::string_view(text, min_of<size_t>(length, log_record::max_text)));
        ASSERT_EQ(record.truncated, length > log_record::max_text);
    }
    EXPECT_EQ(reader.missed, 0u);
}
