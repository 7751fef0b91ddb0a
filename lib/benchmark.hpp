// Things worth measuring, registered by whoever owns them:
//
//     REGISTER(benchmark, copy_page_bench) = {
//         .name = "copy_page_hot", .batch = 1, .run = [](unsigned batch) { ... },
//     };
//
// `run` does the work `batch` times. The runner calls it for a number of rounds
// and reports ticks of the time stamp counter for one, the cost of an empty
// round included: under QEMU's -icount a tick is one instruction.
#pragma once

#include "lib/registry.hpp"

struct benchmark {
    const char* name;
    unsigned batch;
    void (*run)(unsigned batch);
};
DECLARE_REGISTRY(benchmark);
