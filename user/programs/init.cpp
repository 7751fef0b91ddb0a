// The first program, process 1. It puts /proc, /dev and /tmp in place, where they are not,
// gives a shell the console, and waits: for the shell, whose end is the end of all; and
// for every process that lost its parent, because those become children of process 1, and
// a dead child keeps its number until somebody asks how it died.
//
// With arguments (init=/bin/init -- PROGRAM ...) it runs that in place of the shell.
#include "user/lib/calls.hpp"
#include "user/lib/program.hpp"

namespace {

constexpr struct {
    const char* type;
    const char* place;
    const char* sign;  // is there when the kernel has put it in place by itself
} file_systems[] = {{"proc", "/proc", "/proc/self"},
                    {"devtmpfs", "/dev", "/dev/null"},
                    {"tmpfs", "/tmp", ""}};

void mount_all() {
    for (const auto& [type, place, sign] : file_systems) {
        struct stat64 it;
        if (lstat(sign, &it) == 0) continue;
        system_call(call_number::mkdir, place, 0755);
        const int error =
            system_call(call_number::mount, type, place, type, 0, nullptr);
        if (error < 0 && error != -EBUSY) complain("init", place, error);
    }
}

// A session of one's own, whose terminal is the console, so that Ctrl-C reaches it.
void take_console() {
    const int console = open("/dev/console", O_RDWR);
    if (console < 0) return;
    for (int fd = 0; fd < 3; fd++) dup2(console, fd);
    if (console > 2) close(console);
    setsid();
    ioctl(0, TIOCSCTTY, nullptr);
}

[[noreturn]] void become(char** argv) {
    take_console();
    const char* surroundings[] = {"PATH=/bin", "HOME=/", "TERM=linux", nullptr};
    char* shell[] = {const_cast<char*>("/bin/sh"), nullptr};
    if (!argv[0]) argv = shell;
    const int error = execve(argv[0], argv, const_cast<char**>(surroundings));
    complain("init", argv[0], error);
    exit(126);
}

}  // namespace

PROGRAM(init, "[PROGRAM [WORD]...]", "process 1: a shell, and orphans buried") {
    if (getpid() == 1) mount_all();
    const int child = fork();
    if (child == 0) become(args.first);
    if (child < 0) return complain("init", "fork", child), 126;
    for (;;) {
        u32 status = 0;
        const int ended = wait4(-1, &status);
        if (ended == -ECHILD) return 1;
        if (ended != child) continue;
        return status_exited(status) ? status_code(status) : 128 + status_signal(status);
    }
}
