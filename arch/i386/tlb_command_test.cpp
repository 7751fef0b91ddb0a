#include "arch/i386/tlb.hpp"
#include "lib/command.hpp"

#include <test.hpp>

TEST(tlb_command, shows_each_count_in_eighty_columns) {
    static text_buffer<800> out;
    for (const monitor_command* command : registered<monitor_command>()) {
        if (std::string_view(command->name) != "tlb") continue;
        out.clear();
        command_line line{};
        EXPECT_EQ(command->run(line, out), 0);
        EXPECT_FALSE(out.truncated());
        u32 column = 0, lines = 0;
        for (const char c : out.view()) {
            column = c == '\n' ? 0 : column + 1;
            lines += c == '\n';
            EXPECT_LE(column, 80u);
        }
        EXPECT_EQ(lines, tlb_events + 2);
        text_buffer<80> row;
        format_to(row, "  everything{:>10}  global pages", tlb_count(tlb_event::all));
        EXPECT_NE(out.view().find(row.view()), std::string_view::npos);
        return;
    }
    EXPECT_TRUE(false);  // there is no such command
}
