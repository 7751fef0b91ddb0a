// How mmbench measures: rounds, medians, and the calls whose cost it tells.
//
// A round's ticks are kept in a, b or c, so that up to three rows come out of one loop;
// report() sorts them and prints the median and the minimum. A call that fails ends the
// program, because figures of failures would look splendid.
#pragma once
#include "runtime.hpp"

enum {
    page_size = 4096,
    PROT_READ = 1, PROT_WRITE = 2, MAP_PRIVATE = 2, MAP_ANONYMOUS = 0x20,
    CLONE_VM = 0x100, CLONE_FS = 0x200, CLONE_FILES = 0x400, CLONE_SIGHAND = 0x800,
    SIGSEGV = 11, SIGCHLD = 17, SA_RESTORER = 0x04000000,
};

enum { most_rounds = 512 };
static int rounds = 51;
static u64 a[most_rounds], b[most_rounds], c[most_rounds];

// The ticks that some statements take.
#define TICKS(...)             \
    ({                         \
        u64 before_ = tsc();   \
        __VA_ARGS__;           \
        tsc() - before_;       \
    })

static void die(const char* call, long error) {
    put("mmbench: ");
    put(call);
    put(" failed ");
    put((u64)(error < 0 ? -error : error));
    put("\n");
    flush();
    sys1(SYS_exit, 1);
}

// Prints a row: of n rounds' ticks, each for `operations` of what the row counts.
static void report(const char* name, u64* ticks, int n, u32 operations, const char* unit) {
    for (int i = 1; i < n; i++) {
        u64 x = ticks[i];
        int j = i;
        while (j && ticks[j - 1] > x) ticks[j] = ticks[j - 1], j--;
        ticks[j] = x;
    }
    put("mm ");
    put(name);
    for (int k = 0; k < 2; k++) {
        u64 x = ticks[k ? 0 : n / 2] * 10 / operations;
        put(" ");
        put(x / 10);
        put(".");
        put(x % 10);
    }
    put(" ");
    put(unit);
    put("\n");
    flush();
}

static char* map(u32 bytes) {
    long r = sys_mmap2(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (r < 0 && r > -4096) die("mmap2", r);
    return (char*)r;
}
static inline void unmap(void* p, u32 bytes) {
    long r = sys2(SYS_munmap, (long)p, bytes);
    if (r) die("munmap", r);
}
static inline void protect(void* p, u32 bytes, int rights) {
    long r = sys3(SYS_mprotect, (long)p, bytes, rights);
    if (r) die("mprotect", r);
}

static inline void write_to(char* p) { *(volatile char*)p = 1; }
static inline void write_each(char* p, u32 bytes) {
    for (u32 o = 0; o < bytes; o += page_size) *(volatile char*)(p + o) = 1;
}
static inline u32 read_each(char* p, u32 bytes, u32 step) {
    u32 sum = 0;
    for (u32 o = 0; o < bytes; o += step) sum += *(volatile char*)(p + o);
    return sum;
}
static inline void clear_page(void* p) {
    u32 words = 1024;
    asm volatile("rep stosl" : "+D"(p), "+c"(words) : "a"(0) : "memory");
}

static inline int fork(void) {
    int r = sys0(SYS_fork);
    if (r < 0) die("fork", r);
    return r;
}
static inline void wait(int pid) {
    int status;
    long r = sys4(SYS_wait4, pid, (long)&status, 0, 0);
    if (r != pid || status) die("wait4", r);
}
static inline void quit(void) {
    for (;;) sys1(SYS_exit, 0);
}

// Marsaglia's xorshift, "Xorshift RNGs", 2003: the same numbers in every run.
static u32 seed = 12345;
static inline u32 random_number(void) {
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

// Fewer rounds of what takes long.
static int few(int part) {
    int n = rounds / part;
    return n < 5 ? 5 : n;
}
