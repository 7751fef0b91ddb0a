// fork, exec, wait and what a process leaves behind.
#include "report.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void show_status(const char* what, int status) {
    if (WIFEXITED(status))
        printf("%s: exited with %d\n", what, WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        printf("%s: killed by %d\n", what, WTERMSIG(status));
    else if (WIFSTOPPED(status))
        printf("%s: stopped by %d\n", what, WSTOPSIG(status));
    else
        printf("%s: continued\n", what);
}

static void show_waiting(void) {
    int status = 0;
    show("wait without children", wait(&status));
    pid_t child = fork();
    if (child == 0) _exit(300);
    show_is("waitpid", waitpid(child, &status, 0) == child);
    show_status("a child that exits with 300", status);
    show("again", waitpid(child, &status, 0));
    child = fork();
    if (child == 0)
        for (;;) pause();
    show("WNOHANG", waitpid(child, &status, WNOHANG));
    show("another's child", waitpid(1, &status, WNOHANG));
    kill(child, SIGSTOP);
    waitpid(child, &status, WUNTRACED);
    show_status("then", status);
    kill(child, SIGCONT);
    waitpid(child, &status, WCONTINUED);
    show_status("then", status);
    kill(child, SIGTERM);
    siginfo_t info;
    show("waitid, not reaping", waitid(P_PID, child, &info, WEXITED | WNOWAIT));
    printf("signal %d code %d status %d\n", info.si_signo, info.si_code, info.si_status);
    show_is("it is there still", waitpid(child, &status, 0) == child);
    show_status("then", status);
    show("bad options", waitpid(-1, &status, 0x40));
    show("kill nobody", kill(child, 0));
    show("kill with a bad signal", kill(getpid(), 99));
}

static void show_memory(void) {
    int* const shared =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int* const own =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *shared = *own = 1;
    if (fork() == 0) {
        printf("the child sees %d %d\n", *shared, *own);
        *shared = *own = 2;
        _exit(0);
    }
    wait(NULL);
    printf("afterwards there is %d %d\n", *shared, *own);
    *own = 7;
    if (vfork() == 0) {
        *own = 8;
        _exit(0);
    }
    wait(NULL);
    printf("vfork's child wrote %d\n", *own);
}

static void show_exec(char* self) {
    int ends[2], status = 0;
    pipe(ends);
    char text[100];
    const int kept = dup(1), closed = fcntl(1, F_DUPFD_CLOEXEC, 50);
    if (fork() == 0) {
        dup2(ends[1], 1);
        snprintf(text, sizeof text, "%d %d", kept, closed);
        char* const words[] = {self, "child", text, NULL};
        char* const surroundings[] = {"ONLY=this", NULL};
        execve("/proc/self/exe", words, surroundings);
        _exit(1);
    }
    close(ends[1]);
    ssize_t got = 0, all = 0;
    while ((got = read(ends[0], text + all, sizeof text - all)) > 0) all += got;
    wait(&status);
    show_status("the new program", status);
    printf("%.*s", (int)all, text);
    char* const words[] = {"x", NULL};
    show("exec missing", execv("missing", words));
    show("exec of a folder", execv("/", words));
    close(open("text", O_CREAT | O_WRONLY, 0755));
    show("exec of an empty file", execv("text", words));
    chmod("text", 0644);
    show("exec of what is not executable", execv("text", words));
    char* volatile bad = (char*)8;
    show("exec of a bad address", execv(bad, words));
}

static int child_of_exec(char** argv) {
    int kept = 0, closed = 0;
    sscanf(argv[2], "%d %d", &kept, &closed);
    printf("exec: ONLY=%s, %s, %s\n", getenv("ONLY"),
           fcntl(kept, F_GETFD) == 0 ? "kept" : "?",
           fcntl(closed, F_GETFD) == -1 ? "closed" : "?");
    return 5;
}

static void show_orphans(void) {
    int ends[2];
    pipe(ends);
    if (fork() == 0) {
        const pid_t parent = getpid();
        if (fork() == 0) {
            for (int i = 0; i < 1000 && getppid() == parent; i++) usleep(1000);
            dprintf(ends[1], "an orphan's parent is another: %s\n",
                    getppid() != parent ? "yes" : "no");
        }
        _exit(0);
    }
    wait(NULL);
    close(ends[1]);
    char text[100];
    const ssize_t got = read(ends[0], text, sizeof text);
    printf("%.*s", (int)(got > 0 ? got : 0), text);
}

static void show_groups(void) {
    int status = 0;
    const pid_t child = fork();
    if (child == 0) {
        show("setpgid", setpgid(0, 0));
        show_is("a group of its own", getpgrp() == getpid());
        show("setsid of a leader", setsid());
        show("setpgid of nobody", setpgid(0x3fffffff, 0));
        show("setpgid to a group of nobody's", setpgid(0, 0x3fffffff));
        const pid_t grandchild = fork();
        if (grandchild == 0) {
            show_is("setsid", setsid() == getpid());
            show_is("a session of its own", getsid(0) == getpid() && getpgrp() == getpid());
            _exit(0);
        }
        wait(NULL);
        _exit(0);
    }
    waitpid(child, &status, 0);
    show_status("groups", status);
}

int main(int argc, char** argv) {
    if (argc > 1 && !strcmp(argv[1], "child")) return child_of_exec(argv);
    show_waiting();
    show_memory();
    show_exec(argv[0]);
    show_orphans();
    show_groups();
    int status = 0;
    for (int i = 0; i < 200; i++) {
        if (fork() == 0) _exit(i);
        wait(&status);
        if (WEXITSTATUS(status) != i) printf("child %d\n", i);
    }
    show("sched_yield", sched_yield());
    show("nice", nice(3));
    return 0;
}
