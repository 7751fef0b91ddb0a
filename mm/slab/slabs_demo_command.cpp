// `demo slabs`, with the machine's clock.
#include "mm/slab/slabs_demo.hpp"

#include <cpu/tsc.hpp>
#include "arch/i386/cpu_features.hpp"
#include "lib/demo.hpp"
#include "lib/errno.hpp"
#include "lib/scope_guard.hpp"

#include <new>

REGISTER(demonstration, slabs_demonstration) = {
    .name = "slabs",
    .help = "the strategies for caches on one workload: pages, waste, ticks",
    .run = [](text_sink& out) {
        void* const room = alloc_pages_exact(sizeof(slabs_demo), GFP_KERNEL | __GFP_NOWARN);
        if (!room) {
            out.write("demo slabs: there is not enough memory\n");
            return ENOMEM;
        }
        const scope_guard give_back([&] { free_pages_exact(room, sizeof(slabs_demo)); });
        const auto clock = boot_decisions().use_tsc ? read_tsc : nullptr;
        return (new (room) slabs_demo(clock))->run(out);
    },
};
