// The serial console of this machine; without a UART there is nothing to ask.
#include "drivers/serial/uart.hpp"

#include <cpu/io.hpp>
#include <cpu/irqflags.hpp>
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

constexpr u16 modem_control = 4, line_status = 5;
constexpr u8 loopback = 0x10, data_ready = 0x01, all_sent = 0x40;

const console_source* serial_source() {
    for (const console_source* source : registered<console_source>())
        if (std::string_view(source->name) == "ttyS0") return source;
    return nullptr;
}

bool wait_for(com1_ports ports, u8 status) {
    for (int patience = 100'000; patience > 0; --patience)
        if (ports.in(line_status) & status) return true;
    return false;
}

// How many bytes the console has got by a poll after one was sent to ourselves. It is
// a NUL, which the monitor does not mind finding among what was typed.
size_t loop_back_and_poll(com1_ports ports, const console_source& source) {
    wait_for(ports, all_sent);
    source.poll();
    const u8 control = ports.in(modem_control);
    ports.out(control | loopback, modem_control);
    ports.out(0, 0);
    wait_for(ports, data_ready);
    const size_t room = console_input_room(console_line::ttyS0);
    source.poll();
    const size_t arrived = room - console_input_room(console_line::ttyS0);
    ports.out(control, modem_control);
    return arrived;
}

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

TEST(uart, a_poll_brings_what_has_arrived) {
    com1_ports ports;
    if (ports.in(line_status) == 0xff) SKIP_TEST("no UART at 0x3f8");
    const console_source* source = serial_source();
    ASSERT_TRUE(source != nullptr);

    const irq_state before = local_irq_save();
    const size_t arrived = loop_back_and_poll(ports, *source);
    local_irq_restore(before);
    EXPECT_GE(arrived, 1u);
}
