#include "drivers/time/pit.hpp"

#include <cpu/io.hpp>

namespace {

constexpr u16 channel_0 = 0x40, channel_2 = 0x42, mode_port = 0x43;
constexpr u8 channel_0_rate_generator = 0x34;  // low byte then high, mode 2
constexpr u8 channel_0_latch = 0x00;
constexpr u8 channel_2_one_shot = 0xB0;  // low byte then high, mode 0

constexpr u16 system_port = 0x61;
constexpr u8 gate_2 = 0x01, speaker = 0x02, output_2 = 0x20;

constinit u8 system_port_before = 0;
constinit u8 wait_high_byte = 0;

}  // namespace

void pit_start_tick() {
    outb(channel_0_rate_generator, mode_port);
    outb(static_cast<u8>(TICK_COUNTS), channel_0);
    outb(static_cast<u8>(TICK_COUNTS >> 8), channel_0);
}

u32 pit_read_tick_counter() {
    outb(channel_0_latch, mode_port);
    const u8 low = inb(channel_0);
    const u8 high = inb(channel_0);
    return static_cast<u32>(high << 8 | low);
}

void pit_arm_wait(u16 counts) {
    system_port_before = inb(system_port);
    outb(static_cast<u8>((system_port_before & ~speaker) | gate_2), system_port);
    outb(channel_2_one_shot, mode_port);  // its output goes low, and high at the end
    outb(static_cast<u8>(counts), channel_2);
    wait_high_byte = static_cast<u8>(counts >> 8);
}

void pit_begin_wait() { outb(wait_high_byte, channel_2); }

bool pit_wait_over() { return inb(system_port) & output_2; }

void pit_disarm_wait() { outb(system_port_before, system_port); }
