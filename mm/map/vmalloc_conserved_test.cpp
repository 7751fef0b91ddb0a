// After each test as many areas are in use as before. What waits for a flush is flushed
// first: its structures count as objects in use, which are counted after this.
#include "lib/test/test.hpp"
#include "mm/map/vmalloc.hpp"

REGISTER(conserved, vmalloc_conserved) = {
    .name = "vmalloc areas",
    .count = []() -> u64 {
        the_vmalloc_space().purge();
        return the_vmalloc_space().stats().areas;
    },
    .check = [] { the_vmalloc_space().check_invariants(); },
};
