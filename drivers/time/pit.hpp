// The 8253/8254 interval timer: three 16-bit counters of 1.193182 MHz.
//
//     channel 0  counts TICK_COUNTS ... 1 over and over, irq 0 each time: the tick
//     channel 2  the speaker's, gated through port 0x61: counts down once for us,
//                to measure other clocks by
#pragma once

#include "lib/clock.hpp"
#include "lib/types.hpp"

inline constexpr u32 PIT_HZ = 1'193'182;
inline constexpr u32 TICK_COUNTS = (PIT_HZ + HZ / 2) / HZ;  // 10.00015 ms

void pit_start_tick();
// Whether channel 0 counts as it was told to. In newer PCs the PIT may be switched off
// (Intel's chip sets can gate its clock), and its ports then show anything.
bool pit_tick_counts();
// What channel 0 shows now. Interrupts off: latch and the two reads belong together.
u32 pit_read_tick_counter();

// Channel 2, once: from 0xFFFF down, 55 ms, then `over`. Where there is no such timer
// the counter never moves, or shows nonsense: callers bound their polling and check
// what they read. Interrupts off from start to stop.
void pit_start_countdown();
u32 pit_read_countdown();
bool pit_countdown_over();
void pit_stop_countdown();
