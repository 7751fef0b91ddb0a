// Dates, as pure arithmetic: the proleptic Gregorian calendar, UTC.
#pragma once

#include "lib/format.hpp"
#include "lib/result.hpp"

struct calendar_time {
    u16 year = 1970;
    u8 month = 1;  // 1 ... 12
    u8 day = 1;    // 1 ... days_in_month
    u8 hour = 0, minute = 0, second = 0;

    bool operator==(const calendar_time&) const = default;
};

// "Sat Nov 21 10:58:33 UTC 2026"
void format_value(text_sink& out, const format_spec& spec, const calendar_time& time);

constexpr bool is_leap_year(u32 year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}
u32 days_in_month(u32 year, u32 month);
bool is_valid(const calendar_time& time);  // from 1970 on

// From 1970 to the end of the year 65535.
u64 to_unix_seconds(const calendar_time& time);
calendar_time from_unix_seconds(u64 seconds);
u32 day_of_week(const calendar_time& time);  // 0 is Sunday

// The registers of a PC's battery clock (Motorola MC146818), as read.
struct cmos_clock {
    u8 second, minute, hour, day, month, year;
    u8 century;   // no register of the chip, but where most PCs keep it
    u8 status_b;  // bit 2: binary, else BCD; bit 1: 24 hours, else 12 and bit 7 for pm

    bool operator==(const cmos_clock&) const = default;
};

// EIO when that is no date. The century is believed where it makes a year from 1970
// to 2199; else two-digit years from 70 on are the last century's, the others ours.
result<calendar_time> decode_cmos(const cmos_clock& registers);
