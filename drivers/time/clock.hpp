// Time: a tick of HZ, and a clock in microseconds (lib/clock.hpp).
//
//     PIT channel 0 ── irq 0 ──> jiffies
//          │ counter ───────────> tick_clock ─┐
//     TSC ── its speed: tsc_speed.hpp ────────┴─> uptime_us, udelay
//
// The TSC is the clock where there is one and its speed can be told. Else, and from
// the moment on when it is caught running slow (old laptops stop it while they
// sleep), the tick and the counter behind it are: tick_clock in clock_math.hpp keeps
// those from stepping back. In newer PCs the PIT may stand still: there is no tick
// then, but the TSC is a clock all the same. Where neither counts, udelay counts
// accesses to a slow port, about a microsecond each, and uptime is the sum of these.
//
// I1: uptime_us never steps back, not even when the TSC is given up.
// I2: udelay(n) lasts at least n microseconds of uptime_us, and ends even on a
//     machine in which nothing counts.
//
// Left out: other clocks (HPET; ACPI's timer only measures the TSC), a tick from
// another timer than the PIT, speeds that change, a TSC a CPU.
#pragma once

#include "drivers/time/pit.hpp"

// Ticks since time_init.
u64 get_jiffies_64();

// Whether there is a tick. Without one get_jiffies_64 stands still.
bool ticks_come();

// Called at each tick, in the interrupt, with no lock held; null: by nobody.
extern void (*tick_hook)();

// After interrupts_init; interrupts stay as they are, and nothing here waits for one.
void time_init();
