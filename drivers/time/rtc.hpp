// The battery clock of a PC, behind two ports of the CMOS memory. It is read when
// asked and not kept: Loci's own time is uptime_us.
#pragma once

#include "drivers/time/calendar.hpp"

// EIO when there is no clock or what it shows is no date. Takes some milliseconds
// when it falls into the clock's own update, 20 ms when there is no clock.
result<calendar_time> read_rtc();

// Returns as a second of that clock begins, at most a second from now. False where
// there is no clock that runs. Needs no other clock.
bool rtc_wait_for_second();
