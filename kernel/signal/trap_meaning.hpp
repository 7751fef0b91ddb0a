// What an exception means to the program that made it: a table of Linux's for i386.
#pragma once

#include "arch/i386/traps.hpp"
#include "kernel/signal/numbers.hpp"

struct trap_meaning {
    u8 signal;
    u8 code;          // si_code; SI_KERNEL says nothing more than the signal
    bool has_address; // si_addr is the instruction
};

// But for page faults, and for those of which the FPU or the debug registers say more.
constexpr trap_meaning meaning_of_trap(u32 vector) {
    switch (vector) {
        case TRAP_DIVIDE: return {SIGFPE, FPE_INTDIV, true};
        case TRAP_BREAKPOINT: return {SIGTRAP, SI_KERNEL, false};
        case TRAP_INVALID_OPCODE: return {SIGILL, ILL_ILLOPN, true};
        case TRAP_DEVICE_NOT_AVAILABLE:  // there is no FPU, nor does anybody play one
        case 9: return {SIGFPE, SI_KERNEL, false};
        case TRAP_SEGMENT_NOT_PRESENT:
        case TRAP_STACK_SEGMENT: return {SIGBUS, SI_KERNEL, false};
        case TRAP_ALIGNMENT: return {SIGBUS, BUS_ADRALN, false};
        default: return {SIGSEGV, SI_KERNEL, false};
    }
}

// Bits of the x87 status or of mxcsr: exceptions that have happened and are not masked. 0:
// none is, what has trapped is over.
constexpr s32 fpe_code(u32 exceptions) {
    if (exceptions & 0x01) return FPE_FLTINV;
    if (exceptions & 0x04) return FPE_FLTDIV;
    if (exceptions & 0x08) return FPE_FLTOVF;
    if (exceptions & 0x12) return FPE_FLTUND;  // underflow; a denormal operand
    if (exceptions & 0x20) return FPE_FLTRES;
    return 0;
}
constexpr u32 x87_exceptions(u32 status, u32 control) { return status & ~control & 0x3f; }
constexpr u32 sse_exceptions(u32 mxcsr) { return mxcsr & ~(mxcsr >> 7) & 0x3f; }

// si_code of a debug exception by DR6's bits; none: the instruction INT1.
constexpr s32 debug_code(u32 dr6) {
    constexpr u32 step = 1u << 14, breakpoints = 15;
    if (dr6 & step) return TRAP_TRACE;
    return dr6 & breakpoints ? TRAP_HWBKPT : TRAP_BRKPT;
}
