// The end. A panic is a bug in Loci, and its report is all one will ever know of
// it: the reason with its values, the trap if there was one, registers, control
// registers, and who called whom, in the panicking and the interrupted context.
//
// It trusts nothing. It works before paging, inside an interrupt, on a broken
// stack and when it faults itself:
//
//   - interrupts go off, consoles break their locks and poll;
//   - it runs on a stack of its own;
//   - memory is read with probes only;
//   - a panic inside a panic prints one line; one inside that just stops.
//
// Then the machine stops: QEMU is left with status 127; a PC halts with the
// screen intact, or reboots after `panic=SECONDS`.
#pragma once

#include "arch/i386/traps.hpp"
#include "lib/log.hpp"

// For what is not a bug but leaves no way on (no PAE, too little memory): one
// message that says what to do, then power-off with status 125 or a halt.
[[noreturn]] void refuse_to_run(std::string_view why);

// Where the unmapped page below the first kernel stack is; 0 before paging. boot/
// defines it.
u32 init_stack_guard();
