// The time stamp counter. Only where the CPU has one: see cpu_features.
#pragma once

#include "lib/types.hpp"

inline u64 read_tsc() {
    u32 low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return static_cast<u64>(high) << 32 | low;
}
