// `console=` with devices chosen, absent and late. In the kernel each newly enabled
// device is also shown the log so far, so a device forgets before it is asked.
#include "kernel/console/console_list.hpp"

#include <test.hpp>

namespace {

class test_device final : public console_device {
public:
    using console_device::console_device;
    void write(std::string_view text) override { heard_ |= text == word; }

    // Whether what is written to the list comes here.
    bool is_enabled(console_list& list) {
        heard_ = false;
        list.write(word);
        return heard_;
    }

private:
    static constexpr std::string_view word = "a word that no log line is";
    bool heard_ = false;
};

struct consoles {
    test_device serial{"ttyS0"};
    test_device screen{"tty0"};
    console_list list;
};

}  // namespace

TEST(console_list, without_a_choice_every_device_is_on) {
    consoles c;
    c.list.add(c.serial);
    c.list.add(c.screen);
    EXPECT_TRUE(c.list.settle());
    EXPECT_TRUE(c.serial.is_enabled(c.list));
    EXPECT_TRUE(c.screen.is_enabled(c.list));
    EXPECT_TRUE(c.list.preferred() == nullptr);
}

TEST(console_list, a_chosen_device_is_on_alone_whether_it_comes_early_or_late) {
    consoles c;
    c.list.add(c.serial);
    EXPECT_TRUE(c.list.choose("tty0"));
    EXPECT_FALSE(c.serial.is_enabled(c.list));
    EXPECT_TRUE(c.list.preferred() == nullptr);
    c.list.add(c.screen);
    EXPECT_TRUE(c.list.settle());
    EXPECT_FALSE(c.serial.is_enabled(c.list));
    EXPECT_TRUE(c.screen.is_enabled(c.list));
    EXPECT_TRUE(c.list.preferred() == &c.screen);
}

TEST(console_list, of_two_chosen_both_are_on_and_the_last_is_preferred) {
    consoles c;
    c.list.add(c.serial);
    c.list.add(c.screen);
    EXPECT_TRUE(c.list.choose("tty0"));
    EXPECT_TRUE(c.list.choose("ttyS0,115200n8"));
    EXPECT_TRUE(c.serial.is_enabled(c.list));
    EXPECT_TRUE(c.screen.is_enabled(c.list));
    EXPECT_TRUE(c.list.preferred() == &c.serial);
}

TEST(console_list, a_choice_of_an_absent_device_is_void) {
    consoles c;
    EXPECT_TRUE(c.list.choose("tty0"));
    c.list.add(c.serial);
    EXPECT_FALSE(c.serial.is_enabled(c.list));
    EXPECT_FALSE(c.list.settle());
    EXPECT_TRUE(c.serial.is_enabled(c.list));
    EXPECT_TRUE(c.list.preferred() == nullptr);
    EXPECT_TRUE(c.list.settle());
}

TEST(console_list, an_absent_device_beside_one_that_is_there_does_no_harm) {
    consoles c;
    c.list.add(c.serial);
    EXPECT_TRUE(c.list.choose("ttyS0"));
    EXPECT_TRUE(c.list.choose("tty0"));
    EXPECT_TRUE(c.list.settle());
    EXPECT_TRUE(c.serial.is_enabled(c.list));
    EXPECT_TRUE(c.list.preferred() == nullptr);
}

TEST(console_list, a_malformed_choice_changes_nothing) {
    consoles c;
    c.list.add(c.serial);
    c.list.add(c.screen);
    EXPECT_FALSE(c.list.choose("ttyS9"));
    EXPECT_TRUE(c.serial.is_enabled(c.list));
    EXPECT_TRUE(c.screen.is_enabled(c.list));
}
