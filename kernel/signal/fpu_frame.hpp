// The registers of FPU and SSE on a program's stack, while its handler runs with fresh ones:
//
//     | fsave_header | status, magic | FXSAVE image, at a multiple of 64 |
//       108            2, 2            512
//
// Without FXSAVE there is only the part before the image, and magic is 0xffff. The header is
// what counts for x87 when it all comes back, the image for SSE.
#pragma once

#include "lib/types.hpp"

// Where it goes, below `sp`. 0: this program has used no such registers.
u32 place_for_fpu(u32 sp);
// Of the current task. False: nothing is there to be written or read.
[[nodiscard]] bool save_fpu_to_user(u32 address);
// 0: a state as fresh as a new program's. After a failure, too.
[[nodiscard]] bool restore_fpu_from_user(u32 address);
void reset_fpu();
