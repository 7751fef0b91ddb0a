// The PS/2 keyboard, joined: 8042 ── irq 1 ──> scancode_decoder ──> console_input.
// A USB keyboard works as far as the firmware imitates a PS/2 one; Loci has no USB.
#pragma once

#include "drivers/keyboard/i8042.hpp"
#include "lib/log.hpp"

#include <string_view>

// What a screen may show when keyboard_init has said no, line by line.
inline constexpr std::string_view keyboard_missing_note[] = {
    "No PS/2 keyboard answers, and Loci has no USB driver.",
    "The monitor listens on the serial line (COM1, 115200 8N1);",
    "the boot menu offers runs that need no keys.",
};
static_assert(fits_log_lines(keyboard_missing_note));

// After interrupts_init. False when no keyboard answers; one plugged in later works,
// where there is a controller for it.
bool keyboard_init();

// Called from the interrupt: Shift-PgUp (-1) and Shift-PgDn (+1), Ctrl-Alt-Del. Null
// until somebody above sets them; a key without a hook does nothing.
using keyboard_scroll_function = void (*)(int direction);
using keyboard_reboot_function = void (*)();
extern keyboard_scroll_function keyboard_scroll_hook;
extern keyboard_reboot_function keyboard_reboot_hook;

// The controller's real ports.
i8042_ports& the_i8042_ports();
