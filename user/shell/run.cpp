#include "user/shell/run.hpp"

#include "user/lib/calls.hpp"
#include "user/lib/print.hpp"
#include "user/shell/builtins.hpp"
#include "user/shell/expand.hpp"
#include "user/shell/variables.hpp"

namespace {

bool at_terminal;
int stopped_group;

constexpr int job_signals[] = {SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU};

[[gnu::regparm(0)]] void on_interrupt(int, siginfo*, void*) {}

void bring_to_front(int group) { ioctl(0, TIOCSPGRP, &group); }

int status_of(u32 status) {
    return status_exited(status) ? status_code(status) : 128 + status_signal(status);
}

void tell_of_death(u32 status) {
    if (status_exited(status) || !at_terminal) return;
    if (status_signal(status) == SIGSEGV) print(2, "Segmentation fault\n");
    else if (status_signal(status) == SIGINT) print(2, "\n");
    else print(2, "Killed by signal {}\n", status_signal(status));
}

// All processes of a group, or until it is stopped. The status of `last`.
int wait_for_group(int group, int last) {
    int result = 0;
    bring_to_front(group);
    for (;;) {
        u32 status = 0;
        const int pid = wait4(-group, &status, WUNTRACED);
        if (pid == -EINTR) continue;
        if (pid < 0) break;
        if (status_stopped(status)) {
            stopped_group = group;
            print(2, "\n[{}] stopped; fg goes on with it\n", group);
            result = 128 + SIGTSTP;
            break;
        }
        if (pid != last && last != 0) continue;
        tell_of_death(status);
        result = status_of(status);
    }
    bring_to_front(getpid());
    return result;
}

int wait_for_one(int pid) {
    u32 status = 0;
    int got = 0;
    do got = wait4(pid, &status);
    while (got == -EINTR && !at_terminal);
    if (got == -EINTR) return 128 + SIGINT;
    return got < 0 ? 127 : status_of(status);
}

// In a child: the pipes' ends are its input and output, and no others stay open.
void take_pipes(int input, const int (&output)[2]) {
    if (input > 0) dup2(input, 0), close(input);
    if (output[1] > 0) dup2(output[1], 1), close(output[1]), close(output[0]);
}

struct job {
    int* pids;
    int count = 0;

    int group() const { return count ? pids[0] : 0; }
    int last() const { return pids[count - 1]; }
};

job room_for(const pipeline& line, arena& memory) {
    size_t commands = 0;
    for (const command* c = line.commands; c; c = c->next) commands++;
    return {static_cast<int*>(memory.allocate(commands * sizeof(int)))};
}

[[noreturn]] void be_child(const command& it, bool behind, arena& memory) {
    for (const int signal : job_signals) set_signal(signal, SIG_DFL);
    if (behind && !at_terminal) {
        set_signal(SIGINT, SIG_IGN);
        set_signal(SIGQUIT, SIG_IGN);
    }
    at_terminal = false;
    if (redirect(it.redirections, memory, nullptr) < 0) exit(1);
    exit(run_in_child(it, memory));
}

// Starts each command, up to one that cannot be started.
job start(const pipeline& line, arena& memory) {
    const bool behind = line.then == joint::background;
    job made = room_for(line, memory);
    int input = behind && !at_terminal ? open("/dev/null", O_RDONLY) : 0;
    int error = 0;
    for (const command* c = line.commands; c && error >= 0; c = c->next) {
        int ends[2] = {};
        if (c->next) error = pipe(ends);
        const int pid = error < 0 ? error : fork();
        if (pid == 0) {
            if (at_terminal) setpgid(0, made.group());
            if (at_terminal && !behind)
                bring_to_front(made.group() ? made.group() : getpid());
            take_pipes(input, ends);
            be_child(*c, behind, memory);
        }
        if (input > 0) close(input);
        if (ends[1] > 0) close(ends[1]);
        input = ends[0];
        error = pid;
        if (pid < 0) break;
        // Done on both sides, because nobody knows who comes first.
        if (at_terminal) setpgid(pid, made.group() ? made.group() : pid);
        made.pids[made.count++] = pid;
    }
    if (input > 0) close(input);
    if (error < 0) complain("sh", "starting a process", error);
    return made;
}

int wait_for_each(const job& of) {
    int result = 0;
    for (int i = 0; i < of.count; i++) result = wait_for_one(of.pids[i]);
    return result;
}

int run_one(const pipeline& line, arena& memory) {
    const command& only = *line.commands;
    const bool behind = line.then == joint::background;
    if (!only.next && !behind && runs_in_shell(only)) return run_here(only, memory);
    const job started = start(line, memory);
    if (started.count == 0) return 1;
    if (!behind)
        return at_terminal ? wait_for_group(started.group(), started.last())
                           : wait_for_each(started);
    special.last_background = started.last();
    if (at_terminal) print(2, "[{}]\n", started.last());
    return 0;
}

}  // namespace

void jobs_on(bool interactive) {
    at_terminal = interactive;
    if (!interactive) return;
    setpgid(0, 0);
    for (const int signal : job_signals) set_signal(signal, SIG_IGN);
    set_signal(SIGINT, u32(on_interrupt));
    bring_to_front(getpid());
}

void run_all(const pipeline* first, arena& memory) {
    for (const pipeline* line = first; line; line = line->next) {
        special.status = run_one(*line, memory);
        // What && or || rules out is left out, up to the next joint that does not.
        while (line->next &&
               ((line->then == joint::if_good && special.status != 0) ||
                (line->then == joint::if_bad && special.status == 0)))
            line = line->next;
    }
}

void bury_background() {
    u32 status = 0;
    for (int pid; (pid = wait4(-1, &status, WNOHANG)) > 0;)
        print(2, "[{}] ended with status {}\n", pid, status_of(status));
}

int wait_for_background(int pid) {
    if (pid) return wait_for_one(pid);
    u32 status = 0;
    int got = 0;
    do got = wait4(-1, &status);
    while (got > 0 || (got == -EINTR && !at_terminal));
    return got == -EINTR ? 128 + SIGINT : 0;
}

int continue_stopped() {
    if (!stopped_group) return print(2, "fg: nothing is stopped\n"), 1;
    const int group = stopped_group;
    stopped_group = 0;
    bring_to_front(group);
    kill(-group, SIGCONT);
    return wait_for_group(group, 0);
}

int become(char** words, arena& memory) {
    char** const handed_on = environment_of_variables(memory);
    const std::string_view name = words[0];
    std::string_view path = variable("PATH");
    int error = -ENOENT;
    do {
        const std::string_view folder = take_until(path, ':');
        growing_text place(memory);
        if (place_of(name, '/') == name.size()) {
            place.add(folder.empty() ? "." : folder);
            place.add('/');
        } else {
            path = {};
        }
        place.add(name);
        const int answer = execve(place.take(), words, handed_on);
        if (answer != -ENOENT && answer != -ENOTDIR) error = answer;
    } while (!path.empty());
    complain("sh", name, error);
    return error == -ENOENT ? 127 : 126;
}
