// printk as the running kernel has it.
#include "kernel/log/log.hpp"

#include "lib/boot_param.hpp"
#include "lib/ratelimit.hpp"

#include <test.hpp>

namespace {

// Keeps the consoles quiet while a test speaks.
struct quiet_consoles {
    int before = console_loglevel();
    quiet_consoles() { set_console_loglevel(0); }
    ~quiet_consoles() { set_console_loglevel(before); }
};

// The log's end, where a test's own lines will be.
log_reader end_of_log() {
    log_record record;
    log_reader reader = oldest_log_record();
    while (read_log(reader, record)) {}
    return reader;
}

}  // namespace

TEST(printk, is_kept_also_when_the_consoles_do_not_show_it) {
    quiet_consoles quiet;
    log_reader reader = end_of_log();
    pr_debug("printk test {}", 42);
    log_record record;
    ASSERT_TRUE(read_log(reader, record));
    EXPECT_TRUE(record.view() == "printk test 42");
    EXPECT_TRUE(record.level == log_level::debug);
}

TEST(printk, marks_a_record_of_its_own_for_each_line) {
    quiet_consoles quiet;
    log_reader reader = end_of_log();
    pr_warn("one\n{}", "two");
    log_record record;
    ASSERT_TRUE(read_log(reader, record));
    EXPECT_TRUE(record.view() == "one");
    ASSERT_TRUE(read_log(reader, record));
    EXPECT_TRUE(record.view() == "two");
    EXPECT_FALSE(read_log(reader, record));
}

TEST(printk, shows_seconds_and_microseconds) {
    log_record record{};
    record.microseconds = 12'000'345;
    record.text[0] = 'x';
    record.length = 1;
    text_buffer<40> out;
    write_log_record(out, record);
    EXPECT_TRUE(out.view() == "[   12.000345] x\n");
    EXPECT_EQ(out.view().size(), log_stamp_columns + 2);
    record.truncated = true;
    out.clear();
    write_log_record(out, record);
    EXPECT_TRUE(out.view() == "[   12.000345] x...\n");
}

TEST(printk, is_limited_where_the_caller_says_so) {
    quiet_consoles quiet;
    log_reader reader = end_of_log();
    for (int i = 0; i < 100; ++i) pr_info_ratelimited("limited {}", i);
    log_record record;
    u32 lines = 0;
    while (read_log(reader, record)) lines += record.view().starts_with("limited ");
    EXPECT_GT(lines, 0u);
    EXPECT_LE(lines, ratelimit::default_burst);
}

TEST(printk, loglevel_is_checked_and_set) {
    const boot_param* loglevel = nullptr;
    for (const boot_param* param : registered<boot_param>())
        if (std::string_view(param->name) == "loglevel") loglevel = param;
    ASSERT_TRUE(loglevel != nullptr);
    const int before = console_loglevel();
    for (const char* malformed : {"11", "", "-1", "7x"}) {
        EXPECT_FALSE(loglevel->set(malformed));
        EXPECT_EQ(console_loglevel(), before);
    }
    for (const int level : {3, 5}) {
        text_buffer<8> value;
        format_to(value, "{}", level);
        EXPECT_TRUE(loglevel->set(value.view()));
        EXPECT_EQ(console_loglevel(), level);
    }
    set_console_loglevel(before);
}
