// Programs' lives (spec F8): how a task that runs a program comes to be, becomes another
// program, and ends.
//
//     fork, vfork, clone ---> runs ---> execve: another program, the same task
//       copy_process()          |
//                               +--- exit_group, a deadly signal: all threads end
//                               v
//                             exit_task(): memory, files, limits go
//                               v
//                             zombie ---- wait4 ---> forgotten          wait.cpp
//
// What clone() shares and what it copies is a matter of flags; fork() is the call that
// shares nothing, a thread the one that shares all:
//
//     CLONE_VM       mm        else dup_mm(): copy on write
//     CLONE_FILES    files     else the same open files in a table of its own
//     CLONE_FS       fs        else root, working directory, umask of its own
//     CLONE_SIGHAND  sighand   else a copy of what to do about each signal
//     CLONE_THREAD   signal    else a program of its own, which the parent waits for
//
// Parent is the program that made it, by its *group leader*: which of its threads called
// fork() is forgotten at once. Children of who ends go to init.
//
// I1: a leader that has ended stays, unseen by wait4, until its last thread has.
// I2: clone() makes a task as a whole, or leaves nothing behind.
// I3: lock order: tasklist_lock, siglock, a wait queue's, the run queue's.
#pragma once

#include "kernel/sched/task.hpp"
#include "kernel/signal/signal.hpp"
#include "mm/vm/user_access.hpp"

#include <span>
#include <string_view>

struct file;

#define CLONE_VM 0x00000100
#define CLONE_FS 0x00000200
#define CLONE_FILES 0x00000400
#define CLONE_SIGHAND 0x00000800
#define CLONE_PIDFD 0x00001000
#define CLONE_PTRACE 0x00002000
#define CLONE_VFORK 0x00004000
#define CLONE_PARENT 0x00008000
#define CLONE_THREAD 0x00010000
#define CLONE_NEWNS 0x00020000
#define CLONE_SYSVSEM 0x00040000
#define CLONE_SETTLS 0x00080000
#define CLONE_PARENT_SETTID 0x00100000
#define CLONE_CHILD_CLEARTID 0x00200000
#define CLONE_DETACHED 0x00400000
#define CLONE_UNTRACED 0x00800000
#define CLONE_CHILD_SETTID 0x01000000
#define CLONE_CLEAR_SIGHAND 0x100000000ull

inline constexpr u32 PF_FORKNOEXEC = 0x40;

struct clone_request {
    u64 flags = 0;
    u32 exit_signal = 0;
    u32 stack = 0;  // 0: where the parent's is
    user_ptr<u32> parent_tid{}, child_tid{};
    u32 tls = 0;    // the address of a user_desc
};
// The child's pid. EINVAL: flags that do not go together; EAGAIN: too many; ENOMEM, EFAULT.
result<u32> copy_process(const trap_frame& frame, const clone_request& request);

// The current task ends, and tells `status` as wait4() would: code << 8, or a signal.
[[noreturn]] void exit_task(int status);
// ... with all threads of its program. The first status counts.
[[noreturn]] void do_group_exit(int status);

// What mm/vm looks at when it decides: the program's limits, and whether it is root's.
void tell_limits(mm_struct& mm, const task_struct& task);

// The current task leaves its space, by its end (null) or by execve(): who waits for that is
// told, and what nobody else has of it is free.
void change_space(task_struct& task, mm_struct* next);

// The space's program: a reference, and nobody may write the file as long as the space is.
void keep_program(mm_struct& mm, file* program);
// SIGKILL to all threads of the current task's program but itself.
void kill_other_threads(task_struct& task);
// ... and waits until they are gone; then the task is the leader, with its pid. EAGAIN: the
// program ends anyhow.
result<> leave_other_threads(task_struct& task);

// A zombie was waited for, or a thread has ended: nobody finds it any more, in one moment with
// its leaving groups and its parent. tasklist_lock is free.
void release_zombie(task_struct& task);

// execve() of a program that a kernel thread becomes, or a task of a program already is.
// An errno: nothing has changed, or the program ends.
class exec_strings;
struct lookup_origin;
extern u32 randomize_va_space;  // 0: places are the same in each run; 1; 2: brk's, too
result<> do_execve(const lookup_origin& from, std::string_view path, const char* filename, const exec_strings& argv,
                   const exec_strings& envp, trap_frame& frame);

// ---- wait.cpp --------------------------------------------------------------------------
#define WNOHANG 1
#define WUNTRACED 2
#define WSTOPPED 2
#define WEXITED 4
#define WCONTINUED 8
#define WNOWAIT 0x01000000
#define __WNOTHREAD 0x20000000
#define __WALL 0x40000000
#define __WCLONE 0x80000000

// As programs see it: struct rusage.
struct user_rusage {
    s32 utime_sec, utime_usec, stime_sec, stime_usec;
    s32 maxrss, ixrss, idrss, isrss, minflt, majflt, nswap, inblock, oublock, msgsnd, msgrcv,
        nsignals, nvcsw, nivcsw;
};
static_assert(sizeof(user_rusage) == 72);

enum class wait_kind : u8 { any, pid, pgrp };
struct wait_request {
    wait_kind kind = wait_kind::any;
    u32 id = 0;
    u32 options = WEXITED;
    user_rusage* usage = nullptr;  // where what the child has used is wanted
};
struct wait_outcome {
    u32 pid = 0;  // 0: WNOHANG, and there is nothing yet
    u32 uid = 0;
    int status = 0;  // as wait4() tells it
    int code = 0;    // CLD_EXITED ...: as waitid() does
};
// ECHILD: there is no such child; ERESTARTSYS.
result<wait_outcome> do_wait(const wait_request& request);
// What has been told is told by whom: SIGCHLD for a child that ended, stopped or went on.
kernel_siginfo child_signal(const task_struct& child, int code, int status);
