// The 8042, the keyboard controller of the PC, and the dialogue that wakes it.
//
//     port 0x64   read: status           write: a command to the controller
//     port 0x60   read: data             write: its argument, or a byte to the keyboard
//
// A machine may have none (the ports read all ones), have one without a keyboard,
// or imitate one badly for a USB keyboard. So every wait is bounded, and the answer
// is one of three; none of them stops the machine.
//
// The controller is driven through i8042_ports, so that a host can play the
// machine, the bad ones too.
//
// Left out: the mouse on the second port (it is switched off).
#pragma once

#include "lib/types.hpp"

class i8042_ports {
public:
    virtual u8 read_status() = 0;
    virtual u8 read_data() = 0;
    virtual void write_command(u8 command) = 0;
    virtual void write_data(u8 data) = 0;
    virtual void wait_us(u32 microseconds) = 0;

protected:
    constexpr i8042_ports() = default;
    ~i8042_ports() = default;
};

enum class i8042_found : u8 {
    nothing,     // no controller, or one that fails its own test
    no_keyboard, // a controller; nobody answers behind it (yet)
    keyboard,
};

inline constexpr u8 i8042_output_full = 0x01;  // status: a byte waits for us
inline constexpr u8 i8042_input_full = 0x02;   // status: ours was not taken yet
inline constexpr u8 i8042_from_mouse = 0x20;   // status: the byte is the mouse's

// Leaves the controller translating to set 1, irq 1 on, its output empty.
// Interrupts off, or the line not requested yet: the answers are polled for.
i8042_found i8042_init(i8042_ports& ports);

// Asks for the CPU's reset line; comes back if nobody pulls it.
void i8042_pulse_reset(i8042_ports& ports);
