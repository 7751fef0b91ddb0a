// After each test, every frame is still somebody's, and as many are in use as before:
// not counting the pages of caches, which keep some for the next object, and the kernel's
// page tables, which stay for the next mapping.
#include "lib/test/test.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/phys/vmstat.hpp"

REGISTER(conserved, pages_conserved) = {
    .name = "pages in use",
    .count = []() -> u64 {
        return the_page_allocator().census().in_use - vm_counters.slab_reclaimable -
               vm_counters.slab_unreclaimable - vm_counters.kernel_page_tables -
               vm_counters.clean_tables;
    },
    .check = [] { the_page_allocator().check_invariants(); },
};
