// signals: what a program does about signals, and what waits for its threads.
#include "kernel/signal/locked.hpp"
#include "lib/command.hpp"
#include "lib/parse.hpp"

namespace {

// "HUP INT 34 35"
struct signal_names {
    signal_set set;
};

void format_value(text_sink& out, const format_spec&, const signal_names& names) {
    static constexpr const char* known[] = {
        "HUP",  "INT",  "QUIT", "ILL",    "TRAP", "ABRT", "BUS",  "FPE",  "KILL", "USR1", "SEGV",
        "USR2", "PIPE", "ALRM", "TERM",   "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN",
        "TTOU", "URG",  "XCPU", "XFSZ",   "VTALRM", "PROF", "WINCH", "IO",  "PWR",  "SYS"};
    if (names.set == 0) out.write(" none");
    for (u32 signal = 1; signal <= NSIG; ++signal) {
        if (!(names.set & sigmask(signal))) continue;
        if (signal < SIGRTMIN)
            format_to(out, " {}", known[signal - 1]);
        else
            format_to(out, " {}", signal);
    }
}

struct program_view {
    signal_set handled = 0, ignored = 0, waiting = 0;
    bool stopped = false, ending = false;
};
struct thread_view {
    signal_set waiting = 0, blocked = 0;
};

bool look(task_struct& task, program_view& program, thread_view& thread) {
    const sighand_guard held(task);
    if (!held) return false;
    for (u32 signal = 1; signal <= NSIG; ++signal) {
        const u32 handler = action_of(*task.sighand, signal).handler;
        if (handler == SIG_IGN)
            program.ignored |= sigmask(signal);
        else if (handler != SIG_DFL)
            program.handled |= sigmask(signal);
    }
    program.waiting = task.signal->shared_pending.signal;
    program.stopped = task.signal->stopped;
    program.ending = task.signal->group_exit;
    thread = {task.pending.signal, task.blocked};
    return true;
}

int show(task_struct& task, text_sink& out) {
    program_view program;
    thread_view thread;
    if (!look(task, program, thread)) {
        format_to(out, "{} ({}) has no signals\n", task.pid, task.comm);
        return EINVAL;
    }
    format_to(out, "program {} ({}){}{}\n", task.tgid, task.comm,
              program.stopped ? ", stopped" : "", program.ending ? ", is ending" : "");
    format_to(out, "  handled:{}\n  ignored:{}\n  waiting:{}\n", signal_names{program.handled},
              signal_names{program.ignored}, signal_names{program.waiting});
    format_to(out, "thread {}\n  waiting:{}\n  blocked:{}\n", task.pid,
              signal_names{thread.waiting}, signal_names{thread.blocked});
    return 0;
}

}  // namespace

REGISTER(monitor_command, signals_command) = {
    .name = "signals",
    .usage = "signals PID",
    .help = "a program's signals: handled, ignored, blocked, waiting",
    .run =
        [](command_line& line, text_sink& out) {
            const auto pid = parse_number(line.arg(0));
            if (line.count() != 1 || !pid || *pid > 0xffffffff) {
                format_to(out, "usage: signals PID\n");
                return EINVAL;
            }
            task_struct* const task = find_get_task(static_cast<u32>(*pid));
            if (!task) {
                format_to(out, "there is no task {}\n", *pid);
                return ESRCH;
            }
            const int outcome = show(*task, out);
            put_task_struct(*task);
            return outcome;
        },
};
