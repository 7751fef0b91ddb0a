// Pipes, and waiting for several of them at a time.
#include "report.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static void show_poll(const char* what, struct pollfd* fds, int count, int timeout) {
    const int ready = poll(fds, count, timeout);
    printf("%s: %d", what, ready);
    for (int i = 0; i < count; i++)
        printf(" %s%s%s%s%s", fds[i].revents & POLLIN ? "in" : "",
               fds[i].revents & POLLOUT ? "out" : "", fds[i].revents & POLLHUP ? "hup" : "",
               fds[i].revents & POLLERR ? "err" : "",
               fds[i].revents & POLLNVAL ? "bad" : "");
    printf("\n");
}

static void show_readiness(void) {
    int ends[2];
    pipe(ends);
    struct pollfd fds[3] = {{ends[0], POLLIN, 0}, {ends[1], POLLOUT, 0}, {99, POLLIN, 0}};
    show_poll("empty", fds, 2, 0);
    write(ends[1], "x", 1);
    show_poll("with a byte", fds, 3, 0);
    int bytes = 0;
    ioctl(ends[0], FIONREAD, &bytes);
    printf("FIONREAD %d\n", bytes);
    fd_set readable, writable;
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    FD_SET(ends[0], &readable);
    FD_SET(ends[1], &writable);
    show("select", select(ends[1] + 1, &readable, &writable, NULL, NULL));
    char c;
    read(ends[0], &c, 1);
    struct timeval soon = {0, 10000};
    FD_ZERO(&readable);
    FD_SET(ends[0], &readable);
    show("select, nothing there", select(ends[0] + 1, &readable, NULL, NULL, &soon));
    FD_SET(50, &readable);
    show("select of a closed file", select(51, &readable, NULL, NULL, &soon));
    close(ends[1]);
    show_poll("the writer is gone", fds, 1, 0);
    show("read", read(ends[0], &c, 1));
    close(ends[0]);
    pipe(ends);
    close(ends[0]);
    struct pollfd writer = {ends[1], POLLOUT, 0};
    show_poll("the reader is gone", &writer, 1, 0);
    signal(SIGPIPE, SIG_IGN);
    show("write", write(ends[1], "x", 1));
    close(ends[1]);
    show_poll("nothing at all", NULL, 0, 10);
}

static void show_room(void) {
    int ends[2];
    show("pipe2, bad flags", pipe2(ends, 0x1234));
    pipe2(ends, O_NONBLOCK | O_CLOEXEC);
    show("close on exec", fcntl(ends[0], F_GETFD));
    char block[4096];
    memset(block, 'b', sizeof block);
    show("read of nothing", read(ends[0], block, 1));
    long all = 0;
    ssize_t written;
    while ((written = write(ends[1], block, sizeof block)) > 0) all += written;
    printf("room for %ld bytes, then %s\n", all, errno_name(errno));
    show("read", read(ends[0], block, 100));
    show("room for a page at once only", write(ends[1], block, sizeof block));
    show("read", read(ends[0], block, 4096));
    show("then", write(ends[1], block, sizeof block));
    show("lseek of a pipe", lseek(ends[0], 0, SEEK_SET));
    show("write to the end for reading", write(ends[0], block, 1));
    struct stat it;
    fstat(ends[0], &it);
    show_is("a pipe by its mode", S_ISFIFO(it.st_mode));
    close(ends[0]);
    close(ends[1]);
}

static void show_streams(void) {
    int ends[2];
    pipe(ends);
    if (fork() == 0) {
        close(ends[0]);
        char block[1000];
        for (int i = 0; i < 300; i++) {
            memset(block, 'a' + i % 26, sizeof block);
            struct iovec parts[2] = {{block, 400}, {block + 400, 600}};
            if (writev(ends[1], parts, 2) != 1000) _exit(1);
        }
        _exit(0);
    }
    close(ends[1]);
    char block[777];
    long all = 0;
    unsigned sum = 0;
    ssize_t got;
    while ((got = read(ends[0], block, sizeof block)) > 0) {
        all += got;
        for (ssize_t i = 0; i < got; i++) sum = sum * 31 + (unsigned char)block[i];
    }
    int status = 0;
    wait(&status);
    printf("%ld bytes, sum %08x, status %d\n", all, sum, status);
    close(ends[0]);
}

static void show_named(void) {
    show("mkfifo", mkfifo("fifo", 0600));
    show("open for writing, nobody reads", open("fifo", O_WRONLY | O_NONBLOCK));
    if (fork() == 0) {
        const int fd = open("fifo", O_WRONLY);
        write(fd, "through the fifo", 16);
        _exit(0);
    }
    const int fd = open("fifo", O_RDONLY);
    char text[32] = "";
    show("read", read(fd, text, sizeof text));
    printf("%s\n", text);
    wait(NULL);
    show("read", read(fd, text, sizeof text));
}

int main(void) {
    show_readiness();
    show_room();
    show_streams();
    show_named();
    return 0;
}
