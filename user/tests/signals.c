// Signals: handlers, masks, queues, stacks, and what they interrupt.
#include "report.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t count, last;
static siginfo_t told;
static char other_stack[65536];
static sigjmp_buf back;

static void on_signal(int signal) {
    count++;
    last = signal;
}
static void on_info(int signal, siginfo_t* info, void* context) {
    (void)context;
    told = *info;
    last = signal;
    count++;
}
static void on_fault(int signal, siginfo_t* info, void* context) {
    (void)context;
    char here;
    told = *info;
    last = signal;
    count = &here >= other_stack && &here < other_stack + sizeof other_stack;
    siglongjmp(back, 1);
}

static void handle(int signal, void (*handler)(int), int flags) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigaction(signal, &action, NULL);
}
static void handle_info(int signal, void (*handler)(int, siginfo_t*, void*), int flags) {
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
    sigaction(signal, &action, NULL);
}

static void show_delivery(void) {
    handle(SIGUSR1, on_signal, 0);
    raise(SIGUSR1);
    printf("a handler ran %d time, for %d\n", count, last);
    sigset_t set, old, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &old);
    raise(SIGUSR1);
    raise(SIGUSR1);
    sigpending(&pending);
    printf("blocked: ran %d, pending %d\n", count, sigismember(&pending, SIGUSR1));
    sigprocmask(SIG_SETMASK, &old, NULL);
    printf("unblocked: ran %d\n", count);
    handle(SIGUSR1, on_signal, SA_RESETHAND);
    raise(SIGUSR1);
    struct sigaction now;
    sigaction(SIGUSR1, NULL, &now);
    show_is("once only, then the default", now.sa_handler == SIG_DFL);
    show("sigaction of SIGKILL", sigaction(SIGKILL, &now, NULL));
    show("sigaction of 99", sigaction(99, &now, NULL));
    handle(SIGUSR1, SIG_IGN, 0);
    raise(SIGUSR1);
    printf("ignored: ran %d\n", count);
}

static void show_queue(void) {
    const int signal = SIGRTMIN + 2;
    handle_info(signal, on_info, 0);
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, signal);
    sigprocmask(SIG_BLOCK, &set, &old);
    count = 0;
    for (int i = 1; i <= 3; i++)
        sigqueue(getpid(), signal, (union sigval){.sival_int = i * 11});
    const struct timespec soon = {0, 1000000};
    siginfo_t info;
    show_is("sigtimedwait", sigtimedwait(&set, &info, &soon) == signal);
    printf("value %d code %d\n", info.si_value.sival_int, info.si_code);
    sigprocmask(SIG_SETMASK, &old, NULL);
    printf("then %d more, the last with %d\n", count, told.si_value.sival_int);
    sigprocmask(SIG_BLOCK, &set, &old);
    show("sigtimedwait for none", sigtimedwait(&set, &info, &soon));
    sigprocmask(SIG_SETMASK, &old, NULL);
}

static void touch(const char* what, volatile char* address, int write) {
    count = -1;
    if (sigsetjmp(back, 1) == 0) {
        if (write)
            *address = 1;
        else
            last = *address;
        printf("%s: nothing happened\n", what);
        return;
    }
    printf("%s: signal %d code %d, right address: %d, other stack: %d\n", what, last,
           told.si_code, told.si_addr == address, count);
}

static void show_faults(void) {
    stack_t stack = {.ss_sp = other_stack, .ss_size = sizeof other_stack};
    show("sigaltstack", sigaltstack(&stack, NULL));
    stack_t small = {.ss_sp = other_stack, .ss_size = 100};
    show("sigaltstack, too small", sigaltstack(&small, NULL));
    handle_info(SIGSEGV, on_fault, SA_ONSTACK);
    handle_info(SIGBUS, on_fault, SA_ONSTACK);
    handle_info(SIGFPE, on_fault, SA_ONSTACK);
    handle_info(SIGILL, on_fault, SA_ONSTACK);
    char* const page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    touch("read of null", NULL, 0);
    touch("write to a read-only page", page + 17, 1);
    touch("read of it", page + 17, 0);
    touch("the kernel", (char*)0xc0100000u, 0);
    FILE* const file = fopen("short", "w+");
    fputc('x', file);
    fflush(file);
    char* const mapped = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fileno(file), 0);
    touch("beyond a file's end", mapped + 4096, 0);
    fclose(file);
    if (sigsetjmp(back, 1) == 0) {
        volatile int zero = 0;
        last = 7 / zero;
    } else {
        printf("division by zero: signal %d code %d\n", last, told.si_code);
    }
    if (sigsetjmp(back, 1) == 0)
        __asm__ volatile("ud2");
    else
        printf("bad instruction: signal %d code %d\n", last, told.si_code);
    if (sigsetjmp(back, 1) == 0)
        __asm__ volatile("hlt");
    else
        printf("privileged instruction: signal %d code %d\n", last, told.si_code);
    if (sigsetjmp(back, 1) == 0)
        __asm__ volatile("outb %%al, $0x80" : : "a"(0));
    else
        printf("port: signal %d code %d\n", last, told.si_code);
}

static void show_interruption(void) {
    int ends[2];
    char c;
    pipe(ends);
    handle(SIGALRM, on_signal, 0);
    struct itimerval soon = {.it_value = {0, 20000}};
    setitimer(ITIMER_REAL, &soon, NULL);
    show("read, interrupted", read(ends[0], &c, 1));
    handle(SIGALRM, on_signal, SA_RESTART);
    const pid_t child = fork();
    if (child == 0) {
        usleep(60000);
        write(ends[1], "x", 1);
        _exit(0);
    }
    count = 0;
    setitimer(ITIMER_REAL, &soon, NULL);
    show("read, started again", read(ends[0], &c, 1));
    printf("the handler ran %d time\n", count);
    waitpid(child, NULL, 0);
    handle(SIGALRM, on_signal, 0);
    setitimer(ITIMER_REAL, &soon, NULL);
    const struct timespec minute = {60, 0};
    struct timespec left = {0, 0};
    show("nanosleep, interrupted", nanosleep(&minute, &left));
    show_is("most is left", left.tv_sec == 59);
    setitimer(ITIMER_REAL, &soon, NULL);
    sigset_t none;
    sigemptyset(&none);
    show("sigsuspend", sigsuspend(&none));
    setitimer(ITIMER_REAL, &soon, NULL);
    show("pause", pause());
    alarm(100);
    show("alarm", alarm(0));
    const struct itimerval bad = {.it_value = {0, 2000000}};
    show("setitimer, bad", setitimer(ITIMER_REAL, &bad, NULL));
}

static void show_ends(void) {
    static const int signals[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGILL,  SIGABRT, SIGFPE,
                                  SIGKILL, SIGSEGV, SIGPIPE, SIGALRM, SIGTERM, SIGUSR1,
                                  SIGBUS,  SIGTRAP, SIGCHLD, SIGWINCH, SIGURG};
    for (size_t i = 0; i < LENGTH(signals); i++) {
        const pid_t child = fork();
        if (child == 0) {
            signal(signals[i], SIG_DFL);
            kill(getpid(), signals[i]);
            _exit(7);
        }
        int status = 0;
        waitpid(child, &status, 0);
        printf("signal %d by default: %s %d\n", signals[i],
               WIFSIGNALED(status) ? "killed by" : "exited with",
               WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
}

int main(void) {
    show_delivery();
    show_queue();
    show_faults();
    show_interruption();
    show_ends();
    return 0;
}
