// mmbench [ROUNDS] [WARM_MIB] [DATAFILE] [TINY]: what a kernel's memory management costs a
// program of 32 bits.
//
//     mm NAME MEDIAN MIN UNIT      ticks of the time stamp counter for one operation
//     MMDONE                       at the end of all
//
// `make bench` runs it on Loci and on Linux as `mmbench 21 300 /data.bin /tiny` with 512
// MiB. WARM_MIB are written first, so that the host has given the guest its memory.
// DATAFILE has 1 MiB, TINY is a program that only ends.
#include "measure.hpp"
#include "task_rows.hpp"

static const char *data_file = "/data.bin", *tiny = "/tiny";

static void basic_calls(void) {
    for (int r = 0; r < rounds; r++)
        a[r] = TICKS(for (int i = 0; i < 1000; i++)
                         asm volatile("lfence; rdtsc" ::: "eax", "edx"));
    report("tsc_read", a, rounds, 1000, "cycles");
    for (int r = 0; r < rounds; r++)
        a[r] = TICKS(for (int i = 0; i < 1000; i++) sys0(SYS_getppid));
    report("null_syscall_getppid", a, rounds, 1000, "cycles");
}

static void growing_heap(void) {
    long top = sys1(SYS_brk, 0);
    top = sys1(SYS_brk, (top + page_size - 1) & -page_size);
    for (int r = 0; r < rounds; r++)
        a[r] = TICKS(for (int i = 0; i < 100; i++) {
            sys1(SYS_brk, top + page_size);
            sys1(SYS_brk, top);
        });
    report("brk_grow_shrink_1p", a, rounds, 100, "cycles/pair");
    for (int r = 0; r < rounds; r++)
        a[r] = TICKS(for (int i = 0; i < 100; i++) {
            sys1(SYS_brk, top + page_size);
            write_to((char*)top);
            sys1(SYS_brk, top);
        });
    report("brk_grow_touch_shrink_1p", a, rounds, 100, "cycles");
}

static void mapping(void) {
    for (int r = 0; r < rounds; r++)
        a[r] = TICKS(for (int i = 0; i < 100; i++) unmap(map(page_size), page_size));
    report("mmap_munmap_1p", a, rounds, 100, "cycles/pair");
    for (int r = 0; r < rounds; r++)
        a[r] = TICKS(for (int i = 0; i < 100; i++) {
            char* p = map(page_size);
            write_to(p);
            unmap(p, page_size);
        });
    report("mmap_touch_munmap_1p", a, rounds, 100, "cycles");
    for (int r = 0; r < rounds; r++)
        a[r] = TICKS(char* p = map(4 << 20); write_each(p, 4 << 20); unmap(p, 4 << 20));
    report("mmap_touch_munmap_4m", a, rounds, 1024, "cycles/page");
}

static inline void toggle(char* p) {
    protect(p, page_size, PROT_READ);
    protect(p, page_size, PROT_READ | PROT_WRITE);
}

// A page that is a mapping of its own, which nothing splits; then the middle one of three,
// where each call splits or merges. mremap() has room to grow behind the page.
static void changing_mappings(void) {
    char* g = map(3 * page_size);
    protect(g, page_size, 0);
    protect(g + 2 * page_size, page_size, 0);
    g[page_size] = 1;
    for (int r = 0; r < rounds; r++)
        a[r] = TICKS(for (int i = 0; i < 100; i++) toggle(g + page_size));
    report("mprotect_toggle_1p", a, rounds, 200, "cycles/call");
    for (int r = 0; r < rounds; r++)
        a[r] = TICKS(for (int i = 0; i < 100; i++) {
            toggle(g + page_size);
            write_to(g + page_size);
        });
    report("mprotect_toggle_1p_write", a, rounds, 100, "cycles/pair");
    unmap(g, 3 * page_size);
    g = map(3 * page_size);
    write_each(g, 3 * page_size);
    for (int r = 0; r < rounds; r++)
        a[r] = TICKS(for (int i = 0; i < 100; i++) toggle(g + page_size));
    report("mprotect_split_merge_1p", a, rounds, 200, "cycles/call");
    unmap(g, 3 * page_size);
    g = map(16 * page_size);
    unmap(g + page_size, 15 * page_size);
    g[0] = 1;
    for (int r = 0; r < rounds; r++)
        a[r] = TICKS(for (int i = 0; i < 100; i++) {
            long q = sys4(SYS_mremap, (long)g, page_size, 2 * page_size, 0);
            if (q != (long)g) die("mremap", q);
            sys4(SYS_mremap, (long)g, 2 * page_size, page_size, 0);
        });
    report("mremap_grow_shrink_1_2p", a, rounds, 100, "cycles/pair");
    unmap(g, page_size);
}

static void anonymous_faults(void) {
    u32 bytes = 16 << 20;
    int n = few(2);
    for (int r = 0; r < n; r++) {
        char* p = map(bytes);
        a[r] = TICKS(write_each(p, bytes));
        b[r] = TICKS(write_each(p, bytes));
        c[r] = TICKS(unmap(p, bytes));
    }
    report("fault_anon_write", a, n, bytes / page_size, "cycles/page");
    report("touch_mapped_page", b, n, bytes / page_size, "cycles/page");
    report("munmap_16m_touched_perpage", c, n, bytes / page_size, "cycles/page");
    report("munmap_16m_touched", c, n, 1, "cycles");
    for (int r = 0; r < n; r++) {
        char* p = map(bytes);
        a[r] = TICKS(read_each(p, bytes, page_size));
        b[r] = TICKS(write_each(p, bytes));
        unmap(p, bytes);
    }
    report("fault_anon_read_zeropage", a, n, bytes / page_size, "cycles/page");
    report("fault_zeropage_to_write", b, n, bytes / page_size, "cycles/page");
    char* q = map(page_size);
    for (int r = 0; r < rounds; r++)
        a[r] = TICKS(for (int i = 0; i < 64; i++) clear_page(q));
    report("user_clear_hot_page", a, rounds, 64, "cycles/page");
    unmap(q, page_size);
    bytes = 64 << 20;
    n = few(6);
    for (int r = 0; r < n; r++) {
        char* p = map(bytes);
        a[r] = TICKS(write_each(p, bytes));
        b[r] = TICKS(for (u32 o = 0; o < bytes; o += page_size) clear_page(p + o));
        unmap(p, bytes);
    }
    report("fault_anon_write_64m", a, n, bytes / page_size, "cycles/page");
    report("user_clear_64m", b, n, bytes / page_size, "cycles/page");
}

static void file_faults(void) {
    u32 bytes = 1 << 20;
    int fd = sys3(SYS_open, (long)data_file, 0, 0);
    if (fd < 0) {
        put("mm file_tests_skipped 0 0 none\n");
        flush();
        return;
    }
    for (int r = 0; r < rounds; r++) {
        long p = sys_mmap2(0, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
        a[r] = TICKS(read_each((char*)p, bytes, page_size));
        unmap((void*)p, bytes);
        p = sys_mmap2(0, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
        b[r] = TICKS(read_each((char*)p, bytes, 16 * page_size));
        unmap((void*)p, bytes);
        p = sys_mmap2(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
        c[r] = TICKS(write_each((char*)p, bytes));
        unmap((void*)p, bytes);
    }
    report("fault_file_read", a, rounds, bytes / page_size, "cycles/page");
    report("fault_file_read_stride64k", b, rounds, bytes / page_size / 16, "cycles/fault");
    report("fault_file_private_write", c, rounds, bytes / page_size, "cycles/page");
    char* p = map(bytes);
    write_each(p, bytes);
    sys1(SYS_close, fd);
    int n = few(2);
    for (int r = 0; r < n; r++) {
        fd = sys3(SYS_open, (long)data_file, 0, 0);
        a[r] = TICKS(sys3(SYS_read, fd, (long)p, bytes));
        sys1(SYS_close, fd);
    }
    report("read_file_1m_cached", a, n, bytes / page_size, "cycles/page");
    unmap(p, bytes);
}

// With and without 16 MiB to be shared; and followed by execve().
static void processes(void) {
    for (int r = 0; r < rounds; r++)
        a[r] = TICKS(int p = fork(); if (!p) quit(); wait(p));
    report("fork_exit_wait_small", a, rounds, 1, "cycles");
    u32 bytes = 16 << 20;
    int n = few(2);
    char* m = map(bytes);
    write_each(m, bytes);
    for (int r = 0; r < n; r++) {
        u64 start = tsc();
        int p = fork();
        if (!p) quit();
        b[r] = tsc() - start;
        wait(p);
        a[r] = tsc() - start;
    }
    report("fork_exit_wait_16m", a, n, 1, "cycles");
    report("fork_call_16m_parent_side", b, n, 1, "cycles");
    unmap(m, bytes);
    char *arguments[2] = {(char*)tiny, 0}, *environment[1] = {0};
    int fd = sys3(SYS_open, (long)tiny, 0, 0);
    if (fd < 0) return;
    sys1(SYS_close, fd);
    for (int r = 0; r < rounds; r++)
        a[r] = TICKS(int p = fork(); if (!p) {
            sys3(SYS_execve, (long)tiny, (long)arguments, (long)environment);
            sys1(SYS_exit, 1);
        } wait(p));
    report("fork_exec_wait_tiny", a, rounds, 1, "cycles");
}

// The child's first write to each page that it inherited; then the parent's, which is
// the only owner again.
static void copy_on_write(void) {
    u32 bytes = 4 << 20;
    int n = few(2);
    for (int r = 0; r < n; r++) {
        char* p = map(bytes);
        write_each(p, bytes);
        int ends[2];
        sys1(SYS_pipe, (long)ends);
        int pid = fork();
        if (!pid) {
            u64 ticks = TICKS(write_each(p, bytes));
            sys3(SYS_write, ends[1], (long)&ticks, 8);
            quit();
        }
        sys3(SYS_read, ends[0], (long)&a[r], 8);
        wait(pid);
        b[r] = TICKS(write_each(p, bytes));
        sys1(SYS_close, ends[0]);
        sys1(SYS_close, ends[1]);
        unmap(p, bytes);
    }
    report("cow_break_child", a, n, bytes / page_size, "cycles/page");
    report("cow_reuse_parent", b, n, bytes / page_size, "cycles/page");
}

static char row_name[64];
static const char* joined(const char* beginning, const char* end) {
    int i = 0;
    while (*beginning) row_name[i++] = *beginning++;
    while (*end) row_name[i++] = *end++;
    row_name[i] = 0;
    return row_name;
}

// What it costs to have n mappings, of alternating rights, over so many pages in all:
// pages are first written in random order, and the mappings made by splitting one.
static void many_mappings(int n, int pages, const char* tag) {
    static u16 order[10000];
    int width = pages / n, times = few(5), touched = 500;
    for (int r = 0; r < times; r++) {
        char *g = map((pages + 2) * page_size), *first = g + page_size;
        protect(g, page_size, 0);
        protect(first + pages * page_size, page_size, 0);
        c[r] = TICKS(for (int k = 1; k < n; k += 2)
                         protect(first + k * width * page_size, width * page_size, PROT_READ));
        int writable = 0;
        for (int i = 0; i < pages; i++)
            if ((i / width) % 2 == 0) order[writable++] = i;
        for (int i = writable - 1; i > 0; i--) {
            int j = random_number() % (i + 1);
            u16 other = order[i];
            order[i] = order[j];
            order[j] = other;
        }
        if (writable < touched) touched = writable;
        a[r] = TICKS(for (int i = 0; i < touched; i++) write_to(first + order[i] * page_size));
        b[r] = TICKS(for (int i = 0; i < 100; i++) unmap(map(page_size), page_size));
        unmap(g, (pages + 2) * page_size);
    }
    report(joined("fault_random_vmas_", tag), a, times, touched, "cycles/page");
    report(joined("mmap_munmap_1p_vmas_", tag), b, times, 100, "cycles/pair");
    if (n > 1) report(joined("mprotect_split_build_", tag), c, times, n / 2, "cycles/call");
}

// 4096 holes of one page, then two pages are asked for, which fit into none.
static void many_holes(void) {
    int holes = 4096, n = few(10);
    for (int r = 0; r < n; r++) {
        char* p = map((2 * holes + 1) * page_size);
        a[r] = TICKS(for (int i = 0; i < holes; i++)
                         unmap(p + (2 * i + 1) * page_size, page_size));
        b[r] = TICKS(for (int i = 0; i < 100; i++) unmap(map(2 * page_size), 2 * page_size));
        c[r] = TICKS(for (int i = 0; i < holes + 1; i++)
                         unmap(p + 2 * i * page_size, page_size));
    }
    report("munmap_punch_hole", a, n, holes, "cycles/call");
    report("mmap_munmap_2p_4096holes", b, n, 100, "cycles/pair");
    report("munmap_last_4096vmas", c, n, holes + 1, "cycles/call");
}

extern "C" int cmain(long* stack) {
    int argc = stack[0];
    char** argv = (char**)(stack + 1);
    u32 warm = 0;
    if (argc > 1) rounds = number_of(argv[1]);
    if (rounds < 5) rounds = 5;
    if (rounds > most_rounds) rounds = most_rounds;
    if (argc > 2) warm = number_of(argv[2]);
    if (argc > 3) data_file = argv[3];
    if (argc > 4) tiny = argv[4];
    if (warm) {
        char* p = map(warm << 20);
        write_each(p, warm << 20);
        unmap(p, warm << 20);
    }
    map(page_size);  // keeps later mappings off ours
    u64 start = tsc();
    basic_calls();
    growing_heap();
    mapping();
    changing_mappings();
    anonymous_faults();
    file_faults();
    processes();
    copy_on_write();
    many_mappings(1, 1000, "1");
    many_mappings(100, 1000, "100");
    many_mappings(1000, 1000, "1000");
    many_mappings(10000, 10000, "10000");
    many_mappings(1, 10000, "1_wide");
    many_holes();
    pipes();
    threads();
    signals();
    put("mm total ");
    put((tsc() - start) / 1000000);
    put(" 0 Mcycles\nMMDONE\n");
    flush();
    return 0;
}
