#include "kernel/monitor/command_table.hpp"

#include <test.hpp>

namespace {

constexpr monitor_command named(const char* name) {
    return {.name = name, .usage = "", .help = "", .run = nullptr};
}

constexpr monitor_command mem = named("mem");
constexpr monitor_command dmesg = named("dmesg");
constexpr monitor_command x = named("x");
constexpr monitor_command selftest = named("selftest");
const monitor_command* const table[] = {&mem, &x, &selftest, &dmesg};

}  // namespace

TEST(command_table, finds_by_the_whole_name) {
    EXPECT_TRUE(find_command(table, "mem") == &mem);
    EXPECT_TRUE(find_command(table, "me") == nullptr);
    EXPECT_TRUE(find_command(table, "memo") == nullptr);
    EXPECT_TRUE(find_command(table, "") == nullptr);
}

TEST(command_table, counts_typing_errors) {
    EXPECT_EQ(typing_errors("", ""), 0u);
    EXPECT_EQ(typing_errors("mem", "mem"), 0u);
    EXPECT_EQ(typing_errors("mem", ""), 3u);
    EXPECT_EQ(typing_errors("mem", "men"), 1u);
    EXPECT_EQ(typing_errors("mem", "mm"), 1u);
    EXPECT_EQ(typing_errors("emm", "mem"), 1u);
    EXPECT_EQ(typing_errors("dmseg", "dmesg"), 1u);
    EXPECT_EQ(typing_errors("kitten", "sitting"), 3u);
    EXPECT_EQ(typing_errors("a234567890123456789012345", "a"), ~size_t{0});
}

TEST(command_table, guesses_what_was_meant) {
    EXPECT_TRUE(nearest_command(table, "dmseg") == &dmesg);
    EXPECT_TRUE(nearest_command(table, "demsgg") == &dmesg);
    EXPECT_TRUE(nearest_command(table, "self") == &selftest);
    EXPECT_TRUE(nearest_command(table, "men") == &mem);
    EXPECT_TRUE(nearest_command(table, "men!") == &mem);
    EXPECT_TRUE(nearest_command(table, "nen") == nullptr);
    EXPECT_TRUE(nearest_command(table, "q") == nullptr);
    EXPECT_TRUE(nearest_command(table, "") == nullptr);
}

TEST(command_table, is_walked_in_alphabetical_order) {
    const monitor_command* const order[] = {&dmesg, &mem, &selftest, &x, nullptr};
    const monitor_command* at = nullptr;
    for (const monitor_command* expected : order) {
        at = command_after(table, at);
        EXPECT_TRUE(at == expected);
    }
}
