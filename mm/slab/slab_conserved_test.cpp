// After each test, as many objects are in use as before, and in the end each cache is
// what its strategy says it is.
#include "lib/test/test.hpp"
#include "mm/slab/slab_debug.hpp"
#include "mm/slab/slab_strategy.hpp"

REGISTER(conserved, objects_conserved) = {
    .name = "objects in use",
    .count = []() -> u64 {
        u64 live = 0;
        for_each_cache(
            [](kmem_cache& cache, void* sum) {
                if (cache.flags & SLAB_NOLEAKTRACE) return;
                *static_cast<u64*>(sum) += slab_nr_live(cache);
            },
            &live);
        return live;
    },
    .check =
        [] {
            for_each_cache(
                [](kmem_cache& cache, void*) { cache.strategy->check_invariants(cache); },
                nullptr);
        },
};
