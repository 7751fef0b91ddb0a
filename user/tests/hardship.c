// What brings a machine down that is not prepared for it: bombs of fork(), programs that take
// all memory, stacks without end, ten thousand processes, one after the other and hundreds at
// once. Limits hold, who took too much ends, others go on, and in the end the kernel has as
// many frames and objects as before, to the last one.
//
//     hardship [WHAT]     all of it, or what has that in its name
//
// It is for Loci only: another machine is not to be treated like this.
#include "counts.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { user = 1000, some_limit = 50, page = 4096 };
static int failures;

static void check(const char* what, int holds) {
    printf("%s: %s\n", what, holds ? "yes" : "NO");
    failures += !holds;
}

static int processes(void) {
    struct sysinfo now;
    sysinfo(&now);
    return now.procs;
}
static unsigned long memory(void) {
    struct sysinfo now;
    sysinfo(&now);
    return now.totalram / page * now.mem_unit;
}

// ---- bombs -----------------------------------------------------------------------------

static long* errors;  // shared: how often fork() failed, by errno
enum { error_kinds = 64 };

static void touch(size_t bytes) {
    char* const room = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    for (size_t i = 0; room != MAP_FAILED && i < bytes; i += page) room[i] = 1;
}

static void be_bomb(int uid, size_t bytes) {
    const struct rlimit few = {some_limit, some_limit};
    const struct rlimit many = {RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_NPROC, uid ? &few : &many);
    if (uid && (setgid(uid) || setuid(uid))) _exit(1);
    for (;;) {
        const pid_t child = fork();
        if (child == 0 && bytes) touch(bytes);
        if (child >= 0) continue;
        __atomic_fetch_add(&errors[errno % error_kinds], 1, __ATOMIC_RELAXED);
        usleep(1000);
    }
}

// Whoever is left becomes this one's child (PR_SET_CHILD_SUBREAPER), and is waited for.
static void end_everybody(void) {
    for (pid_t ended = 0; ended >= 0; usleep(10000)) {
        kill(-1, SIGKILL);
        while ((ended = waitpid(-1, NULL, WNOHANG)) > 0) continue;
    }
}

// The most processes that there were.
static int explode(int uid, size_t bytes, int milliseconds) {
    int most = 0;
    memset(errors, 0, error_kinds * sizeof *errors);
    fflush(stdout);
    const pid_t bomb = fork();
    if (bomb == 0) be_bomb(uid, bytes);
    const long end = now_ms() + milliseconds;
    for (int failed = 0; now_ms() < end && failed < 200;) {
        const int now = processes();
        if (now > most) most = now;
        failed = errors[EAGAIN] + errors[ENOMEM];
        usleep(10000);
    }
    end_everybody();
    return most;
}

static void limited_bomb(void) {
    const int before = processes();
    const int most = explode(user, 0, 10000);
    printf("   (%d processes, %d before)\n", most, before);
    check("a bomb's processes stay within RLIMIT_NPROC", most <= before + some_limit);
    check("there were as many", most >= before + some_limit - 1);
    check("more are EAGAIN", errors[EAGAIN] > 0 && errors[ENOMEM] == 0);
}

static void unlimited_bomb(void) {
    const int most = explode(0, 0, 20000);
    printf("   (%d processes, %ld EAGAIN, %ld ENOMEM)\n", most, errors[EAGAIN], errors[ENOMEM]);
    check("a bomb without a limit ends somewhere", errors[EAGAIN] + errors[ENOMEM] > 0);
    check("there were many processes", most > 200);
}

static void greedy_bomb(void) {
    explode(0, memory() / 400 * page, 5000);
    check("a bomb that takes memory, too, is survived", 1);
}

// ---- memory ----------------------------------------------------------------------------

static int status_of(void (*run)(void)) {
    int status = 0;
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        run();
        _exit(0);
    }
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void take_all(void) { touch((memory() + memory() / 4) * page); }

// In thousandths of all memory: who has most of it ends first.
static void be_scored(void) {
    int score = 0;
    touch(memory() / 2 * page);
    FILE* const file = fopen("/proc/self/oom_score", "r");
    _exit(file && fscanf(file, "%d", &score) == 1 && score >= 500 && score < 600);
}

static void ask_for_all(void) {
    errno = 0;
    const void* const room = mmap(NULL, (memory() + memory() / 4) * page, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    _exit(room == MAP_FAILED && errno == ENOMEM);
}

// Piece by piece, until there is no more; then all of it is there.
static void take_what_is_promised(void) {
    const struct rlimit room = {40 << 20, 40 << 20};
    setrlimit(RLIMIT_AS, &room);
    enum { piece = 1 << 20 };
    for (int pieces = 0;; pieces++) {
        char* const more = mmap(NULL, piece, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (more == MAP_FAILED) _exit(errno == ENOMEM && pieces > 30);
        memset(more, 1, piece);
    }
}

// Who was root, and is not any more, has limits again.
static void lock_as_user(void) {
    const struct rlimit few = {16 * page, 16 * page};
    char* const room = mmap(NULL, 64 * page, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    setrlimit(RLIMIT_MEMLOCK, &few);
    const int before = mlock(room, 64 * page);
    munlock(room, 64 * page);
    if (setuid(user)) _exit(2);
    const int after = mlock(room, 64 * page);
    _exit(before == 0 && after == -1 && errno == ENOMEM && mlock(room, 16 * page) == 0);
}

static void overflow_by(int more) {
    volatile char frame[1000];
    frame[0] = 1;
    if (more) overflow_by(more + frame[0]);
    frame[1] = frame[0];
}
static void overflow(void) { overflow_by(1); }

// What it has is not in its space, but in a file without a name, which goes later than what the
// kernel looks at first: a list of locks, for which there is no page.
static void end_without_memory(void) {
    static char bytes[16 * page];
    char* const room = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const int file = memfd_create("all", 0);
    while (write(file, bytes, sizeof bytes) > 0) continue;
    syscall(SYS_set_robust_list, room + (2 << 20), 12);
    _exit(1);
}

static void hogs(void) {
    check("who ends without memory ends", status_of(end_without_memory) == -1);
    check("who takes all memory is killed", status_of(take_all) == SIGKILL);
    check("who has half of it is scored for that", status_of(be_scored) == -1);
    check("who asks for it is told that there is none", status_of(ask_for_all) == -1);
    check("RLIMIT_AS holds", status_of(take_what_is_promised) == -1);
    check("RLIMIT_MEMLOCK holds for who is root no more", status_of(lock_as_user) == -1);
    check("a stack without end is SIGSEGV", status_of(overflow) == SIGSEGV);
}

// Small programs work on, while others take all there is, one after the other. Each asks for
// memory all the time, and so most of all while a hog's is being freed.
static void be_small(volatile long* stop) {
    while (!*stop) {
        char* const room = mmap(NULL, 16 * page, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        for (int i = 0; room != MAP_FAILED && i < 16; i++) room[i * page] = 1;
        munmap(room, 16 * page);
    }
    _exit(7);
}

// The kernel touches fresh memory for it.
static void be_a_reader(volatile long* stop) {
    const int zero = open("/dev/zero", O_RDONLY);
    while (!*stop) {
        char* const room = mmap(NULL, 16 * page, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (read(zero, room, 16 * page) != 16 * page) _exit(1);
        munmap(room, 16 * page);
    }
    _exit(7);
}
static void do_nothing(int unused) { (void)unused; }
static void be_signalled(volatile long* stop) {
    const struct itimerval often = {{0, 10000}, {0, 10000}};
    const struct sigaction action = {.sa_handler = do_nothing, .sa_flags = SA_ONSTACK};
    const stack_t stack = {.ss_size = 16 * page,
                           .ss_sp = mmap(NULL, 16 * page, PROT_READ | PROT_WRITE,
                                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)};
    sigaltstack(&stack, NULL);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    while (!*stop) madvise(stack.ss_sp, stack.ss_size, MADV_DONTNEED);
    _exit(7);
}

static void beside_hogs(void) {
    void (*const small[])(volatile long*) = {be_small, be_small, be_a_reader, be_signalled};
    enum { small_ones = LENGTH(small), hogs = 3 };
    volatile long* const stop = errors;
    int killed = 0, well = 0, status = 0;
    *stop = 0;
    fflush(stdout);
    for (int i = 0; i < small_ones; i++)
        if (fork() == 0) small[i](stop);
    for (int i = 0; i < hogs; i++) killed += status_of(take_all) == SIGKILL;
    *stop = 1;
    while (wait(&status) > 0) well += WIFEXITED(status) && WEXITSTATUS(status) == 7;
    check("each hog is killed", killed == hogs);
    check("no small one is", well == small_ones);
}

// ---- many ------------------------------------------------------------------------------

static void in_sequence(int count) {
    int wrong = 0;
    for (int i = 0; i < count; i++) {
        int status = 0;
        const pid_t child = fork();
        if (child == 0) _exit(i & 0x7f);
        wrong += waitpid(child, &status, 0) != child || status != (i & 0x7f) << 8;
    }
    check("each of them ended as it should", wrong == 0);
}

// Small programs that end before anything else runs, and beside one that never waits.
static void programs_in_sequence(int count) {
    char* const words[] = {"hardship", "end", NULL};
    volatile int wrong = 0;
    const pid_t busy = fork();
    if (busy == 0)
        for (nice(19);;) continue;
    for (int i = 0; i < count; i++) {
        int status = 0;
        const pid_t child = vfork();
        if (child == 0) {
            execv("/proc/self/exe", words);
            _exit(1);
        }
        wrong += waitpid(child, &status, 0) != child || status != 9 << 8;
    }
    kill(busy, SIGKILL);
    waitpid(busy, NULL, 0);
    check("each of the programs did", wrong == 0);
}

static void at_once(int count) {
    int ends[2], made = 0, ended = 0;
    char byte;
    pipe(ends);
    for (int i = 0; i < count; i++) {
        const pid_t child = fork();
        if (child < 0) break;
        if (child == 0) {
            close(ends[1]);
            _exit(read(ends[0], &byte, 1));  // until the other end is closed
        }
        made++;
    }
    check("so many processes at once", made == count && processes() >= count);
    close(ends[0]);
    close(ends[1]);
    int status = 0;
    while (waitpid(-1, &status, 0) > 0) ended += status == 0;
    check("all of them ended", ended == made);
}

// ---- and nothing stays behind ----------------------------------------------------------

static const char* wanted = "";

static void measured(const char* name, void (*run)(void)) {
    static struct counts before;
    if (!strstr(name, wanted)) return;
    printf("-- %s\n", name);
    count(&before);
    const long start = now_ms();
    run();
    const int changes = compare_counts(&before);
    check("nothing stays behind", changes == 0);
    printf("   (%ld ms)\n", now_ms() - start);
}

static void ten_thousand(void) { in_sequence(10000); }
static void some_programs(void) { programs_in_sequence(300); }
static void five_hundred(void) { at_once(500); }

static void a_little_of_everything(void) {
    in_sequence(10);
    programs_in_sequence(2);
    at_once(20);
    explode(user, 0, 100);
    status_of(overflow);
    static struct counts once;
    count(&once);
}

int main(int argc, char** argv) {
    if (argc > 1 && !strcmp(argv[1], "end")) return 9;
    if (argc > 1) wanted = argv[1];
    on_loci_only();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    errors = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    a_little_of_everything();
    measured("ten thousand in sequence", ten_thousand);
    measured("three hundred programs in sequence", some_programs);
    measured("five hundred at once", five_hundred);
    measured("memory hogs", hogs);
    measured("beside hogs", beside_hogs);
    measured("a bomb with a limit", limited_bomb);
    measured("a bomb without one", unlimited_bomb);
    measured("a bomb that takes memory", greedy_bomb);
    printf("%d failures\n", failures);
    return failures != 0;
}
