// The /init of `make bench`, on Loci and on Linux: says what a boot cost, runs the
// measuring program, switches the machine off.
//
//     /init [WORD]... /mmbench 21 300 /data.bin /tiny
//
//     witness ticks N             of the time stamp counter, before its first instruction
//     witness memory TOTAL FREE   KiB, as /proc/meminfo has them then
//     witness end STATUS          of the program; 0 if there was none to run
//
// The program begins at the first word with a slash in front: a kernel gives init those
// words of its command line, too, that it does not know itself. It runs as a child,
// because a fault of process 1 is logged even when there is a handler for it.
#include "runtime.hpp"

enum { TCSBRK = 0x5409 };

static void say(const char* what, u64 number) {
    put("witness ");
    put(what);
    put(" ");
    put(number);
    put("\n");
    flush();
}

// The number behind `name` in /proc/meminfo.
static int number_behind(const char* text, const char* name) {
    for (; *text; text++) {
        int same = 0;
        while (name[same] && text[same] == name[same]) same++;
        if (name[same]) continue;
        text += same;
        while (*text == ' ') text++;
        return number_of(text);
    }
    return 0;
}

static char meminfo[4096];

static void tell_of_memory(void) {
    sys5(SYS_mount, (long)"proc", (long)"/proc", (long)"proc", 0, 0);
    const int fd = sys3(SYS_open, (long)"/proc/meminfo", 0, 0);
    if (fd < 0) return;
    const long got = sys3(SYS_read, fd, (long)meminfo, sizeof meminfo - 1);
    sys1(SYS_close, fd);
    if (got <= 0) return;
    put("witness memory ");
    put((u64)number_behind(meminfo, "MemTotal:"));
    put(" ");
    put((u64)number_behind(meminfo, "MemFree:"));
    put("\n");
    flush();
}

// Its status as a shell would have it.
static int run(char** argv) {
    char* environment[] = {nullptr};
    const int child = sys0(SYS_fork);
    if (child < 0) return 126;
    if (child == 0) {
        sys3(SYS_execve, (long)argv[0], (long)argv, (long)environment);
        sys1(SYS_exit, 127);
    }
    int status = 0;
    while (sys4(SYS_wait4, child, (long)&status, 0, 0) != child) {}
    return status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff;
}

extern "C" int cmain(long* stack) {
    const u64 before = tsc();
    say("ticks", before);
    tell_of_memory();
    char** argv = (char**)(stack + 1);
    if (stack[0] > 0) argv++;
    while (*argv && **argv != '/') argv++;
    say("end", *argv ? run(argv) : 0);
    sys3(SYS_ioctl, 1, TCSBRK, 1);  // until the line has sent what was written
    sys4(SYS_reboot, 0xfee1dead, 672274793, 0x4321fedc, 0);
    return 1;
}
