// The numbers of signals, what a program says of them, and what happens by default.
#pragma once

#include "lib/types.hpp"

#define SIGHUP 1
#define SIGINT 2
#define SIGQUIT 3
#define SIGILL 4
#define SIGTRAP 5
#define SIGABRT 6
#define SIGBUS 7
#define SIGFPE 8
#define SIGKILL 9
#define SIGUSR1 10
#define SIGSEGV 11
#define SIGUSR2 12
#define SIGPIPE 13
#define SIGALRM 14
#define SIGTERM 15
#define SIGSTKFLT 16
#define SIGCHLD 17
#define SIGCONT 18
#define SIGSTOP 19
#define SIGTSTP 20
#define SIGTTIN 21
#define SIGTTOU 22
#define SIGURG 23
#define SIGXCPU 24
#define SIGXFSZ 25
#define SIGVTALRM 26
#define SIGPROF 27
#define SIGWINCH 28
#define SIGIO 29
#define SIGPWR 30
#define SIGSYS 31

inline constexpr u32 NSIG = 64;
// From here on each one that is sent is delivered; of those below, one at a time waits.
inline constexpr u32 SIGRTMIN = 32;
constexpr bool is_signal(u32 number) { return number - 1 < NSIG; }

// Bit n - 1 is signal n. (Linux's sigset_t; the host's headers have that name.)
using signal_set = u64;
constexpr signal_set sigmask(u32 signal) { return u64{1} << (signal - 1); }
template <class... Signals>
constexpr signal_set signals(Signals... which) {
    return (sigmask(which) | ...);
}

// Neither blocked, nor ignored, nor handled.
inline constexpr signal_set SIG_KERNEL_ONLY = signals(SIGKILL, SIGSTOP);
// By default these stop the program, or do nothing; all others end it.
inline constexpr signal_set SIG_KERNEL_STOP = signals(SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU);
inline constexpr signal_set SIG_KERNEL_IGNORE = signals(SIGCONT, SIGCHLD, SIGWINCH, SIGURG);
// What an instruction does to its own thread.
inline constexpr signal_set SYNCHRONOUS =
    signals(SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS);

inline constexpr u32 SIG_DFL = 0, SIG_IGN = 1;

inline constexpr u32 SA_NOCLDSTOP = 1, SA_NOCLDWAIT = 2, SA_SIGINFO = 4,
                     SA_RESTORER = 0x04000000, SA_ONSTACK = 0x08000000,
                     SA_RESTART = 0x10000000, SA_NODEFER = 0x40000000,
                     SA_RESETHAND = 0x80000000;
// A program learns which flags there are by reading back what it has set.
inline constexpr u32 SA_KNOWN = SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_RESTORER |
                                SA_ONSTACK | SA_RESTART | SA_NODEFER | SA_RESETHAND | 0x800;

// si_code: who has sent it. What is above 0 only the kernel says.
inline constexpr s32 SI_USER = 0, SI_KERNEL = 0x80, SI_QUEUE = -1, SI_TKILL = -6;
inline constexpr s32 ILL_ILLOPN = 2;
inline constexpr s32 FPE_INTDIV = 1, FPE_FLTDIV = 3, FPE_FLTOVF = 4, FPE_FLTUND = 5,
                     FPE_FLTRES = 6, FPE_FLTINV = 7;
inline constexpr s32 BUS_ADRALN = 1;
inline constexpr s32 TRAP_BRKPT = 1, TRAP_TRACE = 2, TRAP_HWBKPT = 4;
inline constexpr s32 CLD_EXITED = 1, CLD_KILLED = 2, CLD_DUMPED = 3, CLD_TRAPPED = 4,
                     CLD_STOPPED = 5, CLD_CONTINUED = 6;
