// What fails leaves things as they were, and who may write to something does not become
// somebody else by that.
#include "report.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { page = 4096 };

static char folder[] = "/tmp/damage-XXXXXX";

static long futex(void* word, int what, unsigned value) {
    return syscall(SYS_futex, word, what, value, NULL, NULL, 0);
}

static int file_of(char byte, size_t bytes) {
    char text[page];
    const int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0644);
    memset(text, byte, sizeof text);
    for (; bytes > 0; bytes -= bytes < page ? bytes : page)
        write(fd, text, bytes < page ? bytes : page);
    return fd;
}
static int how_many(int fd, char byte) {
    char text[2 * page];
    int count = 0;
    const ssize_t bytes = pread(fd, text, sizeof text, 0);
    for (ssize_t i = 0; i < bytes; i++) count += text[i] == byte;
    return count;
}

// ---- writes that fail ------------------------------------------------------------------

// Two pages, of which the second is no memory.
static char* half_a_buffer(void) {
    char* const at = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                          -1, 0);
    munmap(at + page, page);
    memset(at, 'y', page);
    return at;
}

static void write_from_nowhere(void) {
    char* const half = half_a_buffer();
    const int fd = file_of('x', page);
    show("written from nowhere", pwrite(fd, half + page, page, 0));
    printf("what was there is there: %d\n", how_many(fd, 'x'));
    show("written from half a buffer", pwrite(fd, half + page - 100, 200, 0));
    printf("of that: %d, of the old: %d\n", how_many(fd, 'y'), how_many(fd, 'x'));
    close(fd);
    const int appends = open("file", O_WRONLY | O_APPEND);
    show("appended from nowhere", write(appends, half + page, 10));
    show("its place", lseek(appends, 0, SEEK_CUR));
    close(appends);
}

// ---- who one is ------------------------------------------------------------------------

static mode_t mode_of(const char* name) {
    struct stat file;
    return stat(name, &file) ? 0 : file.st_mode & 07777;
}
// By somebody who may write to it, and is not root.
static void write_to_others(const char* what, void (*change)(int)) {
    const int fd = file_of('x', page);
    fchmod(fd, 06777);
    close(fd);
    const pid_t child = fork();
    if (child == 0) {
        setuid(1000);  // who is somebody else already stays it
        const int own = open("file", O_RDWR);
        change(own);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    printf("%s: %o\n", what, mode_of("file"));
}
static void write_one(int fd) { pwrite(fd, "y", 1, 0); }
static void write_none(int fd) { pwrite(fd, "y", 0, 0); }
static void shorten(int fd) { ftruncate(fd, 1); }
static void lengthen(int fd) { fallocate(fd, 0, 0, 2 * page); }

static void run_another_by(const char* what, const char* word, int promise) {
    const pid_t child = fork();
    if (child == 0) {
        if (promise) prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        setuid(1000);
        execl("./own", "own", word, NULL);
        _exit(1);
    }
    int status;
    waitpid(child, &status, 0);
    printf("%s: %d\n", what, WEXITSTATUS(status));
}
static void no_new_rights(void) {
    show("rights are", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    rename("/tmp/damage-program", "own");
    chmod("own", 04755);
    chmod(".", 0755);
    run_another_by("who may gain none stays itself", "ids", 1);
    run_another_by("and its children may gain none", "rights", 1);
}

// ---- memory ----------------------------------------------------------------------------

// As programs got memory before there was MAP_ANONYMOUS.
static void map_zeroes(void) {
    const int zero = open("/dev/zero", O_RDWR);
    const int only_read = open("/dev/zero", O_RDONLY);
    char* const own = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0);
    char* const shared = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, zero, 0);
    show_is("both can be mapped", own != MAP_FAILED && shared != MAP_FAILED);
    show_is("they are zeroes", own[5] == 0 && shared[5] == 0);
    if (fork() == 0) {
        own[5] = shared[5] = 1;
        _exit(0);
    }
    wait(NULL);
    printf("what a child wrote: %d, %d\n", own[5], shared[5]);
    errno = 0;
    mmap(NULL, page, PROT_WRITE, MAP_SHARED, only_read, 0);
    printf("shared, by who may only read: %s\n", errno_name(errno));
    errno = 0;
    mmap(NULL, page, PROT_READ, MAP_SHARED, open("/dev/zero", O_PATH), 0);
    printf("by a path alone: %s\n", errno_name(errno));
    close(zero);
    close(only_read);
}

static void* wait_for_ever(void* word) {
    futex(word, FUTEX_WAIT, 0);
    return NULL;
}
static int* shared_word(void) {
    return mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}
// Its memory is gone, and somebody else's may lie where that lay: it is not woken for him.
static void wait_on_what_is_gone(void) {
    int* const gone = shared_word();
    pthread_t thread;
    pthread_create(&thread, NULL, wait_for_ever, gone);
    usleep(50000);
    munmap(gone, page);
    int* const fresh = shared_word();
    const pid_t child = fork();
    if (child == 0) {
        alarm(5);
        wait_for_ever(fresh);
        _exit(7);
    }
    usleep(100000);
    show("woken", futex(fresh, FUTEX_WAKE, 1));
    int status;
    waitpid(child, &status, 0);
    printf("who waits on it: %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static void copy_program(const char* to) {
    char block[page];
    const int from = open("/proc/self/exe", O_RDONLY);
    const int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755);
    for (ssize_t got; (got = read(from, block, sizeof block)) > 0;) write(fd, block, got);
    close(fd);
    close(from);
}

int main(int argc, char** argv) {
    if (argc > 1 && !strcmp(argv[1], "ids")) return getuid() == geteuid() ? 15 : 16;
    if (argc > 1 && !strcmp(argv[1], "rights"))
        return 20 + prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
    mkdtemp(folder);
    copy_program("/tmp/damage-program");
    chdir(folder);
    umask(0);
    chmod(".", 0777);
    write_from_nowhere();
    write_to_others("bits after a write", write_one);
    write_to_others("bits after a write of nothing", write_none);
    write_to_others("bits of what was shortened", shorten);
    write_to_others("bits of what was made longer", lengthen);
    no_new_rights();
    map_zeroes();
    wait_on_what_is_gone();
    return 0;
}
