// The time stamp counter.
#pragma once

#include "lib/types.hpp"

// Whether the CPU has one that may be read; known from boot_cpu_detect() on.
bool has_tsc();

inline u64 read_tsc() {
    u32 low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return static_cast<u64>(high) << 32 | low;
}
