// The address space that this CPU has loaded: of the task that runs, once there are tasks.
#pragma once

#include <cpu/percpu.hpp>
#include "mm/vm/mm_types.hpp"

DECLARE_PER_CPU(mm_struct*, current_mm_of_cpu);

// Null: none, a user's address means nothing.
inline mm_struct* current_mm() { return this_cpu_read(current_mm_of_cpu); }

// From here on this CPU translates users' addresses by that space; null: by none. The one
// before. The caller keeps a reference to the space for as long, and is not moved to
// another CPU meanwhile.
mm_struct* use_mm(mm_struct* mm);
