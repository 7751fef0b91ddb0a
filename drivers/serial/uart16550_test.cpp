// The UART's driver against a simulated chip, whole and broken.
#include "drivers/serial/uart16550.hpp"

#include <test.hpp>

namespace {

struct fake_uart {
    bool there = true;
    bool stuck = false;       // the transmitter never becomes ready
    bool has_loopback = true;
    bool has_fifo = true;
    u8 registers[8] = {};
    u8 divisor_low = 0, divisor_high = 0;
    u8 line_errors = 0;       // reported with the next byte
    u8 incoming[8] = {};
    u32 incoming_count = 0;
    char sent[64] = {};
    u32 sent_count = 0;
    u32 accesses = 0;

    bool divisor_selected() const { return registers[3] & 0x80; }
    bool looped() const { return registers[4] & 0x10; }

    void arrive(u8 byte) { incoming[incoming_count++] = byte; }

    u8 take_incoming() {
        if (incoming_count == 0) return 0;
        const u8 first = incoming[0];
        for (u32 i = 1; i < incoming_count; ++i) incoming[i - 1] = incoming[i];
        --incoming_count;
        return first;
    }

    u8 in(u16 offset) {
        ++accesses;
        if (!there) return 0xff;
        switch (offset) {
            case 0: return divisor_selected() ? divisor_low : take_incoming();
            case 1: return divisor_selected() ? divisor_high : registers[1];
            case 2: return has_fifo && (registers[2] & 1) ? 0xc1 : 0x01;
            case 5: {
                const u8 status = static_cast<u8>((incoming_count ? 0x01 : 0) |
                                                  (stuck ? 0 : 0x60) | line_errors);
                line_errors = 0;
                return status;
            }
            default: return registers[offset];
        }
    }

    void out(u8 value, u16 offset) {
        ++accesses;
        if (!there) return;
        if (offset == 0 && divisor_selected()) {
            divisor_low = value;
        } else if (offset == 1 && divisor_selected()) {
            divisor_high = value;
        } else if (offset == 0 && looped()) {
            if (has_loopback) arrive(value);
        } else if (offset == 0) {
            if (sent_count < sizeof(sent)) sent[sent_count++] = static_cast<char>(value);
        } else {
            // The change to FIFOs empties both, as the data sheet says.
            if (offset == 2 && (value ^ registers[2]) & 1) incoming_count = 0;
            registers[offset] = value;
        }
    }
};

struct wires {
    fake_uart* chip;
    u8 in(u16 offset) { return chip->in(offset); }
    void out(u8 value, u16 offset) { chip->out(value, offset); }
};

}  // namespace

TEST(uart16550, is_set_to_115200_8n1_without_interrupts) {
    fake_uart chip;
    uart16550 uart(wires{&chip});
    ASSERT_TRUE(uart.probe());
    EXPECT_TRUE(uart.loops_back());
    EXPECT_EQ(uart.fifo_depth(), 16u);
    EXPECT_EQ(chip.divisor_low, 1);
    EXPECT_EQ(chip.divisor_high, 0);
    EXPECT_EQ(chip.registers[3], 0x03);
    EXPECT_EQ(chip.registers[1], 0);
    EXPECT_EQ(chip.registers[4], 0x0b);
    EXPECT_EQ(chip.sent_count, 0u);
}

TEST(uart16550, is_not_found_where_the_bus_floats) {
    fake_uart chip;
    chip.there = false;
    uart16550 uart(wires{&chip});
    EXPECT_FALSE(uart.probe());
    const u32 accesses = chip.accesses;
    EXPECT_EQ(uart.transmit("hello"), 0u);
    EXPECT_FALSE(uart.receive().has_value());
    uart.listen(true, true);
    EXPECT_EQ(chip.accesses, accesses);
}

TEST(uart16550, works_where_nothing_loops_back_and_gives_up_in_time) {
    fake_uart chip;
    chip.has_loopback = false;
    uart16550 uart(wires{&chip});
    EXPECT_TRUE(uart.probe());
    EXPECT_FALSE(uart.loops_back());
    EXPECT_LT(chip.accesses, 3000u);
    EXPECT_EQ(uart.transmit("a"), 1u);
}

TEST(uart16550, sends_as_much_as_the_fifo_takes) {
    fake_uart chip;
    uart16550 uart(wires{&chip});
    uart.probe();
    EXPECT_EQ(uart.transmit("0123456789abcdefgh"), 16u);
    EXPECT_EQ(uart.transmit("xyz"), 3u);
    EXPECT_TRUE(std::string_view(chip.sent, chip.sent_count) == "0123456789abcdefxyz");

    fake_uart old;
    old.has_fifo = false;
    uart16550 slow(wires{&old});
    slow.probe();
    EXPECT_EQ(slow.transmit("abc"), 1u);
}

TEST(uart16550, sends_nothing_while_the_transmitter_is_busy) {
    fake_uart chip;
    uart16550 uart(wires{&chip});
    uart.probe();
    chip.stuck = true;
    EXPECT_EQ(uart.transmit("abc"), 0u);
    EXPECT_EQ(chip.sent_count, 0u);
}

TEST(uart16550, receives_bytes_breaks_and_errors) {
    fake_uart chip;
    uart16550 uart(wires{&chip});
    uart.probe();
    EXPECT_FALSE(uart.receive().has_value());
    chip.arrive('k');
    auto got = uart.receive();
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->byte, 'k');
    EXPECT_FALSE(got->is_break || got->overrun || got->damaged);

    chip.arrive(0);
    chip.line_errors = 0x10;
    EXPECT_TRUE(uart.receive()->is_break);
    chip.arrive('o');
    chip.line_errors = 0x02;
    EXPECT_TRUE(uart.receive()->overrun);
    chip.arrive('d');
    chip.line_errors = 0x08;
    EXPECT_TRUE(uart.receive()->damaged);
}

TEST(uart16550, gives_first_what_came_before_it_was_set_up) {
    fake_uart chip;
    chip.arrive('a');
    chip.arrive('b');
    uart16550 uart(wires{&chip});
    ASSERT_TRUE(uart.probe());
    chip.arrive('c');
    for (const char expected : {'a', 'b', 'c'}) {
        const auto got = uart.receive();
        ASSERT_TRUE(got.has_value());
        EXPECT_EQ(got->byte, expected);
    }
    EXPECT_FALSE(uart.receive().has_value());
}

TEST(uart16550, holds_the_partner_back_and_lets_it_go_on) {
    fake_uart chip;
    uart16550 uart(wires{&chip});
    uart.probe();
    uart.listen(true, true);
    EXPECT_EQ(chip.registers[1], 0x05);
    uart.listen(false, false);
    EXPECT_EQ(chip.registers[1], 0);
    EXPECT_EQ(chip.registers[4] & 0x02, 0);
    uart.listen(true, true);
    EXPECT_EQ(chip.registers[4], 0x0b);
}
