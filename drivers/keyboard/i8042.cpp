#include "drivers/keyboard/i8042.hpp"

#include <optional>

namespace {

enum command : u8 {
    read_config = 0x20,
    write_config = 0x60,
    disable_mouse = 0xA7,
    test_controller = 0xAA,
    disable_keyboard = 0xAD,
    enable_keyboard = 0xAE,
    pulse_reset = 0xFE,
};

constexpr u8 config_keyboard_irq = 0x01, config_mouse_irq = 0x02;
constexpr u8 config_keyboard_off = 0x10, config_mouse_off = 0x20;
constexpr u8 config_translate = 0x40;

constexpr u8 test_passed = 0x55;
constexpr u8 keyboard_enable_scanning = 0xF4;
constexpr u8 keyboard_ack = 0xFA, keyboard_resend = 0xFE;

constexpr u32 step_us = 50;
constexpr u32 controller_patience_us = 100'000;
constexpr u32 self_test_patience_us = 500'000;
constexpr u32 keyboard_patience_us = 250'000;
constexpr u32 most_stale_bytes = 64;

class dialogue {
public:
    explicit dialogue(i8042_ports& ports) : ports_(ports) {}

    // False where a byte always waits: nothing sensible can be read then.
    bool flush() {
        for (u32 i = 0; i < most_stale_bytes; ++i) {
            if (!(ports_.read_status() & i8042_output_full)) return true;
            ports_.read_data();
            ports_.wait_us(step_us);
        }
        return false;
    }
    bool command(u8 value) {
        if (!wait_for(i8042_input_full, 0, controller_patience_us)) return false;
        ports_.write_command(value);
        return true;
    }
    bool data(u8 value) {
        if (!wait_for(i8042_input_full, 0, controller_patience_us)) return false;
        ports_.write_data(value);
        return true;
    }
    std::optional<u8> answer(u32 patience_us) {
        if (!wait_for(i8042_output_full, i8042_output_full, patience_us)) return {};
        return ports_.read_data();
    }

private:
    bool wait_for(u8 bit, u8 value, u32 patience_us) {
        for (u32 waited = 0;; waited += step_us) {
            if ((ports_.read_status() & bit) == value) return true;
            if (waited >= patience_us) return false;
            ports_.wait_us(step_us);
        }
    }

    i8042_ports& ports_;
};

// Some controllers need a second try after a cold start.
bool passes_self_test(dialogue& controller) {
    for (int attempt = 0; attempt < 3; ++attempt) {
        if (!controller.command(test_controller)) return false;
        const auto result = controller.answer(self_test_patience_us);
        if (!result) return false;
        if (*result == test_passed) return true;
    }
    return false;
}

bool keyboard_answers(dialogue& controller) {
    for (int attempt = 0; attempt < 3; ++attempt) {
        if (!controller.data(keyboard_enable_scanning)) return false;
        // A key held down meanwhile may speak first.
        for (int byte = 0; byte < 8; ++byte) {
            const auto answer = controller.answer(keyboard_patience_us);
            if (!answer) return false;
            if (*answer == keyboard_ack) return true;
            if (*answer == keyboard_resend) break;
        }
    }
    return false;
}

}  // namespace

i8042_found i8042_init(i8042_ports& ports) {
    dialogue controller(ports);
    if (ports.read_status() == 0xFF) return i8042_found::nothing;
    if (!controller.command(disable_keyboard) || !controller.command(disable_mouse) ||
        !controller.flush())
        return i8042_found::nothing;
    if (!controller.command(read_config)) return i8042_found::nothing;
    const auto config = controller.answer(controller_patience_us);
    if (!config || !passes_self_test(controller)) return i8042_found::nothing;

    // The test may have reset the configuration, so it is written after it. The
    // line stays off until the dialogue with the keyboard is over.
    const u8 quiet = static_cast<u8>(
        (*config & ~(config_keyboard_irq | config_mouse_irq | config_keyboard_off)) |
        config_mouse_off | config_translate);
    const auto configure = [&](u8 value) {
        return controller.command(write_config) && controller.data(value);
    };
    if (!configure(quiet) || !controller.command(enable_keyboard))
        return i8042_found::nothing;

    const bool answers = keyboard_answers(controller);
    if (!configure(quiet | config_keyboard_irq)) return i8042_found::nothing;
    controller.flush();
    return answers ? i8042_found::keyboard : i8042_found::no_keyboard;
}

void i8042_pulse_reset(i8042_ports& ports) {
    if (ports.read_status() == 0xFF) return;
    dialogue controller(ports);
    if (controller.command(pulse_reset)) ports.wait_us(50'000);
}
