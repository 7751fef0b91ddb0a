#include "drivers/time/pit.hpp"

#include <cpu/io.hpp>

namespace {

constexpr u16 channel_0 = 0x40, channel_2 = 0x42, mode_port = 0x43;
constexpr u8 channel_0_rate_generator = 0x34;  // low byte then high, mode 2
constexpr u8 latch_0 = 0x00, latch_2 = 0x80;
constexpr u8 channel_2_one_shot = 0xB0;  // low byte then high, mode 0

constexpr u16 system_port = 0x61;
constexpr u8 gate_2 = 0x01, speaker = 0x02, output_2 = 0x20;

constinit u8 system_port_before = 0;

u32 read_latched(u8 latch, u16 channel) {
    outb(latch, mode_port);
    const u8 low = inb(channel);
    const u8 high = inb(channel);
    return static_cast<u32>(high << 8 | low);
}

}  // namespace

void pit_start_tick() {
    outb(channel_0_rate_generator, mode_port);
    outb(static_cast<u8>(TICK_COUNTS), channel_0);
    outb(static_cast<u8>(TICK_COUNTS >> 8), channel_0);
}

u32 pit_read_tick_counter() { return read_latched(latch_0, channel_0); }

bool pit_tick_counts() {
    constexpr u32 max_polls = 10'000;  // it moves every microsecond
    constexpr u32 wanted_moves = 3;
    u32 last = pit_read_tick_counter(), moves = 0;
    for (u32 polls = 0; polls < max_polls && moves < wanted_moves; ++polls) {
        const u32 now = pit_read_tick_counter();
        if (now > TICK_COUNTS) return false;
        if (now != last) ++moves;
        last = now;
    }
    return moves == wanted_moves;
}

void pit_start_countdown() {
    system_port_before = inb(system_port);
    outb(static_cast<u8>((system_port_before & ~speaker) | gate_2), system_port);
    outb(channel_2_one_shot, mode_port);  // its output goes low, and high at the end
    outb(0xFF, channel_2);
    outb(0xFF, channel_2);
}

u32 pit_read_countdown() { return read_latched(latch_2, channel_2); }

bool pit_countdown_over() { return inb(system_port) & output_2; }

void pit_stop_countdown() { outb(system_port_before, system_port); }
