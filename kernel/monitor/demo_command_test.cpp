#include "lib/command.hpp"
#include "lib/demo.hpp"
#include "lib/errno.hpp"

#include <test.hpp>

namespace {

int run_demo(std::span<const std::string_view> words, text_sink& out) {
    for (const monitor_command* command : registered<monitor_command>()) {
        if (std::string_view(command->name) != "demo") continue;
        command_line line{words};
        return command->run(line, out);
    }
    return -1;  // there is no such command
}

class offers final : public completion_sink {
public:
    void offer(std::string_view candidate) override {
        ++count;
        buddy = buddy || candidate == "buddy";
    }
    size_t count = 0;
    bool buddy = false;
};

}  // namespace

TEST(demo_command, lists_what_there_is) {
    const std::string_view words[] = {"demo"};
    text_buffer<1000> out;
    EXPECT_EQ(run_demo(words, out), 0);
    EXPECT_FALSE(out.truncated());
    const size_t found = out.view().find("  buddy        the buddy system");
    EXPECT_TRUE(found != std::string_view::npos);
}

TEST(demo_command, refuses_what_there_is_not) {
    const std::string_view unknown[] = {"demo", "nothing"};
    const std::string_view too_many[] = {"demo", "buddy", "twice"};
    text_buffer<200> out;
    EXPECT_EQ(run_demo(unknown, out), ENOENT);
    EXPECT_EQ(run_demo(too_many, out), EINVAL);
    EXPECT_EQ(out.view(), std::string_view(
        "demo: there is no demonstration \"nothing\"; demo alone lists them\n"
        "usage: demo [NAME]\n"));
}

TEST(demo_command, offers_every_name_for_completion) {
    for (const monitor_command* command : registered<monitor_command>()) {
        if (std::string_view(command->name) != "demo") continue;
        offers to;
        command->complete(to);
        EXPECT_EQ(to.count, registered<demonstration>().size());
        EXPECT_TRUE(to.buddy);
    }
}
