#include "kernel/console/console_choice.hpp"

#include <test.hpp>

TEST(console_choice, without_a_word_every_device_is_wanted) {
    console_choice choice;
    EXPECT_TRUE(choice.wants("ttyS0"));
    EXPECT_TRUE(choice.wants("tty0"));
    EXPECT_TRUE(choice.preferred().empty());
}

TEST(console_choice, takes_linux_spellings) {
    for (const char* value : {"ttyS0", "ttyS0,115200", "ttyS0,115200n", "ttyS0,115200n8"}) {
        console_choice choice;
        EXPECT_TRUE(choice.add(value));
        EXPECT_TRUE(choice.wants("ttyS0"));
        EXPECT_FALSE(choice.wants("tty0"));
    }
}

TEST(console_choice, the_last_one_named_is_preferred) {
    console_choice choice;
    EXPECT_TRUE(choice.add("ttyS0"));
    EXPECT_TRUE(choice.add("tty0"));
    EXPECT_TRUE(choice.preferred() == "tty0");
    EXPECT_TRUE(choice.add("ttyS0,115200n8"));
    EXPECT_TRUE(choice.preferred() == "ttyS0");
    EXPECT_TRUE(choice.wants("tty0"));
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(choice.add(i % 2 ? "tty0" : "ttyS0"));
    EXPECT_TRUE(choice.preferred() == "tty0");
}

TEST(console_choice, refuses_what_it_cannot_do_and_stays_as_it_was) {
    console_choice choice;
    EXPECT_TRUE(choice.add("tty0"));
    for (const char* value :
         {"", "ttyS1", "ttyS", "ttyS01", "ttyS0,", "ttyS0,9600", "ttyS0,115200e7",
          "ttyS0,115200n8r", "tty0,115200", "tty0,", ","})
        EXPECT_FALSE(choice.add(value));
    EXPECT_TRUE(choice.preferred() == "tty0");
    EXPECT_FALSE(choice.wants("ttyS0"));
}
