#include "kernel/command_line/init_arguments.hpp"

#include <test.hpp>

namespace {

init_arguments& fresh() {
    static init_arguments init;
    init = init_arguments();
    return init;
}

}  // namespace

TEST(init_arguments, keeps_copies) {
    init_arguments& init = fresh();
    char text[] = "abc";
    EXPECT_TRUE(init.add_argument(text));
    EXPECT_TRUE(init.add_split_argument("name", "value"));
    text[0] = 'x';
    ASSERT_EQ(init.arguments().size(), 2u);
    EXPECT_STREQ(init.arguments()[0], "abc");
    EXPECT_STREQ(init.arguments()[1], "name=value");
}

TEST(init_arguments, replaces_a_variable_but_not_its_longer_namesake) {
    init_arguments& init = fresh();
    EXPECT_TRUE(init.add_environment("PATHS", "1"));
    EXPECT_TRUE(init.add_environment("PATH", "2"));
    EXPECT_TRUE(init.add_environment("PATH", "3"));
    ASSERT_EQ(init.environment().size(), 2u);
    EXPECT_STREQ(init.environment()[0], "PATHS=1");
    EXPECT_STREQ(init.environment()[1], "PATH=3");
}

TEST(init_arguments, refuses_what_does_not_fit_and_keeps_the_rest) {
    init_arguments& init = fresh();
    for (size_t i = 0; i < init_arguments::max_strings; ++i)
        EXPECT_TRUE(init.add_argument("a"));
    EXPECT_FALSE(init.add_argument("a"));
    EXPECT_EQ(init.arguments().size(), init_arguments::max_strings);
    init.forget_arguments();
    EXPECT_EQ(init.arguments().size(), 0u);

    char text[init_arguments::max_text];
    for (char& c : text) c = 'x';
    EXPECT_FALSE(init.add_argument({text, sizeof(text)}));
    EXPECT_TRUE(init.add_argument("still room"));
    EXPECT_TRUE(init.add_environment("A", "1"));
    EXPECT_FALSE(init.add_environment("A", {text, sizeof(text)}));
    EXPECT_STREQ(init.environment()[0], "A=1");
}
