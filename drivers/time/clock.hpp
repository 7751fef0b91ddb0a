// Time: a tick of HZ, and a clock in microseconds (lib/clock.hpp).
//
//     PIT channel 0 ── irq 0 ──> jiffies
//          │ counter ───────────> tick_clock ─┐
//     TSC ── calibrated against ──────────────┴─> uptime_us, udelay
//            PIT channel 2
//
// The TSC is the clock where there is one and two measurements of its speed agree.
// Else, and from the moment on when it is caught running slow (old laptops stop it
// while they sleep), the tick and the counter behind it are: tick_clock in
// clock_math.hpp keeps those from stepping back.
//
// I1: uptime_us never steps back, not even when the TSC is given up.
// I2: udelay(n) lasts at least n microseconds of uptime_us, and ends even on a
//     machine in which nothing counts.
//
// Left out: other clocks (HPET, ACPI PM), speeds that change, a TSC a CPU.
#pragma once

#include "drivers/time/pit.hpp"

// Ticks since time_init.
u64 get_jiffies_64();

// After interrupts_init; interrupts stay as they are, and nothing here waits for one.
void time_init();
