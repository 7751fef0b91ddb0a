// dump_stack, and who sleeps where one must not, as the log has them.
#include "kernel/log/log.hpp"
#include "lib/sync/preempt.hpp"

#include <test.hpp>

namespace {

struct quiet_consoles {
    int before = console_loglevel();
    quiet_consoles() { set_console_loglevel(0); }
    ~quiet_consoles() { set_console_loglevel(before); }
};

log_reader end_of_log() {
    log_record record;
    log_reader reader = oldest_log_record();
    while (read_log(reader, record)) {}
    return reader;
}

bool has(const log_record& record, std::string_view words) {
    return record.view().find(words) != std::string_view::npos;
}

}  // namespace

TEST(dump_stack, logs_a_line_for_each_caller) {
    quiet_consoles quiet;
    log_reader reader = end_of_log();
    dump_stack();
    log_record record;
    ASSERT_TRUE(read_log(reader, record));
    EXPECT_TRUE(record.view() == "Backtrace:");
    unsigned lines = 0;
    bool by_the_runner = false;
    while (read_log(reader, record)) {
        ++lines;
        EXPECT_TRUE(record.view().starts_with("  0x"));
        by_the_runner |= has(record, "run_selftests+0x");
    }
    EXPECT_GE(lines, 3u);
    EXPECT_TRUE(by_the_runner);
}

TEST(might_sleep, logs_what_why_and_who) {
    quiet_consoles quiet;
    log_reader reader = end_of_log();
    preempt_disable();
    might_sleep("alloc_pages");
    preempt_enable();
    log_record record;
    ASSERT_TRUE(read_log(reader, record));
    EXPECT_TRUE(record.view() ==
                "BUG: sleeping function called from invalid context: alloc_pages");
    ASSERT_TRUE(read_log(reader, record));
    EXPECT_TRUE(record.view() == "  preempt_count 1");
    ASSERT_TRUE(read_log(reader, record));
    EXPECT_TRUE(record.view() == "Backtrace:");
}
