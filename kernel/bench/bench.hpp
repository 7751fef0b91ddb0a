// The runner of the benchmarks in the image (lib/benchmark.hpp). One line each:
//
//     bench NAME median=N min=N n=ROUNDS
//
// in ticks of the time stamp counter for one operation.
#pragma once

#include "lib/format.hpp"

#include <string_view>

// False: nothing matched, or this CPU has no time stamp counter.
bool run_benchmarks(std::string_view glob, text_sink& out);
