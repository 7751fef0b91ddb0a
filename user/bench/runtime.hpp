// What the programs of `make bench` stand on: system calls by int 0x80, the time stamp
// counter, printing. No C library, and nothing of Loci's, because the same file is to run
// on Linux: what is measured is the kernel, and these programs add as little as they can.
//
// The figures of Linux were taken with exactly this code. Whoever changes what the
// compiler makes of it must measure Linux anew (docs/bench).
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

enum {
    SYS_exit = 1, SYS_fork = 2, SYS_read = 3, SYS_write = 4, SYS_open = 5, SYS_close = 6,
    SYS_execve = 11, SYS_mount = 21, SYS_pipe = 42, SYS_brk = 45, SYS_ioctl = 54,
    SYS_getppid = 64, SYS_sigaction = 67, SYS_reboot = 88, SYS_munmap = 91,
    SYS_wait4 = 114, SYS_sigreturn = 119, SYS_clone = 120, SYS_mprotect = 125,
    SYS_mremap = 163,
};

static inline long sys0(long n) {
    long r;
    asm volatile("int $0x80" : "=a"(r) : "a"(n) : "memory");
    return r;
}
static inline long sys1(long n, long a) {
    long r;
    asm volatile("int $0x80" : "=a"(r) : "a"(n), "b"(a) : "memory");
    return r;
}
static inline long sys2(long n, long a, long b) {
    long r;
    asm volatile("int $0x80" : "=a"(r) : "a"(n), "b"(a), "c"(b) : "memory");
    return r;
}
static inline long sys3(long n, long a, long b, long c) {
    long r;
    asm volatile("int $0x80" : "=a"(r) : "a"(n), "b"(a), "c"(b), "d"(c) : "memory");
    return r;
}
static inline long sys4(long n, long a, long b, long c, long d) {
    long r;
    asm volatile("int $0x80"
                 : "=a"(r)
                 : "a"(n), "b"(a), "c"(b), "d"(c), "S"(d)
                 : "memory");
    return r;
}
static inline long sys5(long n, long a, long b, long c, long d, long e) {
    long r;
    asm volatile("int $0x80"
                 : "=a"(r)
                 : "a"(n), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
                 : "memory");
    return r;
}

// The sixth argument goes into ebp, which the compiler will not give away.
extern "C" long sys_mmap2(void*, u32 bytes, int prot, int flags, int fd, u32 page);
asm(".globl sys_mmap2\n"
    "sys_mmap2: push %ebp; push %edi; push %esi; push %ebx\n"
    "mov 20(%esp),%ebx; mov 24(%esp),%ecx; mov 28(%esp),%edx\n"
    "mov 32(%esp),%esi; mov 36(%esp),%edi; mov 40(%esp),%ebp\n"
    "mov $192,%eax; int $0x80; pop %ebx; pop %esi; pop %edi; pop %ebp; ret\n");

// cmain() is given the stack as the kernel left it: argc, argv.
asm(".globl _start\n"
    "_start: mov %esp,%eax; and $-16,%esp; sub $12,%esp; push %eax; call cmain\n"
    "mov %eax,%ebx; mov $1,%eax; int $0x80\n");

static inline u64 tsc(void) {
    u32 a, d;
    asm volatile("lfence; rdtsc" : "=a"(a), "=d"(d)::"memory");
    return (u64)d << 32 | a;
}

static inline int number_of(const char* s) {
    int v = 0;
    while (*s >= '0' && *s <= '9') v = v * 10 + *s++ - '0';
    return v;
}

// What is put here is written by flush(), a line at a time, so that nothing else comes in
// between; what does not fit is lost.
static char out[256];
static u32 out_used;
static inline void put(const char* s) {
    while (*s && out_used < sizeof out) out[out_used++] = *s++;
}
static inline void put(u64 v) {
    char digits[24];
    int i = 24;
    do digits[--i] = '0' + v % 10;
    while (v /= 10);
    while (i < 24 && out_used < sizeof out) out[out_used++] = digits[i++];
}
static inline void flush(void) {
    sys3(SYS_write, 1, (long)out, out_used);
    out_used = 0;
}
