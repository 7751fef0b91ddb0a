// How many tasks wanted to run, on the average of the last 1, 5 and 15 minutes: a sum in
// which each moment counts for less the longer it is past (Linux's calc_load).
#pragma once

#include "lib/types.hpp"

inline constexpr u32 FSHIFT = 11;  // bits behind the point
inline constexpr u32 FIXED_1 = 1u << FSHIFT;

// Five seconds later: `active` is what there is now, in FIXED_1ths. `decay` is FIXED_1 times
// e to the power of -5 seconds / the average's time.
constexpr u32 calc_load(u32 load, u32 decay, u32 active) {
    u64 next = u64{load} * decay + u64{active} * (FIXED_1 - decay);
    if (active >= load) next += FIXED_1 - 1;
    return static_cast<u32>(next >> FSHIFT);
}

// For 1, 5 and 15 minutes, in FIXED_1ths.
struct load_averages {
    u32 load[3];
};
load_averages avenrun();
void loadavg_init();
