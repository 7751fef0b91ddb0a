// What pages are used for, counted by whoever uses them (add_atomically: several CPUs
// may at once); meminfo shows the sums.
#pragma once

#include "lib/relaxed.hpp"

struct vm_counter_set {
    relaxed<u32> slab_reclaimable = 0;
    relaxed<u32> slab_unreclaimable = 0;
    relaxed<u32> kernel_page_tables = 0;  // those of init_mm, which are kept
    relaxed<u32> clean_tables = 0;        // users', kept for the next one
    relaxed<u32> file_pages = 0;          // in the page cache
};
inline constinit vm_counter_set vm_counters{};
