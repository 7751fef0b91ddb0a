// Who called whom, read off the chain of frame pointers (the kernel is built with
// -fno-omit-frame-pointer). The stack may be the very thing that is broken, so
// every word is read by probe_read and every link is checked:
//
//   I1: a frame lies above the one before it, and is aligned;
//   I2: a return address points into kernel text;
//   I3: no more than `limit` lines; recursion takes one.
#pragma once

#include "arch/i386/traps.hpp"
#include "lib/format.hpp"
#include "lib/types.hpp"

// Prints one line a frame, beginning with `eip` itself if it is not 0.
void print_backtrace(text_sink& out, uintptr_t eip, uintptr_t ebp, unsigned limit = 24);

// The caller's own.
void print_backtrace_here(text_sink& out);

// Registers of a trap, and what kind of trap it was, in words.
void print_trap(text_sink& out, const trap_frame& frame, u32 esp);
// "write to a page that is not present, from ring 0"
void print_error_code(text_sink& out, const trap_frame& frame);
