#include "lib/command.hpp"

#include <test.hpp>

namespace {

// Knows the longest line and whether a text went by.
class line_watcher final : public text_sink {
public:
    void write(std::string_view text) override {
        for (char c : text) {
            if (c == '\n') {
                longest = longest > column ? longest : column;
                column = 0;
                ++lines;
            } else {
                ++column;
            }
        }
    }
    size_t column = 0, longest = 0, lines = 0;
};

}  // namespace

TEST(mem_command, fits_in_80_columns_and_ends_its_last_line) {
    for (const monitor_command* command : registered<monitor_command>()) {
        if (std::string_view(command->name) != "mem") continue;
        const std::string_view words[] = {"mem"};
        command_line line{words};
        line_watcher out;
        EXPECT_EQ(command->run(line, out), 0);
        EXPECT_LE(out.longest, 80u);
        EXPECT_EQ(out.column, 0u);
        EXPECT_GT(out.lines, 4u);
        return;
    }
    EXPECT_TRUE(false);  // there is no such command
}
