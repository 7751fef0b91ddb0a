// The commands that are about the monitor itself: help, history, clear, echo.
#include "kernel/monitor/help.hpp"
#include "kernel/monitor/history.hpp"
#include "kernel/monitor/monitor.hpp"
#include "lib/errno.hpp"

namespace {

int help(command_line& line, text_sink& out) {
    if (line.count() == 0) {
        write_help(out, all_commands());
        out.write(
            "\nTab completes, arrows recall, Ctrl-R searches, Ctrl-C stops a command;\n"
            "several commands on a line are separated by ';'.\n");
        return 0;
    }
    for (size_t i = 0; i < line.count(); ++i) {
        const monitor_command* command = find_command(all_commands(), line.arg(i));
        if (!command) {
            format_to(out, "help: there is no command \"{}\"\n", line.arg(i));
            return ENOENT;
        }
        format_to(out, "usage: {}\n", command->usage);
        write_two_columns(out, 4, "", command->help);
    }
    return 0;
}

void complete_help(completion_sink& to) {
    for (const monitor_command* c : all_commands()) to.offer(c->name);
}

int history(command_line&, text_sink& out) {
    const line_history& lines = monitor_history();
    for (size_t age = lines.size(); age-- > 0;)
        format_to(out, "{:4}  {}\n", lines.size() - age, lines.line(age));
    return 0;
}

int clear(command_line&, text_sink& out) {
    out.write("\x1b[H\x1b[2J");
    return 0;
}

int echo(command_line& line, text_sink& out) {
    for (size_t i = 0; i < line.count(); ++i) {
        if (i > 0) out.put(' ');
        out.write(line.arg(i));
    }
    out.write("\n");
    return 0;
}

}  // namespace

REGISTER(monitor_command, help_command) = {
    .name = "help",
    .usage = "help [COMMAND...]",
    .help = "what the monitor can do, or more about a command",
    .run = help,
    .complete = complete_help,
};

REGISTER(monitor_command, history_command) = {
    .name = "history",
    .usage = "history",
    .help = "the lines typed so far",
    .run = history,
};

REGISTER(monitor_command, clear_command) = {
    .name = "clear",
    .usage = "clear",
    .help = "clear the screen",
    .run = clear,
};

REGISTER(monitor_command, echo_command) = {
    .name = "echo",
    .usage = "echo [WORD...]",
    .help = "print the words",
    .run = echo,
};
