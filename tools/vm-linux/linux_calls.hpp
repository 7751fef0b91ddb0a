// System calls of Linux for i386, and what little of a C library two programs without one
// need. Structures are as the kernel has them.
#pragma once

#include "lib/types.hpp"

enum linux_call_number : u32 {
    NR_exit_group = 252,
    NR_fork = 2,
    NR_read = 3,
    NR_write = 4,
    NR_open = 5,
    NR_close = 6,
    NR_waitpid = 7,
    NR_execve = 11,
    NR_mount = 21,
    NR_mkdir = 39,
    NR_brk = 45,
    NR_ioctl = 54,
    NR_dup2 = 63,
    NR_setrlimit = 75,
    NR_reboot = 88,
    NR_old_mmap = 90,
    NR_munmap = 91,
    NR_mprotect = 125,
    NR_personality = 136,
    NR_msync = 144,
    NR_mlock = 150,
    NR_munlock = 151,
    NR_mlockall = 152,
    NR_munlockall = 153,
    NR_mremap = 163,
    NR_rt_sigreturn = 173,
    NR_rt_sigaction = 174,
    NR_pread64 = 180,
    NR_pwrite64 = 181,
    NR_sigaltstack = 186,
    NR_ugetrlimit = 191,
    NR_mmap2 = 192,
    NR_ftruncate64 = 194,
    NR_setgid32 = 214,
    NR_setuid32 = 213,
    NR_mincore = 218,
    NR_madvise = 219,
    NR_mlock2 = 376,
};

// start.S. What the kernel answers, unchanged: -errno where it fails.
extern "C" u32 linux_call(u32 number, u32 a = 0, u32 b = 0, u32 c = 0, u32 d = 0, u32 e = 0,
                          u32 f = 0);

inline u32 address_of(const void* object) { return reinterpret_cast<u32>(object); }
inline bool failed(u32 answer) { return answer > 0xfffff000; }

constexpr u32 O_RDONLY_ = 0, O_WRONLY_ = 1, O_RDWR_ = 2, O_CREAT_ = 0100, O_TRUNC_ = 01000;

inline u32 open_file(const char* path, u32 flags, u32 mode = 0) {
    return linux_call(NR_open, address_of(path), flags, mode);
}

inline u32 length_of(const char* text) {
    u32 length = 0;
    while (text[length] != 0) ++length;
    return length;
}

inline void write_text(u32 file, const char* text) {
    linux_call(NR_write, file, address_of(text), length_of(text));
}

inline bool starts_with(const char* text, const char* begin) {
    while (*begin != 0)
        if (*text++ != *begin++) return false;
    return true;
}

inline u32 decimal(const char* text) {
    u32 value = 0;
    while (*text >= '0' && *text <= '9')
        value = value * 10 + static_cast<u32>(*text++ - '0');
    return value;
}

// Into 11 bytes; where the text begins.
inline const char* to_decimal(u32 value, char (&room)[11]) {
    char* at = room + 10;
    *at = 0;
    do *--at = static_cast<char>('0' + value % 10);
    while ((value /= 10) != 0);
    return at;
}
