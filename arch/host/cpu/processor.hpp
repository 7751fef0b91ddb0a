// Threads play the CPUs: a test gives each its number.
#pragma once

#include <sched.h>

inline constexpr unsigned NR_CPUS = 8;

inline thread_local unsigned host_cpu = 0;

inline unsigned smp_processor_id() { return host_cpu; }
// There may be fewer processors than CPUs: the one that is waited for should run.
inline void cpu_relax() { sched_yield(); }
