// Time, seen from below; drivers/time defines it. Callable from the first
// instruction on: before the clock is set up, uptime is 0 and delays count
// accesses to a slow port.
#pragma once

#include "lib/types.hpp"

inline constexpr u32 HZ = 100;  // ticks a second; a tick is also called a jiffy

u64 uptime_us();           // microseconds since the kernel started; never steps back
void udelay(u32 microseconds);
