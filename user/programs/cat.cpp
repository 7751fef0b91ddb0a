// Files are read in pieces until a read() gives nothing; a terminal gives a line a time,
// and nothing when Ctrl-D is typed.
#include "user/lib/calls.hpp"
#include "user/lib/program.hpp"

namespace {

char buffer[16384];

int copy(const char* name, int fd) {
    for (;;) {
        const int got = read(fd, buffer, sizeof buffer);
        if (got == -EINTR) continue;
        const int error = got < 0 ? got : write_all(1, {buffer, size_t(got)});
        if (error < 0) complain("cat", name, error);
        if (error < 0 || got == 0) return error < 0;
    }
}

}  // namespace

PROGRAM(cat, "[FILE]...", "files, one after another; without any, what is typed") {
    if (args.count == 0) return copy("standard input", 0);
    int status = 0;
    for (int i = 0; i < args.count; i++) {
        const int fd = open(args[i], O_RDONLY);
        if (fd < 0) {
            complain("cat", args[i], fd);
            status = 1;
            continue;
        }
        status |= copy(args[i], fd);
        close(fd);
    }
    return status;
}
