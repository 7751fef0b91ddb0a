// Corners where two rules of Unix meet: sessions without leaders, threads that end before
// their program or become another one, locks and directories that change under their users.
#include "report.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/corners-XXXXXX";

static long futex(void* word, int what, unsigned value, long more, void* other) {
    return syscall(SYS_futex, word, what, value, more, other, 0);
}

// Waits for a child; how it ended.
static void show_end(const char* what, pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status)) printf("%s: exits with %d\n", what, WEXITSTATUS(status));
    else printf("%s: ended by %d\n", what, WTERMSIG(status));
}

// ---- groups and threads ----------------------------------------------------------------

// Whose leader is gone has group and session of one name, and gives both up at once.
static void session_of_an_orphan(void) {
    int ends[2];
    char byte = 'n';
    pipe(ends);
    if (fork() == 0) {
        setsid();
        if (fork() == 0) {
            usleep(100000);
            byte = setsid() == getpid() ? 'y' : 'n';
            write(ends[1], &byte, 1);
        }
        _exit(0);
    }
    wait(NULL);
    read(ends[0], &byte, 1);
    show_is("an orphan makes a session of its own", byte == 'y');
}

static pid_t parent_by_proc(void) {
    char path[64], text[4096] = "";
    snprintf(path, sizeof path, "/proc/self/task/%ld/status", syscall(SYS_gettid));
    const int fd = open(path, O_RDONLY);
    read(fd, text, sizeof text - 1);
    close(fd);
    const char* const line = strstr(text, "PPid:\t");
    return line ? atoi(line + 6) : -1;
}
static int told_to;
static void* show_parent(void* unused) {
    (void)unused;
    usleep(200000);
    write(told_to, parent_by_proc() == getppid() ? "y" : "n", 1);
    _exit(0);
}
// Its first parent ends before it looks.
static void parent_of_a_thread(void) {
    int ends[2];
    char byte = 'n';
    pipe(ends);
    if (fork() == 0) {
        const pid_t child = fork();
        if (child > 0) _exit(0);
        pthread_t thread;
        close(ends[0]);
        told_to = ends[1];
        pthread_create(&thread, NULL, show_parent, NULL);
        pause();
    }
    wait(NULL);
    read(ends[0], &byte, 1);
    show_is("a thread's parent is its program's", byte == 'y');
}

// The leader ends first, and slowly; another thread says what the program's end is.
static void* end_with_five(void* unused) {
    (void)unused;
    usleep(50000);
    _exit(5);
}
static void leader_ends_first(void) {
    const pid_t child = fork();
    if (child == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, end_with_five, NULL);
        syscall(SYS_exit, 0);
    }
    show_end("the last thread says how it ends", child);
}

// Whose end would be told by no signal, or another one, is a usual child once it executes.
static void clone_and_exec(void) {
    char* const words[] = {"corners", "ids", NULL};
    signal(SIGUSR1, SIG_IGN);
    const pid_t child = syscall(SYS_clone, SIGUSR1, 0, 0, 0, 0);
    if (child == 0) {
        execv("corners", words);
        _exit(1);
    }
    usleep(200000);
    show_end("a clone that executes", child);
}

// A table of descriptors is shared until one of those who share it executes.
static void exec_with_shared_files(void) {
    char* const words[] = {"corners", "ids", NULL};
    const int fd = open("shared", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    const pid_t child = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
        execv("corners", words);
        _exit(1);
    }
    show_end("who shares its descriptors", child);
    show("what is closed on execve is open here", fcntl(fd, F_GETFD));
    close(fd);
}

// Of a group that nobody could continue before, either, nobody is hung up.
static void stopped_orphans(void) {
    int ends[2], status = 0;
    char byte = 0;
    pipe(ends);
    const pid_t session = fork();
    if (session == 0) {
        setsid();
        const pid_t stopped = fork();
        if (stopped == 0)
            for (;;) pause();
        kill(stopped, SIGSTOP);
        waitpid(stopped, &status, WUNTRACED);
        if (fork() == 0) _exit(0);
        wait(NULL);
        usleep(50000);
        byte = waitpid(stopped, &status, WNOHANG | WCONTINUED) == 0 ? 'y' : 'n';
        write(ends[1], &byte, 1);
        kill(stopped, SIGKILL);
        _exit(0);
    }
    close(ends[1]);
    read(ends[0], &byte, 1);
    show_end("the leader of the session", session);
    show_is("a stopped one stays it when its brother ends", byte == 'y');
}

// A child of vfork() that leaves the space only when nobody else ends the waiting.
static volatile struct {
    pid_t child;
    int gives_up;
}* in_vfork;
static void give_up(int unused) {
    (void)unused;
    in_vfork->gives_up = 1;
    _exit(0);
}
static void* wait_in_vfork(void* unused) {
    (void)unused;
    if (vfork() == 0) {
        signal(SIGALRM, give_up);
        alarm(3);
        in_vfork->child = getpid();
        for (;;) pause();
    }
    return NULL;
}
static int lives_on(void) {
    return !in_vfork->gives_up && kill(in_vfork->child, SIGKILL) == 0;
}
static void killed_in_vfork(void) {
    in_vfork = mmap(NULL, sizeof *in_vfork, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const pid_t parent = fork();
    if (parent == 0) wait_in_vfork(NULL);
    while (in_vfork->child == 0) usleep(1000);
    kill(parent, SIGTERM);
    show_end("killed while it waits in vfork()", parent);
    show_is("the child lives on", lives_on());
}
static void exec_beside_vfork(void) {
    in_vfork->child = 0;
    const pid_t parent = fork();
    if (parent == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, wait_in_vfork, NULL);
        while (in_vfork->child == 0) usleep(1000);
        execl("corners", "corners", "who", NULL);
    }
    show_end("execve() while a thread waits in vfork()", parent);
    show_is("that one's child lives on", lives_on());
}

static void* execute(void* unused) {
    (void)unused;
    char* const words[] = {"corners", "who", NULL};
    usleep(50000);
    execv("/proc/self/exe", words);
    execv("corners", words);
    _exit(1);
}
// A leader has no /proc/self/exe any more when it has ended: so there is a name for it.
static void exec_by_the_last_thread(void) {
    const pid_t child = fork();
    if (child == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, execute, NULL);
        syscall(SYS_exit, 0);
    }
    show_end("the last thread becomes the program", child);
}
static int who(void) {
    char name[PATH_MAX];
    return 10 + (syscall(SYS_gettid) == getpid()) +
           2 * (readlink("/proc/self/exe", name, sizeof name) > 0);
}

// ---- futexes ---------------------------------------------------------------------------

static int word;
static void* sleep_on_word(void* unused) {
    (void)unused;
    futex(&word, FUTEX_WAIT_PRIVATE, 0, 0, NULL);
    return NULL;
}
static void requeue_to_itself(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, sleep_on_word, NULL);
    usleep(100000);
    show("requeued", futex(&word, FUTEX_REQUEUE | FUTEX_PRIVATE_FLAG, 0, INT_MAX, &word));
    show("woken", futex(&word, FUTEX_WAKE_PRIVATE, 1, 0, NULL));
    pthread_join(thread, NULL);
}

static void wait_without_writing(void) {
    const int fd = open("shared", O_RDWR | O_CREAT, 0600);
    ftruncate(fd, 4096);
    int* const written = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    const pid_t child = fork();
    if (child == 0) {
        const int mine = open("shared", O_RDONLY);
        int* const seen = mmap(NULL, 4096, PROT_READ, MAP_SHARED, mine, 0);
        alarm(2);
        _exit(futex(seen, FUTEX_WAIT, 0, 0, NULL) == 0 ? 5 : 6);
    }
    usleep(200000);
    show("woken through a file", futex(written, FUTEX_WAKE, 1, 0, NULL));
    show_end("who may only read", child);
    munmap(written, 4096);
    close(fd);
}

// ---- files -----------------------------------------------------------------------------

static void replace_what_is_listed(void) {
    char name[300];
    mkdir("names", 0700);
    chdir("names");
    for (int i = 0; i < 30; i++) {
        snprintf(name, sizeof name, "file%d", i);
        close(creat(name, 0600));
    }
    DIR* const dir = opendir(".");
    int seen = 0;
    for (struct dirent* entry; seen < 1000 && (entry = readdir(dir));) {
        if (entry->d_name[0] == '.') continue;
        seen++;
        const int fd = creat("new", 0600);
        close(fd);
        rename("new", entry->d_name);
    }
    show("names, each of them replaced", seen);
    rewinddir(dir);
    for (seen = 0; readdir(dir);) seen++;
    show("names from the beginning", seen);
    closedir(dir);
    chdir("..");
}

static void both_want_it_alone(void) {
    pid_t child[2];
    for (int i = 0; i < 2; i++) {
        child[i] = fork();
        if (child[i] > 0) continue;
        const int fd = open("lock", O_RDWR | O_CREAT, 0600);
        alarm(5);
        flock(fd, LOCK_SH);
        usleep(200000);
        _exit(flock(fd, LOCK_EX) == 0 ? 7 : 8);
    }
    for (int i = 0; i < 2; i++) show_end("who had it shared has it alone", child[i]);
}

static int locked;
static void* lock_it(void* answer) {
    struct flock all = {.l_type = F_WRLCK};
    *(int*)answer = fcntl(locked, F_SETLKW, &all) == 0 ? 0 : errno;
    return NULL;
}
static void closed_while_it_waits(void) {
    struct flock all = {.l_type = F_WRLCK};
    int ends[2], answer = -1;
    char byte = 0;
    pipe(ends);
    const pid_t holder = fork();
    if (holder == 0) {
        fcntl(open("record", O_RDWR | O_CREAT, 0600), F_SETLK, &all);
        write(ends[1], &byte, 1);
        usleep(400000);
        _exit(0);
    }
    read(ends[0], &byte, 1);
    locked = open("record", O_RDWR);
    pthread_t thread;
    pthread_create(&thread, NULL, lock_it, &answer);
    usleep(200000);
    close(locked);
    pthread_join(thread, NULL);
    printf("a lock of what was closed meanwhile: %s\n", answer ? errno_name(answer) : "none");
    waitpid(holder, NULL, 0);
    const pid_t child = fork();
    if (child == 0)
        _exit(fcntl(open("record", O_RDWR), F_SETLK, &all) == 0 ? 9 : 10);
    show_end("somebody else", child);
}

static void seek_in_a_large_hole(void) {
    const int fd = memfd_create("hole", 0);
    const off64_t large = (off64_t)1 << 43;
    show("large", ftruncate64(fd, large - 4096));
    show("no data", lseek64(fd, 0, SEEK_DATA) == -1 ? -1 : 0);
    pwrite64(fd, "x", 1, large / 2);
    show_is("data far away", lseek64(fd, 5, SEEK_DATA) == large / 2);
    show_is("and a hole behind it", lseek64(fd, large / 2, SEEK_HOLE) == large / 2 + 4096);
    show("none behind that", lseek64(fd, large / 2 + 4096, SEEK_DATA) == -1 ? -1 : 0);
    show("a hole at once", lseek64(fd, 5, SEEK_HOLE));
    close(fd);
}

// ---- programs --------------------------------------------------------------------------

static void copy_program(const char* to, int mode) {
    char block[65536];
    const int from = open("/proc/self/exe", O_RDONLY);
    const int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0700);
    for (ssize_t got; (got = read(from, block, sizeof block)) > 0;) write(fd, block, got);
    close(fd);
    close(from);
    chmod(to, mode);
}

static void empty_what_runs(void) {
    const pid_t child = fork();
    char* const words[] = {"corners", "empty", NULL};
    if (child == 0) execv("corners", words);
    show_end("a program that empties its file", child);
}
static int empty(void) {
    const int fd = open("/proc/self/exe", O_RDONLY | O_TRUNC);
    return fd == -1 && errno == ETXTBSY ? 11 : 12;
}

// Whoever may become somebody else by a script would, by the script's name, become it by any.
static void script_of_an_owner(void) {
    char text[PATH_MAX + 32], here[PATH_MAX];
    snprintf(text, sizeof text, "#!%s/corners ids\n", getcwd(here, sizeof here));
    const int fd = open("script", O_WRONLY | O_CREAT, 0700);
    write(fd, text, strlen(text));
    close(fd);
    chmod("script", 04755);
    chmod(".", 0755);
    const pid_t child = fork();
    if (child == 0) {
        setuid(1000);  // who is somebody else already stays it
        execl("./script", "script", NULL);
        _exit(1);
    }
    show_end("a script is run by who runs it", child);
}

int main(int argc, char** argv) {
    if (argc > 1 && !strcmp(argv[1], "who")) return who();
    if (argc > 1 && !strcmp(argv[1], "empty")) return empty();
    if (argc > 1 && !strcmp(argv[1], "ids")) return getuid() == geteuid() ? 15 : 16;
    mkdtemp(folder);
    copy_program("/tmp/corners-program", 0755);
    chdir(folder);
    rename("/tmp/corners-program", "corners");
    session_of_an_orphan();
    parent_of_a_thread();
    leader_ends_first();
    clone_and_exec();
    exec_with_shared_files();
    stopped_orphans();
    exec_by_the_last_thread();
    killed_in_vfork();
    exec_beside_vfork();
    requeue_to_itself();
    wait_without_writing();
    replace_what_is_listed();
    both_want_it_alone();
    closed_while_it_waits();
    seek_in_a_large_hole();
    empty_what_runs();
    script_of_an_owner();
    return 0;
}
