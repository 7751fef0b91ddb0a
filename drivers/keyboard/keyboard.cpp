#include "drivers/keyboard/keyboard.hpp"

#include "arch/i386/irq.hpp"
#include <cpu/io.hpp>
#include "drivers/keyboard/scancode_decoder.hpp"
#include "lib/clock.hpp"
#include "lib/console.hpp"
#include "lib/log.hpp"

constinit keyboard_scroll_function keyboard_scroll_hook = nullptr;
constinit keyboard_reboot_function keyboard_reboot_hook = nullptr;

namespace {

constexpr unsigned keyboard_irq = 1;
constexpr u16 data_port = 0x60, status_port = 0x64;

class machine_ports final : public i8042_ports {
public:
    u8 read_status() override { return inb(status_port); }
    u8 read_data() override { return inb(data_port); }
    void write_command(u8 command) override { outb(command, status_port); }
    void write_data(u8 data) override { outb(data, data_port); }
    void wait_us(u32 microseconds) override { udelay(microseconds); }
};

constinit machine_ports ports;

// Belongs to the interrupt handler, which never runs twice at once.
constinit scancode_decoder decoder;

void act_on(const key_event& event) {
    using kind_t = key_event::kind_t;
    switch (event.kind) {
        case kind_t::none: break;
        case kind_t::text:
            for (char c : event.text()) console_input(console_line::tty0, c);
            break;
        case kind_t::scroll_up:
        case kind_t::scroll_down:
            if (keyboard_scroll_hook)
                keyboard_scroll_hook(event.kind == kind_t::scroll_up ? -1 : 1);
            break;
        case kind_t::monitor: request_monitor(); break;
        case kind_t::reboot:
            if (keyboard_reboot_hook) keyboard_reboot_hook();
            break;
    }
}

void keyboard_interrupt(unsigned, void*) {
    constexpr int most_bytes = 16;  // a mad controller must not keep us here
    for (int i = 0; i < most_bytes; ++i) {
        const u8 status = inb(status_port);
        if (!(status & i8042_output_full)) return;
        const u8 code = inb(data_port);
        if (!(status & i8042_from_mouse)) act_on(decoder.feed(code));
    }
}

}  // namespace

i8042_ports& the_i8042_ports() { return ports; }

bool keyboard_init() {
    const i8042_found found = i8042_init(ports);
    if (found == i8042_found::nothing) {
        pr_notice("keyboard: there is no PS/2 controller");
        return false;
    }
    if (!request_irq(keyboard_irq, keyboard_interrupt, nullptr, "keyboard")) {
        pr_err("keyboard: irq {} is taken", keyboard_irq);
        return false;
    }
    // A key pressed since the dialogue ended has raised a line that was masked:
    // the byte must go, or no edge will ever come again.
    const irq_state before = local_irq_save();
    keyboard_interrupt(keyboard_irq, nullptr);
    local_irq_restore(before);
    if (found == i8042_found::no_keyboard)
        pr_notice("keyboard: the PS/2 controller has no keyboard");
    else
        pr_info("keyboard: PS/2");
    return found == i8042_found::keyboard;
}
