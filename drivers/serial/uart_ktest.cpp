// The serial console of this machine; without a UART there is nothing to ask.
#include "drivers/serial/uart.hpp"

#include <cpu/io.hpp>
#include "drivers/serial/uart16550.hpp"
#include "lib/console.hpp"

#include <test.hpp>

namespace {

struct com1_ports {
    u8 in(u16 offset) const { return inb(0x3f8 + offset); }
    void out(u8 value, u16 offset) const { outb(value, 0x3f8 + offset); }
};

struct nowhere_ports {
    // Nothing decodes these on a PC, so the bus floats.
    u8 in(u16 offset) const { return inb(0x2b0 + offset); }
    void out(u8 value, u16 offset) const { outb(value, 0x2b0 + offset); }
};

}  // namespace

TEST(uart, the_console_set_the_line_to_8n1) {
    com1_ports ports;
    if (ports.in(5) == 0xff) SKIP_TEST("no UART at 0x3f8");
    EXPECT_EQ(ports.in(3), 0x03);
    EXPECT_EQ(ports.in(4) & 0x1b, 0x0b);
}

TEST(uart, is_not_found_where_there_is_none) {
    uart16550 uart(nowhere_ports{});
    EXPECT_FALSE(uart.probe());
    EXPECT_EQ(uart.transmit("x"), 0u);
}

TEST(uart, a_poll_with_nothing_to_read_returns) {
    for (const console_source* source : registered<console_source>()) source->poll();
    EXPECT_GE(registered<console_source>().size(), 1u);
}
