// The runner of the benchmarks in the image (lib/benchmark.hpp). One line a row:
//
//     bench NAME median=N min=N n=ROUNDS
//
// in ticks of the time stamp counter for one operation; lines that begin with `#`
// say what could not be measured, and why.
#pragma once

#include "lib/format.hpp"

#include <string_view>

// The rows whose names match. False: there are none, or this CPU has no time stamp
// counter.
bool run_benchmarks(std::string_view glob, text_sink& out);
