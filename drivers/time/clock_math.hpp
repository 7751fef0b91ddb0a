// The arithmetic of the clock, without the hardware, so that a host can test it.
//
// clock_scale turns counts of a fast counter into microseconds by one multiplication:
//
//     us = count * mult / 2^shift          2^31 <= mult < 2^32,  32 < shift <= 63
//
// `mult` fills its 32 bits, so its rounding costs less than one part in 2^31: at most
// 15 ms a year. The product has up to 96 bits; with count = hi * 2^32 + lo,
//
//     count * mult / 2^32 = hi * mult + lo * mult / 2^32
//                        <= (2^32 - 1)^2 + (2^32 - 2) < 2^64
//
// so two 32 x 32 -> 64 multiplications and an addition never overflow, whatever the
// 64-bit count is; the rest of the shift follows. Rounding down twice by powers of
// two is rounding down once, so the result is exactly floor(count * mult / 2^shift).
//
// tick_clock makes a clock of a counter that runs from `period` down to 1, starts
// over, and sends an interrupt each time - which may be late, or lost when two
// periods pass with interrupts off:
//
// I1: read() and tick() never make the clock step back, whatever the hardware says.
// I2: a period is counted once, by whoever notices it first: a read that sees the
//     counter jump up, or the interrupt. `owed_` counts those that reads noticed
//     and whose interrupt has not come yet.
// I3: with one read in each period at least (a busy wait), no period is missed even
//     though no interrupt comes.
#pragma once

#include "lib/types.hpp"

#include <optional>
#include <span>

struct clock_scale {
    u32 mult = 0;
    u8 shift = 0;  // beyond the 32 of the formula above

    constexpr u64 operator()(u64 count) const {
        const u64 high = (count >> 32) * mult;
        const u64 low = (count & 0xFFFFFFFF) * mult >> 32;
        return (high + low) >> shift;
    }
};

// Microseconds a count, as a fraction below 1: for a counter of `khz`, 1000 / khz.
// Nothing unless 0 < numerator < denominator.
std::optional<clock_scale> make_clock_scale(u32 numerator, u32 denominator);

// How fast the TSC runs, from several measurements of it: the two that lie closest
// together are believed, since a disturbance does not strike twice alike. Nothing
// when there are fewer than two.
struct agreement {
    u32 value;  // their mean
    u32 apart;

    // Closer than one part in `parts`.
    bool within(u32 parts) const { return apart <= value / parts; }
};
std::optional<agreement> closest_pair(std::span<const u32> measurements);

// cycles in `counts` of a counter of `hz`, as kHz; 0 when that is no TSC's speed
// (1 MHz to 100 GHz).
u32 khz_from(u64 cycles, u32 counts, u32 hz);

class tick_clock {
public:
    constexpr explicit tick_clock(u32 period) : period_(period) {}

    // Counts since the start, given what the hardware's counter shows now.
    u64 read(u32 counter);
    // The interrupt came.
    void tick(u32 counter);

private:
    u32 period_;
    u32 last_phase_ = 0;  // 0 ... period - 1, upwards
    u32 owed_ = 0;
    u64 periods_ = 0;
};
