// Structures and constants of Linux's system calls on i386, as far as these programs use
// them.
#pragma once

#include "user/lib/types.hpp"

constexpr u32 PAGE_SIZE = 4096;
// Where the kernel's part of all address spaces begins.
constexpr u32 PAGE_OFFSET = 0xc0000000;

// open()
constexpr u32 O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0100, O_TRUNC = 01000,
              O_APPEND = 02000, O_DIRECTORY = 0200000;

// The kinds in a file's mode.
constexpr u32 S_IFMT = 0170000, S_IFDIR = 0040000, S_IFCHR = 0020000, S_IFBLK = 0060000,
              S_IFLNK = 0120000, S_IFIFO = 0010000, S_IFSOCK = 0140000;

// mmap()
constexpr u32 PROT_NONE = 0, PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4;
constexpr u32 MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_FIXED = 0x10, MAP_ANONYMOUS = 0x20,
              MAP_NORESERVE = 0x4000;

// clone()
constexpr u32 CLONE_VM = 0x100, CLONE_FS = 0x200, CLONE_FILES = 0x400,
              CLONE_SIGHAND = 0x800, CLONE_THREAD = 0x10000, CLONE_SYSVSEM = 0x40000,
              CLONE_PARENT_SETTID = 0x100000, CLONE_CHILD_CLEARTID = 0x200000;

// futex()
constexpr u32 FUTEX_WAIT = 0;

// Signals.
constexpr int SIGHUP = 1, SIGINT = 2, SIGQUIT = 3, SIGKILL = 9, SIGSEGV = 11, SIGTERM = 15,
              SIGCHLD = 17, SIGCONT = 18, SIGTSTP = 20, SIGTTIN = 21, SIGTTOU = 22,
              SIGBUS = 7;
constexpr u32 SA_SIGINFO = 4, SA_RESTORER = 0x04000000, SA_ONSTACK = 0x08000000;
constexpr u32 SIG_DFL = 0, SIG_IGN = 1;

// wait4()
constexpr u32 WNOHANG = 1, WUNTRACED = 2;
constexpr bool status_exited(u32 status) { return (status & 0x7f) == 0; }
constexpr bool status_stopped(u32 status) { return (status & 0xff) == 0x7f; }
constexpr int status_code(u32 status) { return int(status >> 8 & 0xff); }
constexpr int status_signal(u32 status) { return int(status & 0x7f); }

// ioctl() of terminals
constexpr u32 TCGETS = 0x5401, TIOCSCTTY = 0x540e, TIOCGPGRP = 0x540f, TIOCSPGRP = 0x5410;

// errno values that are asked for
constexpr int EINTR = 4, EAGAIN = 11, ENOENT = 2, EEXIST = 17, EBUSY = 16, ENOEXEC = 8,
              ECHILD = 10, ENOTDIR = 20, ENOMEM = 12;

struct stat64 {
    u64 dev;
    u32 padding0, ino32;
    u32 mode, nlink, uid, gid;
    u64 rdev;
    u32 padding1;
    s64 size;
    u32 blksize;
    u64 blocks;
    u32 atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec;
    u64 ino;
} __attribute__((packed));
static_assert(sizeof(stat64) == 96);

struct dirent64 {
    u64 ino;
    s64 off;
    u16 reclen;
    u8 type;
    char name[1];
} __attribute__((packed));

struct timespec {
    s32 seconds, nanoseconds;
};

struct rusage {
    s32 user_seconds, user_microseconds, system_seconds, system_microseconds;
    u32 maxrss, ixrss, idrss, isrss, minflt, majflt, nswap, inblock, oublock;
    u32 msgsnd, msgrcv, nsignals, nvcsw, nivcsw;
};
static_assert(sizeof(rusage) == 72);

struct siginfo {
    int signo, error, code;
    u32 address;  // of a fault
    u32 rest[28];
};
static_assert(sizeof(siginfo) == 128);

struct sigaction {
    u32 handler;
    u32 flags;
    u32 restorer;
    u64 mask;
} __attribute__((packed));
static_assert(sizeof(sigaction) == 20);

struct stack_t {
    void* address;
    u32 flags, size;
};
