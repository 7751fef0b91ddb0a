// Signals, as the rest of the kernel uses them.
#pragma once

#include "arch/i386/traps.hpp"
#include "kernel/sched/task.hpp"
#include "lib/result.hpp"

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

// What an interrupted call answers inside the kernel, beside ERESTARTSYS (wait_queue.hpp): it
// begins again where no handler ran; where one did, only if that has SA_RESTART, never, or
// always. No program ever sees these.
inline constexpr int ERESTARTNOINTR = 513;
inline constexpr int ERESTARTNOHAND = 514;
inline constexpr int ERESTART_RESTARTBLOCK = 516;

// ---- sending ----------------------------------------------------------------------------
// From any context. `info` of a kernel's own: kernel_signal().
kernel_siginfo kernel_signal(u32 signal);  // si_code SI_KERNEL
// To one thread, or to its program as a whole. 0, or EAGAIN: a realtime signal that cannot be
// queued.
result<> send_signal_to_thread(task_struct& task, const kernel_siginfo& info);
result<> send_signal_to_group(task_struct& task, const kernel_siginfo& info);
// To all programs of a process group. ESRCH: there is none.
result<> send_signal_to_pgrp(u32 pgrp, const kernel_siginfo& info);
// A fault of the current task: it cannot be blocked or ignored.
void force_signal(const kernel_siginfo& info);

// ---- the life of what signals need -------------------------------------------------------
// For clone(): the child's sighand and signal, shared or copied as CLONE_SIGHAND and
// CLONE_THREAD say. ENOMEM: nothing was made.
result<> copy_signals(task_struct& child, const task_struct& parent, u32 clone_flags);
// For the first program.
result<> new_signals(task_struct& task);
// At the end of a task: what waits for it is dropped, its references go.
void release_signals(task_struct& task);
// execve(): actions with handlers become SIG_DFL; a sighand of its own. ENOMEM.
result<> signals_on_exec(task_struct& task);

// ---- waiting for them ---------------------------------------------------------------------
// task.signal_pending as the sets say; siglock is held, or nobody else knows the task.
void recalc_sigpending(task_struct& task);
// A mask until the next handler has returned: pselect, ppoll, sigsuspend. At the end of such a
// call: true, if a handler will run and puts it back; false, it was put back at once.
void set_temporary_mask(signal_set mask);
bool keep_temporary_mask(bool interrupted);
// SIGKILL is on its way.
bool fatal_signal_pending(const task_struct& task);

// ---- delivery -------------------------------------------------------------------------------
// Before ring 3 goes on: handlers are called, defaults happen. May not return: the task ends.
void do_signal(trap_frame& frame);
