// What the kernel's map cost at boot. It is made once, so there is one round.
#include "lib/benchmark.hpp"
#include "mm/map/kernel_layout.hpp"

REGISTER(benchmark, kernel_map_bench) = {
    .name = "boot.",
    .run = [](bench_run& run) {
        u64 ticks = kernel_map_init_ticks;
        if (run.wants("boot.kernel_map")) run.report("boot.kernel_map", {&ticks, 1}, 1);
    },
};
