// What signals are made of: sets of them, what waits, what a program does about each.
//
//     task_struct ---- pending                 for this thread alone (tgkill, faults)
//        | |  blocked: not now
//        | `---> sighand_struct  action[64]    what to do; shared by CLONE_SIGHAND
//        `-----> signal_struct   shared_pending   for the program: any thread may take it
//                                limits, group, session, how it ended or stopped
//
// I1: task.signal_pending is set if a signal waits that the task does not block, or it is to
//     stop or end; recalc_sigpending() says so anew. Others only ever set it: the task may
//     be on its way out of a call that is to begin again, which only do_signal() sees to.
// I2: siglock guards all of the sets, queues and actions; the fields say what else it does.
// I3: a program's thread_group changes under siglock only: who sends to all of its threads
//     holds that.
#pragma once

#include "kernel/signal/numbers.hpp"
#include "lib/list.hpp"
#include "lib/spinlock.hpp"
#include "lib/sync/wait_queue.hpp"
#include "lib/types.hpp"

struct task_struct;
struct tty_struct;
class syscall_result;

// What a program has said of a signal. Handlers and restorers are a program's addresses.
struct k_sigaction {
    u32 handler;  // SIG_DFL 0, SIG_IGN 1
    u32 flags;
    u32 restorer;
    signal_set mask;
};

// One signal that waits, with what is known of it: the first 3 words of a siginfo_t and the
// union that follows them, as far as the kernel fills it.
struct kernel_siginfo {
    s32 si_signo, si_errno, si_code;
    u32 fields[5];  // _kill: pid, uid; _rt: pid, uid, value; _sigfault: address;
                    // _sigchld: pid, uid, status, utime, stime
};

struct sigqueue {
    list_head entry{};
    kernel_siginfo info;
    struct pending_user* user;  // whose limit it counts for
};

struct sigpending {
    signal_set signal = 0;
    list<sigqueue, &sigqueue::entry> queue;
};

struct sighand_struct {
    irq_spinlock siglock{"siglock"};
    atomic<u32> count{1};
    k_sigaction action[NSIG] GUARDED_BY(siglock);

    sighand_struct() : action{} {}
    // The same actions; nobody else knows the new one yet.
    explicit sighand_struct(sighand_struct& from) NO_THREAD_SAFETY_ANALYSIS;
};

// How a call goes on that a signal without a handler has interrupted: not from its beginning,
// its time would begin again, too, but by this (set_restart()).
struct restart_block {
    syscall_result (*resume)(restart_block& block) = nullptr;  // null: EINTR
    u32 words[6] = {};
};

// The limits, by Linux's numbers; RLIM_INFINITY is ~0u.
inline constexpr u32 RLIM_NLIMITS = 16;
inline constexpr u32 RLIMIT_CPU = 0;  // seconds
inline constexpr u32 RLIMIT_SIGPENDING = 11;
struct rlimit {
    u32 cur, max;
};

// Ticks until SIGVTALRM or SIGPROF, and from one to the next; 0: never.
struct tick_timer {
    u32 left = 0, interval = 0;
};

// What of the program's stopping or going on its parent has not been sent yet.
enum class child_news : u8 { none, stopped, continued };

// What the threads of one program share (thread group; Linux's signal_struct).
struct signal_struct {
    atomic<u32> count{1};    // who points here
    u32 live = 1;            // threads that have not ended
    sigpending shared_pending;

    // The end: exit_group() or a deadly signal. What wait() tells, once it is set.
    bool group_exit = false;
    int group_exit_code = 0;
    task_struct* group_exec_task = nullptr;  // the one that is left over in an execve()
    bool unkillable = false;  // the first program: gets no signal that it has no handler for

    // Stop and continue: how many threads are still to stop, and what wait() has not told.
    u32 group_stop_count = 0;
    bool stopped = false;
    u32 stop_signal = 0;
    bool told_stopped = true, told_continued = true;
    child_news news = child_news::none;

    wait_queue_head wait_chldexit{"wait4"};

    u32 pgrp = 0, session = 0;
    bool leader = false;     // of its session
    bool did_exec = false;   // setpgid() by the parent is too late
    bool is_child_subreaper = false;  // orphans among the descendants become its children
    tty_struct* tty = nullptr;

    rlimit rlim[RLIM_NLIMITS] = {};

    // Of threads that have ended, and of children that were waited for. Times in ticks.
    u32 utime = 0, stime = 0, cutime = 0, cstime = 0;
    u32 min_flt = 0, maj_flt = 0, cmin_flt = 0, cmaj_flt = 0;
    u32 nvcsw = 0, nivcsw = 0, cnvcsw = 0, cnivcsw = 0;
    u32 maxrss = 0, cmaxrss = 0;

    void* real_timer = nullptr;  // alarm(), setitimer(ITIMER_REAL): who keeps it knows it
    tick_timer virtual_timer, prof_timer;
    u32 ticks_run = 0;  // all threads together, those that have ended, too
};
