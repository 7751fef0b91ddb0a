#include "drivers/keyboard/i8042.hpp"

#include <test.hpp>

namespace {

// A controller with a keyboard, and all the ways in which it may misbehave.
class fake_8042 final : public i8042_ports {
public:
    bool absent = false;         // the bus floats
    bool deaf = false;           // never takes a byte
    bool babbles = false;        // always has one
    bool mute = false;           // never answers
    bool has_keyboard = true;
    u32 failing_self_tests = 0;
    u32 resends = 0;
    u32 stale_bytes = 0;

    u8 config = 0x73;
    bool keyboard_on = false;
    bool reset_pulsed = false;
    u64 waited = 0;

    u8 read_status() override {
        if (absent) return 0xFF;
        const bool full = babbles || stale_bytes || answer_full_;
        return static_cast<u8>((full ? i8042_output_full : 0) |
                               (deaf ? i8042_input_full : 0));
    }
    u8 read_data() override {
        if (absent) return 0xFF;
        if (stale_bytes) {
            --stale_bytes;
            return 0x1E;
        }
        answer_full_ = false;
        return answer_;
    }
    void write_command(u8 command) override {
        expects_config_ = command == 0x60;
        if (command == 0x20) say(config);
        if (command == 0xAA) {
            config = 0x30;
            say(failing_self_tests ? (--failing_self_tests, 0xFC) : 0x55);
        }
        if (command == 0xAE) keyboard_on = true;
        if (command == 0xFE) reset_pulsed = true;
    }
    void write_data(u8 data) override {
        if (expects_config_) {
            config = data;
            expects_config_ = false;
        } else if (has_keyboard && data == 0xF4) {
            say(resends ? (--resends, 0xFE) : 0xFA);
        }
    }
    void wait_us(u32 microseconds) override { waited += microseconds; }

private:
    void say(int byte) {
        if (mute) return;
        answer_ = static_cast<u8>(byte);
        answer_full_ = true;
    }

    u8 answer_ = 0;
    bool answer_full_ = false;
    bool expects_config_ = false;
};

constexpr u64 a_second = 1'000'000;

}  // namespace

TEST(i8042, wakes_a_common_machine) {
    fake_8042 machine;
    EXPECT_TRUE(i8042_init(machine) == i8042_found::keyboard);
    EXPECT_TRUE(machine.keyboard_on);
    // Irq 1 on, the mouse and its line off, translation on.
    EXPECT_EQ(machine.config & 0x73, 0x61);
    EXPECT_EQ(machine.waited, 0u);
}

TEST(i8042, a_floating_bus_is_no_controller) {
    fake_8042 machine;
    machine.absent = true;
    EXPECT_TRUE(i8042_init(machine) == i8042_found::nothing);
    EXPECT_EQ(machine.waited, 0u);
}

TEST(i8042, bad_controllers_are_given_up_in_bounded_time) {
    for (int kind = 0; kind < 4; ++kind) {
        fake_8042 machine;
        machine.deaf = kind == 0;
        machine.babbles = kind == 1;
        machine.mute = kind == 2;
        machine.failing_self_tests = kind == 3 ? 100 : 0;
        EXPECT_TRUE(i8042_init(machine) == i8042_found::nothing);
        EXPECT_LT(machine.waited, a_second);
    }
}

TEST(i8042, a_self_test_may_pass_at_the_second_try) {
    fake_8042 machine;
    machine.failing_self_tests = 2;
    EXPECT_TRUE(i8042_init(machine) == i8042_found::keyboard);
}

TEST(i8042, a_missing_keyboard_is_told_from_a_missing_controller) {
    fake_8042 machine;
    machine.has_keyboard = false;
    EXPECT_TRUE(i8042_init(machine) == i8042_found::no_keyboard);
    EXPECT_LT(machine.waited, a_second);
    EXPECT_EQ(machine.config & 0x71, 0x61);  // one may be plugged in later
}

TEST(i8042, a_keyboard_may_ask_to_hear_it_again) {
    fake_8042 machine;
    machine.resends = 2;
    EXPECT_TRUE(i8042_init(machine) == i8042_found::keyboard);
    machine.resends = 3;
    EXPECT_TRUE(i8042_init(machine) == i8042_found::no_keyboard);
}

TEST(i8042, keys_typed_before_are_dropped) {
    fake_8042 machine;
    machine.stale_bytes = 16;
    EXPECT_TRUE(i8042_init(machine) == i8042_found::keyboard);
    EXPECT_EQ(machine.stale_bytes, 0u);
}

TEST(i8042, the_reset_pulse_asks_only_a_controller) {
    fake_8042 machine;
    i8042_pulse_reset(machine);
    EXPECT_TRUE(machine.reset_pulsed);
    fake_8042 none;
    none.absent = true;
    i8042_pulse_reset(none);
    EXPECT_FALSE(none.reset_pulsed);
    fake_8042 deaf;
    deaf.deaf = true;
    i8042_pulse_reset(deaf);
    EXPECT_FALSE(deaf.reset_pulsed);
    EXPECT_LT(deaf.waited, a_second);
}
