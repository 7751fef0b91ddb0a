// mmbench's rows of tasks that wait for each other, share their memory, or are told of a fault.
#pragma once

#include "measure.hpp"

static void pipes(void) {
    int there[2], back[2];
    char byte = 0;
    int n = few(2);
    sys1(SYS_pipe, (long)there);
    for (int r = 0; r < rounds; r++)
        a[r] = TICKS(for (int i = 0; i < 100; i++) {
            sys3(SYS_write, there[1], (long)&byte, 1);
            sys3(SYS_read, there[0], (long)&byte, 1);
        });
    report("pipe_write_read_1b_self", a, rounds, 100, "cycles/pair");
    sys1(SYS_pipe, (long)back);
    int child = fork();
    if (!child) {
        sys1(SYS_close, there[1]);
        sys1(SYS_close, back[0]);
        while (sys3(SYS_read, there[0], (long)&byte, 1) == 1)
            sys3(SYS_write, back[1], (long)&byte, 1);
        quit();
    }
    for (int r = 0; r < n; r++)
        a[r] = TICKS(for (int i = 0; i < 100; i++) {
            sys3(SYS_write, there[1], (long)&byte, 1);
            sys3(SYS_read, back[0], (long)&byte, 1);
        });
    report("ctxsw_pipe_pingpong", a, n, 200, "cycles/switch");
    sys1(SYS_close, there[1]);
    sys1(SYS_close, back[0]);
    wait(child);
    sys1(SYS_close, there[0]);
    sys1(SYS_close, back[1]);
}

// A child with this memory and a stack of its own, which ends at once.
static void threads(void) {
    char* stack = map(16 * page_size) + 16 * page_size - 64;
    for (int r = 0; r < rounds; r++) {
        u64 start = tsc();
        long id;
        asm volatile("int $0x80; test %%eax,%%eax; jnz 1f\n"
                     "mov $1,%%eax; xor %%ebx,%%ebx; int $0x80; 1:"
                     : "=a"(id)
                     : "a"(SYS_clone),
                       "b"(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | SIGCHLD),
                       "c"(stack), "d"(0), "S"(0), "D"(0)
                     : "memory");
        if (id < 0) die("clone", id);
        wait(id);
        a[r] = tsc() - start;
    }
    report("thread_clone_exit_wait", a, rounds, 1, "cycles");
    unmap(stack + 64 - 16 * page_size, 16 * page_size);
}

static char* volatile forbidden;
static volatile u64 handled_at;
static void on_fault(int) {
    handled_at = tsc();
    protect(forbidden, page_size, PROT_READ | PROT_WRITE);
}
extern "C" void signal_return(void);
asm(".globl signal_return\nsignal_return: pop %eax; mov $119,%eax; int $0x80\n");

// From a write that faults to its handler, and, with the page made writable, back.
static void signals(void) {
    struct {
        void (*handler)(int);
        u32 mask, flags;
        void (*restorer)(void);
    } action = {on_fault, 0, SA_RESTORER, signal_return};
    long e = sys3(SYS_sigaction, SIGSEGV, (long)&action, 0);
    if (e) die("sigaction", e);
    forbidden = map(page_size);
    *forbidden = 1;
    for (int r = 0; r < rounds; r++) {
        u64 there = 0, both = 0;
        for (int i = 0; i < 20; i++) {
            protect(forbidden, page_size, 0);
            u64 start = tsc();
            write_to(forbidden);
            u64 end = tsc();
            there += handled_at - start;
            both += end - start;
        }
        a[r] = there;
        b[r] = both;
    }
    report("sigsegv_to_handler", a, rounds, 20, "cycles");
    report("sigsegv_mprotect_return", b, rounds, 20, "cycles");
    unmap(forbidden, page_size);
}
