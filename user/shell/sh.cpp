// A shell: reads a line, has it run, and reads the next. What it is made of can be read in
// this order:
//
//     syntax.hpp      a line becomes pipelines of commands
//     expand.hpp      the words of a command: quotes and variables
//     run.hpp         processes, pipes, the terminal's group
//     builtins.hpp    cd and what else the shell must do itself; redirections
//
// Left out: if, while, for and functions, patterns, substitution, here-documents. Who wants
// those runs a whole shell, busybox's for one.
#include "user/lib/calls.hpp"
#include "user/lib/program.hpp"
#include "user/lib/start.hpp"
#include "user/shell/run.hpp"
#include "user/shell/variables.hpp"

namespace {

void inherit_environment() {
    for (char** entry = environment; *entry; entry++) {
        std::string_view value = *entry;
        const std::string_view name = take_until(value, '=');
        if (!name.empty()) set_variable(name, value);
    }
    if (variable("PATH").empty()) set_variable("PATH", "/bin");
}

void show_prompt(bool continued) {
    char folder[256] = "?";
    system_call(call_number::getcwd, folder, sizeof folder);
    if (continued)
        print(2, "> ");
    else
        print(2, "{} $ ", folder);
}

// Runs a text as a whole: where it cannot be read, nothing of it. False: more must follow.
bool run_text(std::string_view text, bool more_may_follow) {
    arena memory;
    const parsed made = parse(text, memory);
    if (made.unfinished && !made.error && more_may_follow) return false;
    if (made.error || made.unfinished) {
        print(2, "sh: {}\n", made.error ? made.error : "the end came too early");
        special.status = 2;
        return true;
    }
    run_all(made.first, memory);
    return true;
}

// A terminal gives a line a time. A line may go on in the next one.
int converse() {
    static char text[4096];
    size_t length = 0;
    jobs_on(true);
    for (;;) {
        if (length == 0) bury_background();
        show_prompt(length != 0);
        const int got = read(0, text + length, u32(sizeof text - length));
        if (got == -EINTR) {
            print(2, "\n");
            length = 0;
            continue;
        }
        if (got <= 0) return print(2, "\n"), special.status;
        length += u32(got);
        if (length == sizeof text) print(2, "sh: the line is too long\n"), length = 0;
        if (run_text({text, length}, true)) length = 0;
    }
}

int run_file(int fd) {
    arena memory;
    growing_text text(memory);
    char piece[1024];
    for (int got; (got = read(fd, piece, sizeof piece)) != 0;) {
        if (got == -EINTR) continue;
        if (got < 0) return complain("sh", special.words[0], got), 1;
        text.add({piece, size_t(got)});
    }
    if (fd != 0) close(fd);
    run_text(text.take(), false);
    return special.status;
}

}  // namespace

PROGRAM(sh, "[-c LINE | FILE] [WORD]...", "a shell; with FILE or -c it runs that") {
    inherit_environment();
    const bool line_given = args.take("-c");
    if (line_given && args.count == 0) return wrong_usage("sh");
    const char* const line = args[0];
    if (line_given && args.count > 1) args = args.rest();
    else if (line_given)
        args = {0, args.first};
    const bool named = args.count > 0;
    static char own_name[] = "sh";
    static char* own_words[] = {own_name, nullptr};
    special.words = named ? args.first : own_words;
    special.count = named ? args.count - 1 : 0;
    if (line_given) return run_text(line, false), special.status;
    if (named) {
        const int fd = open(args[0], O_RDONLY);
        if (fd < 0) return complain("sh", args[0], fd), 127;
        return run_file(fd);
    }
    char terminal[64];
    return ioctl(0, TCGETS, terminal) == 0 ? converse() : run_file(0);
}
