// System calls at random, with arguments at random and worse: whatever a program does, the
// machine stays up.
//
//     fuzz_calls SEED CALLS [UID]
//
// Children make the calls, some hundreds each, and many at a time, for most of them wait for
// something: one that unmaps its own code is ended by a signal, one that waits for ever is
// ended by this, and the next goes on. A child's random numbers follow from the seed and the
// child's number, so that its calls can be made again. Left out are calls that end the
// session or reach other processes (reboot, ptrace, kill of anybody else) and what stays
// behind a process's end, but for files: those are made on a file system of the fuzzer's own,
// which is unmounted in the end, and so nobody may have kept anything of it. When all is over,
// the kernel has as many frames and objects as before, to the last one.
//
// As root it would change what is in /dev, so it runs as root on Loci only; elsewhere the
// children are the user UID, in a folder.
#include "counts.h"

#include <asm/unistd.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { calls_a_child = 500, patience_ms = 300, at_once = 128, warm_up = 4000 };

static const short numbers[] = {
    // memory
    __NR_brk, __NR_mmap2, __NR_mmap, __NR_munmap, __NR_mprotect, __NR_mremap, __NR_madvise,
    __NR_msync, __NR_mincore, __NR_mlock, __NR_munlock, __NR_mlockall, __NR_munlockall,
    __NR_mlock2, __NR_memfd_create,
    // processes
    __NR_fork, __NR_vfork, __NR_clone, __NR_clone3, __NR_execve, __NR_wait4, __NR_waitpid,
    __NR_waitid, __NR_getpid, __NR_getppid, __NR_gettid, __NR_setpgid, __NR_getpgid,
    __NR_setsid, __NR_getsid, __NR_sched_yield, __NR_nice, __NR_set_thread_area,
    __NR_get_thread_area, __NR_set_tid_address, __NR_futex, __NR_futex_time64,
    __NR_set_robust_list, __NR_get_robust_list, __NR_prctl, __NR_getrlimit, __NR_setrlimit,
    __NR_ugetrlimit, __NR_prlimit64, __NR_getrusage, __NR_times, __NR_sysinfo, __NR_uname,
    __NR_getrandom, __NR_personality, __NR_sched_getaffinity, __NR_sched_setaffinity,
    // time
    __NR_nanosleep, __NR_clock_gettime, __NR_clock_gettime64, __NR_clock_nanosleep,
    __NR_clock_nanosleep_time64, __NR_gettimeofday, __NR_time, __NR_alarm, __NR_setitimer,
    __NR_getitimer, __NR_poll, __NR_ppoll, __NR_pselect6, __NR__newselect,
    // signals
    __NR_kill, __NR_tkill, __NR_tgkill, __NR_rt_sigqueueinfo, __NR_rt_sigaction,
    __NR_rt_sigprocmask, __NR_rt_sigpending, __NR_rt_sigtimedwait, __NR_rt_sigsuspend,
    __NR_rt_sigreturn, __NR_sigreturn, __NR_sigaltstack, __NR_sigaction, __NR_signal,
    // files
    __NR_open, __NR_openat, __NR_close, __NR_read, __NR_write, __NR_readv, __NR_writev,
    __NR_pread64, __NR_pwrite64, __NR_lseek, __NR__llseek, __NR_dup, __NR_dup2, __NR_dup3,
    __NR_pipe, __NR_pipe2, __NR_fcntl64, __NR_fcntl, __NR_stat64, __NR_lstat64,
    __NR_fstat64, __NR_fstatat64, __NR_statx, __NR_getdents64, __NR_mkdir, __NR_rmdir,
    __NR_unlink, __NR_unlinkat, __NR_rename, __NR_renameat2, __NR_link, __NR_symlink,
    __NR_readlink, __NR_chdir, __NR_getcwd, __NR_access, __NR_chmod, __NR_fchmod,
    __NR_chown, __NR_fchown, __NR_ftruncate64, __NR_truncate64, __NR_fallocate,
    __NR_statfs64, __NR_fsync, __NR_umask, __NR_utimensat, __NR_ioctl, __NR_sendfile64,
};

static const char* const paths[] = {"file", "folder", "folder/file", "other", ".", "..", "",
                                    "missing/file", "/proc/self/maps", "/dev/null",
                                    "/dev/zero", "/proc", "/", "link"};

// One for each child that runs, in memory that all share.
struct progress {
    unsigned state;
    unsigned calls;
};
static struct progress* slots;
static struct progress* own;  // a child's
static char* memory;          // four pages, with nothing behind them
enum { memory_size = 4 * 4096 };

static unsigned any(void) {
    unsigned x = own->state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return own->state = x;
}
static unsigned below(unsigned n) { return any() % n; }

static unsigned argument(void) {
    static const unsigned sizes[] = {0,     1,     4095,    4096,       4097,       8192,
                                     10000, 65536, 1 << 20, 0x7fffffff, 0x80000000, ~0u};
    static const unsigned addresses[] = {0,          1,          0x1000,     0x08048000,
                                         0xbffff000, 0xc0000000, 0xc0100000, 0xf8000000,
                                         0xfffff000, 0xffffffff};
    switch (below(10)) {
    case 0: return below(12);
    case 1: return -below(5);
    case 2: return sizes[below(LENGTH(sizes))];
    case 3: return addresses[below(LENGTH(addresses))];
    case 4: return (unsigned)memory + (below(memory_size) & ~3u);
    case 5: return (unsigned)memory + memory_size - below(70);
    case 6: return (unsigned)paths[below(LENGTH(paths))];
    case 7: return 1u << below(32) | 1u << below(32);
    case 8: return (unsigned)memory + 4096 * below(4);
    default: return any();
    }
}

// Numbers and addresses that mean something, where structures are read from.
static void fill_memory(void) {
    for (int i = 0; i < 40; i++)
        ((unsigned*)memory)[below(memory_size / 4)] = below(3) ? argument() : 0;
}

// A child or thread that comes of it ends at once, on whatever stack it has.
static int call(unsigned number, const unsigned* a) {
    int answer;
    __asm__ volatile(
        "push %%ebp; push %%ebx\n"
        "mov %2, %%esi; push %1\n"
        "mov (%%esi), %%ebx; mov 4(%%esi), %%ecx; mov 8(%%esi), %%edx\n"
        "mov 16(%%esi), %%edi; mov 20(%%esi), %%ebp; mov 12(%%esi), %%esi\n"
        "mov (%%esp), %%eax\n"
        "int $0x80\n"
        "test %%eax, %%eax; jnz 1f\n"
        "mov %%eax, %%ebx; mov (%%esp), %%eax\n"
        "cmp $2, %%eax; je 2f; cmp $120, %%eax; je 2f; cmp $190, %%eax; je 2f\n"
        "cmp $435, %%eax; je 2f; xor %%eax, %%eax; jmp 1f\n"
        "2: mov $1, %%eax; int $0x80\n"
        "1: add $4, %%esp; pop %%ebx; pop %%ebp"
        : "=a"(answer)
        : "0"(number), "r"(a)
        : "ecx", "edx", "esi", "edi", "memory", "cc");
    return answer;
}

// Calls after which a process rarely goes on.
static int is_deadly(unsigned number) {
    return number == __NR_sigreturn || number == __NR_rt_sigreturn || number == __NR_kill ||
           number == __NR_tkill || number == __NR_tgkill || number == __NR_execve ||
           number == __NR_rt_sigqueueinfo;
}

// What must not reach others, reaches this process.
static void tame(unsigned number, unsigned* a) {
    const unsigned self = getpid();
    switch (number) {
    case __NR_kill:
    case __NR_tkill:
    case __NR_rt_sigqueueinfo:
    case __NR_prlimit64:
    case __NR_sched_setaffinity: a[0] = self; break;
    case __NR_tgkill: a[0] = a[1] = self; break;
    }
}

static void on_alarm(int signal) { (void)signal; }

static void prepare(int uid) {
    setpgid(0, 0);
    const struct rlimit room = {96 << 20, 96 << 20}, size = {1 << 20, 1 << 20};
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_AS, &room);
    setrlimit(RLIMIT_FSIZE, &size);
    setrlimit(RLIMIT_CORE, &none);
    if (!uid && chroot(".")) _exit(3);
    if (uid && (setgroups(0, NULL) || setgid(uid) || setuid(uid))) _exit(3);
    // What waits is interrupted.
    struct sigaction action = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &action, NULL);
    const struct itimerval often = {{0, 5000}, {0, 5000}};
    setitimer(ITIMER_REAL, &often, NULL);
}

static void be_child(int uid) {
    const int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; fd++) dup2(null, fd);
    close(null);
    prepare(uid);
    for (int i = 0; i < calls_a_child; i++) {
        unsigned a[6];
        const unsigned number = below(50) ? (unsigned)numbers[below(LENGTH(numbers))]
                                          : 500 + below(10000);
        if (is_deadly(number) && below(20)) continue;
        if (below(4) == 0) fill_memory();
        for (int j = 0; j < 6; j++) a[j] = argument();
        tame(number, a);
        own->calls++;
        call(number, a);
    }
    _exit(0);
}

struct child {
    pid_t pid;
    unsigned seen;  // calls, and when that was another number
    long since;
};
static struct child children[at_once];
static unsigned started, killed, called;

static void start(int slot, unsigned seed, int uid) {
    struct child* const child = &children[slot];
    own = &slots[slot];
    own->calls = 0;
    own->state = (seed * 2654435761u ^ ++started * 2246822519u) | 1;
    child->seen = 0;
    child->since = now_ms();
    fflush(stdout);
    child->pid = fork();
    if (child->pid == 0) be_child(uid);
    if (child->pid < 0) {
        show("fork", -1);
        exit(1);
    }
}

// Those that have ended, and their children, which are this one's by now (main). Whoever
// else is of a child's group goes with it.
static void reap(void) {
    int status = 0;
    for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG)) > 0;)
        for (int slot = 0; slot < at_once; slot++) {
            if (children[slot].pid != ended) continue;
            kill(-ended, SIGKILL);
            killed += WIFSIGNALED(status);
            called += slots[slot].calls;
            children[slot].pid = 0;
        }
}

// Who makes no calls any more is made to end.
static void look_after(int slot) {
    struct child* const child = &children[slot];
    if (slots[slot].calls != child->seen) child->since = now_ms();
    child->seen = slots[slot].calls;
    if (now_ms() - child->since > patience_ms) kill(child->pid, SIGKILL);
}

static void make_calls(unsigned wanted, unsigned seed, int uid) {
    for (int running = 1; running; usleep(1000)) {
        running = 0;
        reap();
        for (int slot = 0; slot < at_once; slot++) {
            if (children[slot].pid)
                look_after(slot);
            else if (called < wanted)
                start(slot, seed, uid);
            running |= children[slot].pid != 0;
        }
    }
}

static int take_away(const char* path, const struct stat* it, int kind, struct FTW* at) {
    (void)it, (void)kind;
    if (at->level > 0) remove(path);
    return 0;
}

// Where the children are, with what their paths name.
static int enter_scratch(int uid) {
    mkdir("scratch", 0777);
    if (uid == 0 && show("mount", mount("tmpfs", "scratch", "tmpfs", 0, "size=16m"))) return 0;
    chmod("scratch", 0777);
    if (chdir("scratch")) return 0;
    if (uid) return 1;
    mkdir("dev", 0777);
    mkdir("proc", 0777);
    mknod("dev/null", S_IFCHR | 0666, makedev(1, 3));
    mknod("dev/zero", S_IFCHR | 0666, makedev(1, 5));
    return show("mount proc", mount("proc", "proc", "proc", 0, "")) == 0;
}

// Children of children, too: some never end by themselves. They are this one's by now.
static void end_everybody(void) {
    for (pid_t ended = 0; ended >= 0; usleep(10000)) {
        kill(-1, SIGKILL);
        while ((ended = waitpid(-1, NULL, WNOHANG)) > 0) continue;
    }
}

static int leave_scratch(int uid) {
    if (uid == 0) end_everybody();
    if (uid) nftw(".", take_away, 20, FTW_DEPTH | FTW_PHYS);
    if (uid == 0 && show("umount proc", umount("proc"))) return 0;
    if (chdir("..")) return 0;
    return uid || show("umount", umount("scratch")) == 0;
}

// Whether all was given back.
static int round_of(unsigned wanted, unsigned seed, int uid) {
    if (!enter_scratch(uid)) return 0;
    make_calls(wanted, seed, uid);
    return leave_scratch(uid);
}

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    const unsigned seed = strtoul(argv[1], NULL, 10), wanted = strtoul(argv[2], NULL, 10);
    const int uid = argc > 3 ? atoi(argv[3]) : 0;
    if (uid == 0) on_loci_only();  // as another user it harms nobody
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    slots = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    memory = mmap(NULL, memory_size + 4096, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(memory + memory_size, 4096, PROT_NONE);
    static struct counts before;
    count(&before);
    int good = round_of(warm_up, seed, uid);
    count(&before);
    good = good && round_of(wanted, seed, uid);
    const int leaks = compare_counts(&before);
    printf("%u calls, %u children, %u of them killed\n", called, started, killed);
    return good && !leaks ? 0 : 1;
}
