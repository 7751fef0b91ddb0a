// After each test, every frame is still somebody's, and as many are in use as before:
// but for those that caches would give back, which are nobody's really.
#include "lib/test/test.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/phys/shrinker.hpp"

REGISTER(conserved, pages_conserved) = {
    .name = "pages in use",
    .count = []() -> u64 {
        the_shrinkers().reclaim_all();
        return the_page_allocator().census().in_use;
    },
    .check = [] { the_page_allocator().check_invariants(); },
};
