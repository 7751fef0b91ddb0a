// The address space of the task that runs on this CPU.
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

// From here on a user's address means nothing, but the tables stay loaded: a kernel thread
// borrows them (arch/i386/tlb.hpp). Whose they are, null: the kernel's own. The caller keeps
// a reference for as long.
mm_struct* borrow_mm();

// How often this machine's CPUs have loaded CR3 for another space.
u32 mm_loads();
