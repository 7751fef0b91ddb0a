// The 8253/8254 interval timer: three 16-bit counters of 1.193182 MHz.
//
//     channel 0  counts TICK_COUNTS ... 1 over and over, irq 0 each time: the tick
//     channel 2  the speaker's; gated and watched through port 0x61, it measures
//                one short wait without an interrupt
#pragma once

#include "lib/types.hpp"

inline constexpr u32 PIT_HZ = 1'193'182;
inline constexpr u32 HZ = 100;
inline constexpr u32 TICK_COUNTS = (PIT_HZ + HZ / 2) / HZ;  // 10.00015 ms

void pit_start_tick();
// What channel 0 shows now. Interrupts off: latch and the two reads belong together.
u32 pit_read_tick_counter();

// Channel 2, once: arm, begin, poll until over, disarm. Where there is no such
// timer a wait is over at once (the port reads all ones) or never: callers bound
// their polling and distrust a wait that is over at the first look.
void pit_arm_wait(u16 counts);
void pit_begin_wait();  // writes the last byte: the count starts here
bool pit_wait_over();
void pit_disarm_wait();
