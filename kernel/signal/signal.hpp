// Signals, as the rest of the kernel uses them (spec F8).
//
//     kill, a fault,        send.cpp                pending, or shared_pending
//     a timer, a tty  ----> ignored? dropped -----> [10][33][33]       pending.hpp
//                           a thread is woken            |
//                                                        | on its way back to ring 3
//                                                        v
//                                            do_signal(): the next that is not blocked
//                                              |         |            |
//                                  SIG_DFL: it ends,     SIG_IGN:     a handler: a frame on
//                                  stops (stop.hpp),     nothing      its stack (frame.hpp),
//                                  or nothing                         eip = handler
//
// A signal interrupts nothing in the kernel: it ends sleeps that are interruptible, and is
// dealt with when the task is about to go on in ring 3. So a handler finds the registers of
// its program as they were, and sigreturn() puts them back.
//
// A call that a signal has interrupted (restart.hpp):
//
//     ERESTARTSYS             EINTR if the handler has no SA_RESTART, else once more
//     ERESTARTNOINTR          once more, always
//     ERESTARTNOHAND          EINTR if there is a handler, else once more
//     ERESTART_RESTARTBLOCK   likewise, but goes on by restart_syscall(): set_restart()
//
// Lock order: tasklist_lock, siglock, a wait queue's, the run queue's. All that sends may be
// called with tasklist_lock held, and takes siglock.
//
// Left out: core dumps (such signals just end the program), signalfd, ptrace, the vDSO: a
// program without SA_RESTORER returns by code in the frame, which needs a stack that may be
// executed.
#pragma once

#include "arch/i386/traps.hpp"
#include "kernel/sched/task.hpp"
#include "lib/result.hpp"
#include "lib/sync/preempt.hpp"

// What an interrupted call answers inside the kernel, beside ERESTARTSYS (wait_queue.hpp): it
// begins again where no handler ran; where one did, only if that has SA_RESTART, never, or
// always. No program ever sees these.
inline constexpr int ERESTARTNOINTR = 513;
inline constexpr int ERESTARTNOHAND = 514;
inline constexpr int ERESTART_RESTARTBLOCK = 516;

// Once, before the first program. False: no memory.
[[nodiscard]] bool signals_init();

// ---- sending ----------------------------------------------------------------------------
// From any context. `info` of a kernel's own: kernel_signal().
kernel_siginfo kernel_signal(u32 signal);  // si_code SI_KERNEL
// To one thread, or to its program as a whole. 0, or EAGAIN: a realtime signal that cannot be
// queued. Of the kernel's own, SIGKILL to a thread is for that one alone: what becomes of the
// others is the caller's matter.
result<> send_signal_to_thread(task_struct& task, const kernel_siginfo& info);
result<> send_signal_to_group(task_struct& task, const kernel_siginfo& info);
// To all programs of a process group. ESRCH: there is none. tasklist_lock is free.
result<> send_signal_to_pgrp(u32 pgrp, const kernel_siginfo& info);
// A fault of the current task: it cannot be blocked or ignored.
void force_signal(const kernel_siginfo& info);

// Whether nobody is left who could continue its programs once they have stopped: such a
// group is not stopped from a terminal. tasklist_lock is held, or taken.
bool is_orphaned_pgrp_locked(u32 pgrp) REQUIRES(tasklist_lock);
bool is_orphaned_pgrp(u32 pgrp);

// ---- the life of what signals need -------------------------------------------------------
// For clone(): the child's sighand and signal, shared or copied as CLONE_SIGHAND and
// CLONE_THREAD say. ENOMEM: nothing was made.
result<> copy_signals(task_struct& child, const task_struct& parent, u32 clone_flags);
// For the first program.
result<> new_signals(task_struct& task);
// The current task begins to end: no signal of its program's is left to it.
void exit_signals(task_struct& task);
// At the end of a task: nobody signals it from here on. What it had is to be freed, outside
// of locks: what waits for it is dropped, its references go.
struct detached_signals {
    sighand_struct* sighand = nullptr;
    signal_struct* signal = nullptr;
};
detached_signals detach_signals(task_struct& task);
void free_signals(task_struct& task, const detached_signals& detached);
inline void release_signals(task_struct& task) { free_signals(task, detach_signals(task)); }
// execve(): actions with handlers become SIG_DFL; a sighand of its own. ENOMEM.
result<> signals_on_exec(task_struct& task);

// ---- waiting for them ---------------------------------------------------------------------
// task.signal_pending as the sets say; siglock is held, or nobody else knows the task.
void recalc_sigpending(task_struct& task);
// The current task's mask, but for what cannot be blocked.
void set_current_blocked(signal_set mask);
// A mask until the next handler has returned: pselect, ppoll, sigsuspend. At the end of such a
// call: true, if a handler will run and puts it back; false, it was put back at once.
void set_temporary_mask(signal_set mask);
bool keep_temporary_mask(bool interrupted);
// SIGKILL is on its way.
bool fatal_signal_pending(const task_struct& task);

// For a call that waits for a time: `return set_restart(resume, word...)`. Unless a handler
// runs, it goes on by resume(block), which finds the words in block.words.
template <class... Words>
err set_restart(syscall_result (*resume)(restart_block& block), Words... words) {
    static_assert(sizeof...(Words) <= std::size(restart_block{}.words));
    current_task()->restart = {resume, {static_cast<u32>(words)...}};
    return err{ERESTART_RESTARTBLOCK};
}

// ---- delivery -------------------------------------------------------------------------------
// Before ring 3 goes on: handlers are called, defaults happen. May not return: the task ends.
void do_signal(trap_frame& frame);
// What prepare_return_to_user() looks for; interrupts are off.
inline bool has_work_before_return(const task_struct& task) {
    return need_resched() || task.signal_pending || task.restore_sigmask;
}

// At each tick: ITIMER_VIRTUAL and ITIMER_PROF of the program that runs.
void itimers_tick(task_struct& task, bool in_ring3);

// ---- what kernel/process defines -------------------------------------------------------------
// `status` as wait4() tells it. The current task's program ends, with all of its threads; or
// this one thread alone, for execve() has called in another one.
[[noreturn]] void do_group_exit(int status);
[[noreturn]] void exit_task(int status);
