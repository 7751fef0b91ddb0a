// Restartable sequences: a few instructions that an interrupt cannot tear apart,
// though interrupts are on.
//
//     1:  movl %fs:(list), head       <- an interrupt before the last instruction
//         movl (head), next              has gone through: the CPU comes back to 1,
//         movl next, %fs:(list)          not to where it was
//     2:
//
// Such a sequence reads what it likes, and its last instruction stores the result:
// until then nothing has happened, so it can begin again. What the interrupt did in
// between, to the same per-CPU variable, is seen the second time; and if the task goes
// on on another CPU, it is that one's variable. It costs nothing where it runs; each
// interrupt looks its address up in a table (restart_interrupted), which is cheap, for
// interrupts are few.
//
// The inputs must be left alone up to the end: registers are as the interrupt found
// them, only the address changes. User space knows the idea as rseq.
#pragma once

#include "arch/i386/traps.hpp"

// For whoever dispatches interrupts, with what they interrupted, before it returns.
void restart_interrupted(trap_frame& frame);

// Which sequence an address is inside of: where that begins, or the address itself.
uintptr_t restart_address(uintptr_t address);
