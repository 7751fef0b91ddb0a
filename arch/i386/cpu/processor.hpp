// Which CPU this is, and being polite while it spins.
#pragma once

inline constexpr unsigned NR_CPUS = 1;  // one is started for now

inline constexpr unsigned smp_processor_id() { return 0; }
inline void cpu_relax() { asm volatile("pause" ::: "memory"); }
