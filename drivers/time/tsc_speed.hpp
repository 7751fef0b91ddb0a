// How fast the TSC runs. What is measured is believed before what is claimed, and
// what is quick comes before what is slow:
//
//     PIT channel 2     where the PIT counts
//     ACPI PM timer     machines whose PIT stands still have it nearly always
//     CPUID             its own word (leaves 0x15 and 0x16, newer Intel CPUs)
//     battery clock     a second between two updates: up to two of waiting
#pragma once

#include "lib/types.hpp"

struct tsc_speed {
    u32 khz = 0;  // 0: cannot be told
    const char* told_by = "";
};

// Of a CPU that has a TSC, while interrupts may be on or off.
tsc_speed find_tsc_speed(bool pit_counts);
