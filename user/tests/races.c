// Ends, beginnings and changes of owner that come at the same moment, again and again: who
// looks at a task, a group, a name or a pipe between two steps of another one's must find it
// whole. Whoever is to be interrupted in the middle is the least important (nice 19), so that
// each who wakes up runs first. In the end the kernel has what it had before.
//
//     races [WHAT]     all of it, or what has that in its name
//
// It is for Loci only: it judges by what Loci counts.
#include "counts.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { page = 4096 };
static int failures;

static void be_unimportant(void) { setpriority(PRIO_PROCESS, 0, 19); }
static char* touched(size_t bytes) {
    char* const room = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                            -1, 0);
    for (size_t i = 0; room != MAP_FAILED && i < bytes; i += page) room[i] = 1;
    return room;
}

// Whoever is left is this one's child (PR_SET_CHILD_SUBREAPER).
static void end_everybody(void) {
    for (pid_t ended = 0; ended >= 0; usleep(1000)) {
        kill(-1, SIGKILL);
        while ((ended = waitpid(-1, NULL, WNOHANG)) > 0) continue;
    }
}

// ---- threads that end ------------------------------------------------------------------

struct robust_list {
    struct robust_list* next;
};
static struct {
    struct robust_list* next;
    long offset;
    struct robust_list* pending;
} robust;

// A list of locks for the kernel to walk at the thread's end, a page fault for each.
static void end_slowly(int locks) {
    char* const at = mmap(NULL, locks * 2 * page, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < locks; i++)
        *(void**)(at + i * 2 * page) = i + 1 < locks ? (void*)(at + (i + 1) * 2 * page)
                                                     : (void*)&robust;
    robust.next = (void*)at;
    robust.offset = page;
    syscall(SYS_set_robust_list, &robust, sizeof robust);
    be_unimportant();
}

static void* end_with_five(void* microseconds) {
    usleep((long)microseconds);
    _exit(5);
}

// The leader is in the middle of its end when another thread ends the program.
static void leader_and_last_thread(int round) {
    int status = 0;
    if (fork() == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, end_with_five, (void*)(long)(12000 + round % 10 * 1000));
        end_slowly(1000);
        usleep(5000);
        syscall(SYS_exit, 0);
    }
    wait(&status);
    if (status == 5 << 8) return;
    printf("it ends with %#x: NO\n", status);
    failures++;
}

static void* become_another(void* unused) {
    (void)unused;
    char* const words[] = {"races", "end", NULL};
    usleep(10000);
    execv("/proc/self/exe", words);
    execv("races-program", words);
    _exit(1);
}
static void* end_by_robust_list(void* unused) {
    (void)unused;
    end_slowly(500);
    usleep(8000);
    syscall(SYS_exit, 0);
    return NULL;
}
// One executes, while the leader and another one end.
static void execute_beside_ends(int round) {
    if (fork() == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, become_another, NULL);
        pthread_create(&thread, NULL, end_by_robust_list, NULL);
        usleep(7000 + round % 10 * 500);
        syscall(SYS_exit, 0);
    }
    wait(NULL);
}

// ---- families --------------------------------------------------------------------------

static volatile int go;
static void* leave_the_group(void* unused) {
    (void)unused;
    while (!go) usleep(1000);
    setpgid(0, 0);
    return NULL;
}
// A fork is half done when the parent, the last of its group, changes the group.
static void fork_and_change_group(int round) {
    (void)round;
    if (fork() == 0) {
        setpgid(0, 0);
        if (fork() == 0) {
            touched(8 << 20);
            usleep(20000);
            pthread_t thread;
            pthread_create(&thread, NULL, leave_the_group, NULL);
            be_unimportant();
            go = 1;
            if (fork() == 0) _exit(0);
            wait(NULL);
            _exit(0);
        }
        _exit(0);
    }
    wait(NULL);
    wait(NULL);
}

// The parent of a parent ends while that makes it one more child.
static void parent_of_a_parent_ends(int round) {
    int ends[2];
    char byte = 0;
    pipe(ends);
    if (fork() == 0) {
        if (fork() == 0) {
            touched(8 << 20);
            be_unimportant();
            write(ends[1], &byte, 1);
            if (!syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0)) usleep(2000);
            _exit(0);
        }
        read(ends[0], &byte, 1);
        usleep(round % 5 * 1000);
        _exit(0);
    }
    close(ends[0]);
    close(ends[1]);
    while (wait(NULL) > 0) continue;
}

// Nobody waits for the child, which frees itself and its many signals as the parent ends.
static void child_frees_itself(int round) {
    if (fork() == 0) {
        signal(SIGCHLD, SIG_IGN);
        if (fork() == 0) {
            const union sigval none = {0};
            sigset_t all;
            sigfillset(&all);
            sigprocmask(SIG_BLOCK, &all, NULL);
            for (int i = 0; i < 3000 && !sigqueue(getpid(), SIGRTMIN + 1, none); i++) continue;
            be_unimportant();
            _exit(0);
        }
        usleep(round % 10 * 2000);
        _exit(0);
    }
    while (wait(NULL) > 0) continue;
}

// The last two of a group leave it at once.
static void last_two_of_a_group(int round) {
    (void)round;
    if (fork() == 0) {
        setpgid(0, 0);
        for (int i = 0; i < 2; i++)
            if (fork() == 0) {
                usleep(3000);
                be_unimportant();
                _exit(0);
            }
        _exit(0);
    }
    while (wait(NULL) > 0) continue;
}

// ---- files -----------------------------------------------------------------------------

// Children do that until they are told not to.
static void while_they(int children, long milliseconds, void (*work)(int which)) {
    for (int i = 0; i < children; i++)
        if (fork() == 0) {
            if (i % 2) be_unimportant();
            for (;;) work(i);
        }
    usleep(milliseconds * 1000);
    end_everybody();
}

static void open_the_fifo(int which) {
    const int fd = open("fifo", O_RDWR | O_NONBLOCK);
    if (which & 1) usleep(1);
    close(fd);
}
static void fifos(void) {
    mkfifo("fifo", 0600);
    while_they(4, 1500, open_the_fifo);
    unlink("fifo");
}

// Frames that a program alone has, as one thread writes to them and another one gives them up,
// so that the file behind gets them: seen by the same entry, they are no longer its own.
enum { lent = 256 };
static char* frames;
static int file_behind;
static volatile int written_now;
static void* write_to_them(void* unused) {
    be_unimportant();
    for (;;) {
        for (int i = 0; i < lent; i++) frames[i * page] = 1;
        fallocate(file_behind, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, lent * page);
        if (fork() == 0) _exit(0);  // from then on each write is a fault
        wait(NULL);
        for (int i = 0; i < lent; i++) frames[(written_now = i) * page] = 2;
    }
    return unused;
}
static void frames_that_change_hands(void) {
    file_behind = memfd_create("behind", 0);
    ftruncate(file_behind, lent * page);
    if (fork() == 0) {
        pthread_t writer;
        frames = mmap(NULL, lent * page, PROT_READ | PROT_WRITE, MAP_PRIVATE, file_behind, 0);
        pthread_create(&writer, NULL, write_to_them, NULL);
        for (;;) {
            volatile char* const one = frames + written_now * page;
            madvise((char*)one, page, MADV_DONTNEED);
            (void)*one;
            usleep(1);
        }
    }
    usleep(2000000);
    end_everybody();
    close(file_behind);
}

// A mapping that moves while the file loses its first page: who read there before sees nothing
// of that frame any more. An access that faults waits for the move, and finds nothing there.
enum { much = 32 << 20 };
static char* volatile moved_from;
static volatile unsigned moves;  // odd: one is under way
static int* seen;
static sigjmp_buf nothing_there;
static void no_memory(int unused) {
    (void)unused;
    siglongjmp(nothing_there, 1);
}
static void* move_it(void* reserved) {
    char *from = reserved, *to = from + much + page;
    be_unimportant();
    mmap(from, much, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file_behind, 0);
    for (;;) {
        for (int at = much; at > 0; at -= 2 << 20) from[at - (2 << 20)] = 1;
        moved_from = from;
        moves++;
        mremap(from, much, much, MREMAP_MAYMOVE | MREMAP_FIXED, to);
        moves++;
        char* const before = from;
        from = to;
        to = before;
    }
    return reserved;
}
static void look_where_it_was(void) {
    const unsigned move = moves;
    if (move % 2 == 0) return;
    fallocate(file_behind, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, page);
    if (sigsetjmp(nothing_there, 1) == 0 && *moved_from == 1 && moves == move) ++*seen;
}
static void mappings_that_move(void) {
    seen = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    file_behind = memfd_create("moved", 0);
    ftruncate(file_behind, much);
    if (fork() == 0) {
        pthread_t mover;
        char* const reserved = mmap(NULL, 2 * much + 2 * page, PROT_NONE,
                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        signal(SIGSEGV, no_memory);
        pthread_create(&mover, NULL, move_it, reserved);
        for (;;) {
            usleep(1);
            look_where_it_was();
        }
    }
    usleep(2000000);
    end_everybody();
    if (*seen) printf("a frame was seen that was gone: %d times\n", *seen);
    failures += *seen != 0;
    close(file_behind);
    munmap(seen, page);
}

static int log_reader;
static void read_the_log(int which) {
    char line[8192];
    if (which == 0) pread(log_reader, line, 1, 0);
    else if (which == 1) usleep(1), pread(log_reader, line, sizeof line, 0);
    else lseek(log_reader, 0, SEEK_SET);
}
static void readers_of_the_log(void) {
    log_reader = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
    while_they(3, 1500, read_the_log);
    close(log_reader);
}

static void prune_or_unmount(int which) {
    char name[40];
    if (which == 0) {
        const int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);
        write(fd, "2", 1);
        close(fd);
        return;
    }
    mount("tmpfs", "mounted", "tmpfs", 0, "");
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "mounted/%d", i);
        access(name, F_OK);
    }
    usleep(1);
    umount("mounted");
}
static void names_of_what_is_unmounted(void) {
    mkdir("mounted", 0700);
    while_they(2, 2000, prune_or_unmount);
    while (umount("mounted") == 0) continue;
    rmdir("mounted");
}

// ----------------------------------------------------------------------------------------

static const char* wanted = "";
static void measured(const char* name, int rounds, void (*round)(int), void (*run)(void)) {
    static struct counts before;
    if (!strstr(name, wanted)) return;
    printf("-- %s\n", name);
    if (round) round(0);
    else run();
    count(&before);
    const long start = now_ms();
    for (int i = 0; i < rounds; i++) {
        if (round) round(i);
        else run();
    }
    end_everybody();
    const int lost = compare_counts(&before);
    printf("nothing stays behind: %s (%ld ms)\n", lost ? "NO" : "yes", now_ms() - start);
    failures += lost != 0;
}

int main(int argc, char** argv) {
    if (argc > 1 && !strcmp(argv[1], "end")) return 0;
    if (argc > 1) wanted = argv[1];
    on_loci_only();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    measured("the leader and the last thread", 60, leader_and_last_thread, NULL);
    measured("execve() beside ends", 60, execute_beside_ends, NULL);
    measured("fork() and setpgid()", 40, fork_and_change_group, NULL);
    measured("a parent of a parent", 60, parent_of_a_parent_ends, NULL);
    measured("a child that frees itself", 60, child_frees_itself, NULL);
    measured("the last two of a group", 200, last_two_of_a_group, NULL);
    measured("fifos", 1, NULL, fifos);
    measured("frames that change hands", 1, NULL, frames_that_change_hands);
    measured("mappings that move", 1, NULL, mappings_that_move);
    measured("readers of the log", 1, NULL, readers_of_the_log);
    measured("names of what is unmounted", 1, NULL, names_of_what_is_unmounted);
    printf("%d failures\n", failures);
    return failures != 0;
}
