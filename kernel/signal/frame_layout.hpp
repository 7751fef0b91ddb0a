// What a handler finds on its stack: Linux's for i386, to the byte. Programs look into it,
// and change it: what comes back by sigreturn() is whatever they like.
//
//     before    ...                                            esp of the program
//               | fpstate: fsave header, FXSAVE image |        64-aligned image
//               | frame: sigframe or rt_sigframe      |
//     handler   | return address: restorer            | <---- esp; esp + 4 is 16-aligned
//
// A handler with SA_SIGINFO gets an rt_sigframe, and its three arguments are in it; one
// without gets a sigframe, and one argument. The registers that are used for arguments
// (-mregparm) hold the same.
#pragma once

#include "arch/i386/segments.hpp"
#include "arch/i386/traps.hpp"
#include "kernel/signal/signal_types.hpp"

// The registers of the program; as ucontext.h has them, too.
struct sigcontext {
    u32 gs, fs, es, ds;
    u32 di, si, bp, sp, bx, dx, cx, ax;
    u32 trapno, err;
    u32 ip, cs, flags, sp_at_signal, ss;
    u32 fpstate;  // its address; 0: none
    u32 oldmask;
    u32 cr2;
};
static_assert(sizeof(sigcontext) == 88 && offsetof(sigcontext, ip) == 56);

struct user_stack {
    u32 ss_sp, ss_flags, ss_size;
};

struct ucontext {
    u32 uc_flags = 0, uc_link = 0;
    user_stack uc_stack;
    sigcontext uc_mcontext;
    u32 uc_sigmask[2];
};
static_assert(sizeof(ucontext) == 116 && offsetof(ucontext, uc_sigmask) == 108);

struct user_siginfo {
    kernel_siginfo known;
    u32 padding[24] = {};
};
static_assert(sizeof(user_siginfo) == 128);

// The room for an fpstate in it has been empty since Linux 2.6.28: the state is behind it.
struct sigframe {
    u32 pretcode, sig;
    sigcontext sc;
    u8 fpstate_unused[624];
    u32 extramask;
    u8 retcode[8];
};
static_assert(sizeof(sigframe) == 732 && offsetof(sigframe, extramask) == 720);

struct rt_sigframe {
    u32 pretcode, sig, pinfo, puc;
    user_siginfo info;
    ucontext uc;
    u8 retcode[8];
};
static_assert(sizeof(rt_sigframe) == 268 && offsetof(rt_sigframe, uc) == 144);

// `ret` has taken pretcode off when the frame comes back; without SA_SIGINFO, popl %eax in
// the restorer has taken sig, too.
inline constexpr u32 popped_by_sigreturn = 8, popped_by_rt_sigreturn = 4;

// popl %eax; movl $119, %eax; int $0x80, and movl $173, %eax; int $0x80
inline constexpr u8 retcode_of_sigreturn[8] = {0x58, 0xb8, 0x77, 0, 0, 0, 0xcd, 0x80};
inline constexpr u8 retcode_of_rt_sigreturn[8] = {0xb8, 0xad, 0, 0, 0, 0xcd, 0x80, 0};

constexpr u32 align_sigframe(u32 sp) { return ((sp + 4) & ~15u) - 4; }

// ---- what may come back -----------------------------------------------------------------
inline constexpr u32 EFLAGS_CF = 1, EFLAGS_TF = 0x100, EFLAGS_DF = 0x400, EFLAGS_RF = 0x10000;
// AC, RF, OF, DF, TF, SF, ZF, AF, PF, CF: those that belong to the program. IOPL, VM, IF and
// the rest stay as they are.
inline constexpr u32 FIX_EFLAGS = 0x50dd5;
constexpr u32 eflags_from_user(u32 now, u32 wanted) {
    return (now & ~FIX_EFLAGS) | (wanted & FIX_EFLAGS);
}
// Ring 3's, or none. Which of those there are the CPU decides as it loads them, and what it
// refuses becomes 0, or, of cs and ss, a fault of the program's (trap_entry.S).
constexpr u32 code_or_stack_selector(u32 wanted) { return (wanted & 0xffff) | 3; }
constexpr u32 data_selector(u32 wanted) {
    return (wanted & 0xfffc) ? (wanted & 0xffff) | 3 : wanted & 3;
}

inline void save_registers(sigcontext& to, const trap_frame& frame) {
    to.gs = frame.gs & 0xffff;
    to.fs = frame.fs & 0xffff;
    to.es = frame.es & 0xffff;
    to.ds = frame.ds & 0xffff;
    to.di = frame.edi;
    to.si = frame.esi;
    to.bp = frame.ebp;
    to.sp = to.sp_at_signal = frame.user_esp;
    to.bx = frame.ebx;
    to.dx = frame.edx;
    to.cx = frame.ecx;
    to.ax = frame.eax;
    to.ip = frame.eip;
    to.cs = frame.cs & 0xffff;
    to.flags = frame.eflags;
    to.ss = frame.user_ss & 0xffff;
}

inline void restore_registers(trap_frame& frame, const sigcontext& from) {
    frame.gs = data_selector(from.gs);
    frame.fs = data_selector(from.fs);
    frame.es = data_selector(from.es);
    frame.ds = data_selector(from.ds);
    frame.edi = from.di;
    frame.esi = from.si;
    frame.ebp = from.bp;
    frame.user_esp = from.sp;
    frame.ebx = from.bx;
    frame.edx = from.dx;
    frame.ecx = from.cx;
    frame.eax = from.ax;
    frame.eip = from.ip;
    frame.cs = code_or_stack_selector(from.cs);
    frame.user_ss = code_or_stack_selector(from.ss);
    frame.eflags = eflags_from_user(frame.eflags, from.flags);
}
