// The monitor with the commands that this kernel really has.
#include "kernel/monitor/monitor.hpp"

#include "arch/i386/paging/boot_tables.hpp"
#include "kernel/monitor/command_table.hpp"
#include "lib/address.hpp"
#include "lib/errno.hpp"
#include "lib/test/scratch.hpp"

#include <test.hpp>

namespace {

// Large, so static; each test starts with it empty.
text_buffer<6000>& fresh_output() { return in_scratch<text_buffer<6000>>(); }

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

u32 watched = 0x12345678;

}  // namespace

TEST(monitor, help_lists_every_command_within_80_columns) {
    auto& out = fresh_output();
    EXPECT_EQ(monitor_execute("help", out), 0);
    EXPECT_FALSE(out.truncated());
    for (const monitor_command* command : all_commands()) {
        text_buffer<80> entry;
        format_to(entry, "  {}", command->usage);
        EXPECT_TRUE(contains(out.view(), entry.view()));
        EXPECT_TRUE(std::string_view(command->usage).starts_with(command->name));
    }
    size_t column = 0;
    for (const char c : out.view()) {
        column = c == '\n' ? 0 : column + 1;
        ASSERT_LT(column, 80u);
    }
}

TEST(monitor, no_two_commands_have_one_name) {
    for (const monitor_command* a : all_commands())
        EXPECT_TRUE(find_command(all_commands(), a->name) == a);
}

TEST(monitor, an_unknown_command_is_told_with_a_guess) {
    auto& out = fresh_output();
    EXPECT_EQ(monitor_execute("hlep", out), ENOENT);
    EXPECT_TRUE(contains(out.view(), "did you mean \"help\"?"));
    out.clear();
    EXPECT_EQ(monitor_execute("qqqqqqqq", out), ENOENT);
    EXPECT_TRUE(out.view() == "qqqqqqqq: there is no such command\n");
}

TEST(monitor, runs_one_command_after_the_other) {
    auto& out = fresh_output();
    EXPECT_EQ(monitor_execute("echo 'a  b' c; echo d", out), 0);
    EXPECT_TRUE(out.view() == "a  b c\nd\n");
    EXPECT_EQ(monitor_execute("echo \"", out), EINVAL);
    EXPECT_EQ(monitor_execute("", out), 0);
}

TEST(monitor, x_shows_memory_and_w_changes_it) {
    text_buffer<80> line;
    format_to(line, "x {} 1 w", virt_of(&watched));
    watched = 0x12345678;
    auto& out = fresh_output();
    EXPECT_EQ(monitor_execute(line.view(), out), 0);
    EXPECT_TRUE(contains(out.view(), ": 12345678 "));
    EXPECT_TRUE(contains(out.view(), "xV4."));

    line.clear();
    format_to(line, "w {} 0xab b; w {} 0xbeef h", virt_of(&watched),
              virt_of(&watched) + 2);
    EXPECT_EQ(monitor_execute(line.view(), out), 0);
    EXPECT_EQ(watched, 0xbeef56abu);
}

TEST(monitor, x_sees_physical_memory_through_the_linear_map) {
    text_buffer<80> line;
    format_to(line, "x p:{} 1 w", virt_to_phys(&watched));
    watched = 0xfeedf00d;
    auto& out = fresh_output();
    EXPECT_EQ(monitor_execute(line.view(), out), 0);
    EXPECT_TRUE(contains(out.view(), "feedf00d"));
    EXPECT_EQ(monitor_execute("x 0x100000000", out), EINVAL);
}

// What lies behind the linear map is mapped too, in part, but is not that memory.
TEST(monitor, physical_addresses_end_where_the_linear_map_does) {
    const u64 end = boot_tables_lowmem();
    auto& out = fresh_output();
    text_buffer<80> line;
    format_to(line, "x p:{:#x} 32", end - 16);
    EXPECT_EQ(monitor_execute(line.view(), out), 0);
    EXPECT_EQ(out.view().find('\n'), out.view().size() - 1);

    for (const u64 outside : {end, u64{0x38804000}, u64{0x80000000}, u64{0x100000000}}) {
        for (const std::string_view command : {"x", "w"}) {
            line.clear();
            format_to(line, "{} p:{:#x} {}", command, outside, command == "x" ? "" : "1");
            out.clear();
            EXPECT_EQ(monitor_execute(line.view(), out), EINVAL);
            EXPECT_TRUE(contains(out.view(), "is outside the linear map (it ends at 0x"));
        }
    }
    line.clear();
    format_to(line, "w p:{:#x} 1", end - 2);
    EXPECT_EQ(monitor_execute(line.view(), out), EINVAL);
}

TEST(monitor, x_and_w_report_what_is_not_mapped) {
    auto& out = fresh_output();
    EXPECT_EQ(monitor_execute("x 0xfffff000", out), EFAULT);
    EXPECT_TRUE(out.view() == "x: 0xfffff000 cannot be read\n");
    out.clear();
    EXPECT_EQ(monitor_execute("w 0xfffff000 1", out), EFAULT);
    EXPECT_TRUE(out.view() == "w: 0xfffff000 cannot be written\n");
}

TEST(monitor, malformed_arguments_are_refused) {
    auto& out = fresh_output();
    for (const char* line :
         {"x", "x zzz", "x 0 0", "x 0 1 q", "x 0 99999999", "w", "w 0", "w 0 1 q",
          "w 0xc0000000 256 b", "dmesg -l nine", "dmesg -n", "dmesg -x 1"})
        EXPECT_EQ(monitor_execute(line, out), EINVAL);
}
