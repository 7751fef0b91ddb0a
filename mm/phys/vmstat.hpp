// What pages are used for, counted by whoever uses them (add_atomically: several CPUs
// may at once); meminfo shows the sums.
#pragma once

#include "lib/relaxed.hpp"

struct vm_counter_set {
    relaxed<u32> slab_reclaimable;
    relaxed<u32> slab_unreclaimable;
};
inline constinit vm_counter_set vm_counters{};
