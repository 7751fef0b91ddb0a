// The kernel's timers, and sleeping for a time (lib/sync/sleep.hpp has the calls that sleep).
//
//     tick --> scheduler_tick()
//          `-> TIMER_SOFTIRQ --> the wheel (timer_wheel.hpp) --> functions that are due
//
// A timer's function runs in a softirq: with interrupts on, and it does not sleep.
//
// Where there is no tick (drivers/time/clock.hpp), the idle task makes one out of the clock:
// sleeping works, but nobody who computes is interrupted.
#pragma once

#include "drivers/time/clock.hpp"
#include "kernel/time/timer_wheel.hpp"

// Ticks come from here on.
void timers_init();

// The lower half of get_jiffies_64(): it wraps round, so compare differences.
u32 jiffies();

void add_timer(timer_list& timer);  // not pending
bool mod_timer(timer_list& timer, u32 expires);
// Whether it was pending. On one CPU, seen from a task, a function that runs has ended.
bool del_timer(timer_list& timer);

timer_wheel& the_timers();

// The idle task's, where no interrupt brings a tick: if one is due by the clock.
void tick_without_interrupts();
