// What signals are made of: sets of them, what waits, what a program does about each.
//
//     task_struct ---- pending                 for this thread alone (tgkill, faults)
//        | |  blocked: not now
//        | `---> sighand_struct  action[64]    what to do; shared by CLONE_SIGHAND
//        `-----> signal_struct   shared_pending   for the program: any thread may take it
//                                limits, group, session, how it ended or stopped
//
// I1: task.signal_pending is set if a signal waits that the task does not block, or it is to
//     stop or end; recalc_sigpending() says so anew.
// I2: siglock guards all of the sets, queues and actions; the fields say what else it does.
#pragma once

#include "lib/list.hpp"
#include "lib/spinlock.hpp"
#include "lib/sync/wait_queue.hpp"
#include "lib/types.hpp"

struct task_struct;
struct tty_struct;

inline constexpr u32 NSIG = 64;
// Bit n - 1 is signal n. (Linux's sigset_t; the host's headers have that name.)
using signal_set = u64;
constexpr signal_set sigmask(u32 signal) { return u64{1} << (signal - 1); }

// What a program has said of a signal. Handlers and restorers are a program's addresses.
struct k_sigaction {
    u32 handler = 0;  // SIG_DFL 0, SIG_IGN 1
    u32 flags = 0;
    u32 restorer = 0;
    signal_set mask = 0;
};

// One signal that waits, with what is known of it: the first 3 words of a siginfo_t and the
// union that follows them, as far as the kernel fills it.
struct kernel_siginfo {
    s32 si_signo, si_errno, si_code;
    u32 fields[4];  // _kill: pid, uid; _sigchld: pid, uid, status; _sigfault: address; ...
};

struct sigqueue {
    list_head entry{};
    kernel_siginfo info;
};

struct sigpending {
    signal_set signal = 0;
    list<sigqueue, &sigqueue::entry> queue;
};

struct sighand_struct {
    irq_spinlock siglock{"siglock"};
    atomic<u32> count{1};
    k_sigaction action[NSIG] GUARDED_BY(siglock);
};

// The limits, by Linux's numbers; RLIM_INFINITY is ~0u.
inline constexpr u32 RLIM_NLIMITS = 16;
struct rlimit {
    u32 cur, max;
};

// What the threads of one program share (thread group; Linux's signal_struct).
struct signal_struct {
    atomic<u32> count{1};    // who points here
    u32 live = 1;            // threads that have not ended
    sigpending shared_pending;

    // The end: exit_group() or a deadly signal. What wait() tells, once it is set.
    bool group_exit = false;
    int group_exit_code = 0;
    task_struct* group_exec_task = nullptr;  // the one that is left over in an execve()

    // Stop and continue: how many threads are still to stop, and what wait() has not told.
    u32 group_stop_count = 0;
    bool stopped = false;
    u32 stop_signal = 0;
    bool told_stopped = true, told_continued = true;

    wait_queue_head wait_chldexit{"wait4"};

    u32 pgrp = 0, session = 0;
    bool leader = false;     // of its session
    bool did_exec = false;   // setpgid() by the parent is too late
    tty_struct* tty = nullptr;

    rlimit rlim[RLIM_NLIMITS] = {};

    // Of threads that have ended, and of children that were waited for. Times in ticks.
    u32 utime = 0, stime = 0, cutime = 0, cstime = 0;
    u32 min_flt = 0, maj_flt = 0, cmin_flt = 0, cmaj_flt = 0;
    u32 nvcsw = 0, nivcsw = 0, cnvcsw = 0, cnivcsw = 0;
    u32 maxrss = 0, cmaxrss = 0;

    void* real_timer = nullptr;  // alarm(), setitimer(ITIMER_REAL): who keeps it knows it
};
