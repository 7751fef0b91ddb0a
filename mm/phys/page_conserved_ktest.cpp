// After each test, every frame is still somebody's, and as many are in use as before.
#include "lib/test/test.hpp"
#include "mm/phys/page_alloc.hpp"

REGISTER(conserved, pages_conserved) = {
    .name = "pages in use",
    .count = []() -> u64 { return the_page_allocator().census().in_use; },
    .check = [] { the_page_allocator().check_invariants(); },
};
