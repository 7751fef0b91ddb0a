// The registers of x87, MMX and SSE: a task's own from its first use of them on, and then saved
// and loaded each time that it leaves the CPU and comes back. (Leaving them until somebody
// else uses his once leaked one task's registers into another by speculation.)
//
//     exec ----> none, CR0.TS ---- #NM at the first use ----> thread.fpu, saved and loaded
//
// The kernel itself uses none of them: it is built without. So kernel threads have no such
// state, and an interrupt saves none.
//
// I1: where there is an FPU, CR0.TS is clear exactly while the task that runs has a state.
//
//     FXSAVE    512 bytes, with SSE       where the CPU has it
//     FNSAVE    108 bytes, x87 only       on older ones
//     none      each use is a trap        no FPU (CR0.EM)
#pragma once

#include "lib/types.hpp"

struct alignas(16) fpu_state {
    u8 bytes[512];
};

// Once, on each CPU: which of the three, and what a new task begins with.
void fpu_init();
bool has_fpu();

// A new task's: all registers empty, exceptions masked.
const fpu_state& fpu_initial_state();

// This CPU's registers, which may be other ones afterwards; and back.
void fpu_save(fpu_state& to);
void fpu_restore(const fpu_state& from);

// I1, as the current task comes to have a state, or to have none.
void fpu_on();
void fpu_off();
