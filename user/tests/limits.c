// Limits, each to its edge and one step beyond: time, files, addresses, data, stack, areas,
// the size of a file. And a million of mappings, which come and go.
#include "report.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { page = 4096, MiB = 1 << 20 };

static void limit(int which, rlim_t soft) {
    struct rlimit both;
    getrlimit(which, &both);
    both.rlim_cur = soft;
    setrlimit(which, &both);
}
static void* map(size_t bytes, int prot, int flags) {
    return mmap(NULL, bytes, prot, flags | MAP_ANONYMOUS, -1, 0);
}
static void show_map(const char* what, const void* mapped) {
    show_ok(what, mapped == MAP_FAILED ? -1 : 0);
}

// Each in a child, which has the limit to itself.
static void apart(const char* name, void (*run)(void)) {
    int status = 0;
    printf("-- %s\n", name);
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        limit(RLIMIT_CORE, 0);
        run();
        exit(0);
    }
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) printf("signal %d\n", WTERMSIG(status));
}

static void too_long(int signal) {
    static const char line[] = "SIGXCPU\n";
    write(1, line, sizeof line - 1);
    (void)signal;
}
// The soft limit is told, the hard one is the end.
static void cpu_time(void) {
    const struct rlimit both = {1, 2};
    signal(SIGXCPU, too_long);
    show("both", setrlimit(RLIMIT_CPU, &both));
    for (;;) {}
}

static void files(void) {
    limit(RLIMIT_NOFILE, 20);
    int count = 0, last = -1;
    for (int fd; (fd = open("/dev/null", O_RDONLY)) >= 0; count++) last = fd;
    show("one more", open("/dev/null", O_RDONLY));
    printf("the last is %d\n", last);
    show("dup", dup(0));
    show("dup2 to 19", dup2(0, 19));
    show("dup2 to 20", dup2(0, 20));
    show("F_DUPFD from 20", fcntl(0, F_DUPFD, 20));
    int ends[2];
    close(10);
    show("pipe with room for one", pipe(ends));
    limit(RLIMIT_NOFILE, 15);
    show_is("those above stay open", fcntl(19, F_GETFD) == 0);
}

static void addresses(void) {
    limit(RLIMIT_AS, 64 * MiB);
    int pieces = 0;
    while (map(MiB, PROT_NONE, MAP_PRIVATE) != MAP_FAILED) pieces++;
    show_is("nearly all could be had", pieces >= 55 && pieces < 64);
    show_map("one more", map(MiB, PROT_NONE, MAP_PRIVATE));
    show_map("shared", map(MiB, PROT_NONE, MAP_SHARED));
    show_is("nor by brk", sbrk(2 * MiB) == (void*)-1);
    void* const more = mremap(map(page, PROT_NONE, MAP_PRIVATE), page, 2 * MiB, MREMAP_MAYMOVE);
    show_map("nor by mremap", more);
}

static void data(void) {
    limit(RLIMIT_DATA, 4 * MiB);
    show_map("private and writable", map(8 * MiB, PROT_READ | PROT_WRITE, MAP_PRIVATE));
    show_map("not writable", map(8 * MiB, PROT_READ, MAP_PRIVATE));
    show_map("shared", map(8 * MiB, PROT_READ | PROT_WRITE, MAP_SHARED));
    show_is("brk fails", sbrk(8 * MiB) == (void*)-1);
    char* const later = map(8 * MiB, PROT_READ, MAP_PRIVATE);
    show("writable later", mprotect(later, 8 * MiB, PROT_READ | PROT_WRITE));
    show("a part of it", mprotect(later, MiB, PROT_READ | PROT_WRITE));
}

static volatile unsigned depth;
static void go_down(int more) {
    volatile char frame[512];
    frame[0] = 1;
    depth++;
    if (more) go_down(more + frame[0]);
    frame[1] = frame[0];
}
static void overflow(void) { go_down(1); }

static char* other_stack;
static void on_overflow(int signal, siginfo_t* info, void* context) {
    (void)context, (void)info;
    const char here = 0;
    dprintf(1, "caught %d, on the other stack: %s, after %s of a MiB\n", signal,
            &here > other_stack && &here < other_stack + 8 * page ? "yes" : "no",
            depth > 1500 && depth < 2100 ? "about as much as is right" : "too little or much");
    _exit(0);
}
static void caught_overflow(void) {
    limit(RLIMIT_STACK, MiB);
    other_stack = map(8 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    const stack_t stack = {.ss_sp = other_stack, .ss_size = 8 * page};
    sigaltstack(&stack, NULL);
    struct sigaction action = {.sa_sigaction = on_overflow, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaction(SIGSEGV, &action, NULL);
    overflow();
}
static void uncaught_overflow(void) {
    struct sigaction action = {.sa_sigaction = on_overflow, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    overflow();
}

// Neighbours with different rights are areas of their own.
static void areas(void) {
    unsigned most = 0, made = 0;
    FILE* const file = fopen("/proc/sys/vm/max_map_count", "r");
    if (!file || fscanf(file, "%u", &most) != 1) return;
    fclose(file);
    while (map(page, made % 2 ? PROT_READ : PROT_NONE, MAP_PRIVATE) != MAP_FAILED) made++;
    show_map("one more", map(page, made % 2 ? PROT_READ : PROT_NONE, MAP_PRIVATE));
    show_is("about as many as max_map_count", made <= most && made + 100 > most);
}

static void a_million(void) {
    unsigned failed = 0;
    for (int i = 0; i < 1000000; i++) {
        char* const room = map((1 + i % 7) * page, PROT_READ | PROT_WRITE, MAP_PRIVATE);
        failed += room == MAP_FAILED;
        if (i % 16 == 0) *room = 1;
        failed += munmap(room, (1 + i % 7) * page) != 0;
    }
    printf("%u failed\n", failed);
}

static void size_of_a_file(void) {
    limit(RLIMIT_FSIZE, 10);
    const int file = open("file", O_CREAT | O_RDWR | O_TRUNC, 0600);
    show("write over the edge", write(file, "0123456789abcdef", 16));
    signal(SIGXFSZ, SIG_IGN);
    show("behind it", write(file, "x", 1));
    show("ftruncate", ftruncate(file, 11));
    show("pwrite", pwrite(file, "x", 1, 100));
    signal(SIGXFSZ, SIG_DFL);
    write(file, "x", 1);
}

// A child that runs in its parent's memory has limits of its own all the same.
static void of_vforks_child(void) {
    struct rlimit few = {20 * MiB, 20 * MiB}, now;
    getrlimit(RLIMIT_AS, &now);
    few.rlim_max = now.rlim_max;
    if (vfork() == 0) {
        setrlimit(RLIMIT_AS, &few);
        _exit(0);
    }
    wait(NULL);
    struct rlimit after;
    getrlimit(RLIMIT_AS, &after);
    show_is("the parent's is as before", after.rlim_cur == now.rlim_cur);
    show_map("and it may still have", map(64 * MiB, PROT_NONE, MAP_PRIVATE));
}

int main(void) {
    apart("processor time", cpu_time);
    apart("files", files);
    apart("addresses", addresses);
    apart("data", data);
    apart("stack", overflow);
    apart("stack, caught", caught_overflow);
    apart("stack, not to be caught", uncaught_overflow);
    apart("areas", areas);
    apart("a million", a_million);
    apart("size of a file", size_of_a_file);
    apart("vfork", of_vforks_child);
    return 0;
}
