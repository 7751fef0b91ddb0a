// The two-level kernel is compiled for the 486 and runs on every later CPU; a 386
// is found, and refused, by cpu_features.
#include "arch/i386/required_cpu.hpp"

void require_cpu() {}
