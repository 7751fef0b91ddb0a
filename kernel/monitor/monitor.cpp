#include "kernel/monitor/monitor.hpp"

#include "kernel/console/console.hpp"
#include "kernel/monitor/command_table.hpp"
#include "kernel/monitor/line_editor.hpp"
#include "kernel/monitor/words.hpp"
#include "lib/errno.hpp"
#include "lib/string.hpp"

namespace {

class command_completer final : public line_completer {
public:
    void complete(std::string_view before_cursor, completion_sink& to) override {
        const word_at_end at = last_word(before_cursor);
        if (at.command.empty()) {
            for (const monitor_command* c : all_commands()) to.offer(c->name);
        } else if (const monitor_command* c = find_command(all_commands(), at.command)) {
            if (c->complete) c->complete(to);
        }
    }
};

// Static: together they are larger than a kernel stack.
constinit line_history history;
constinit command_completer completer;

int run_command(std::span<const std::string_view> words, text_sink& out) {
    const monitor_command* found = find_command(all_commands(), words[0]);
    if (!found) {
        format_to(out, "{}: there is no such command", words[0]);
        if (const monitor_command* near = nearest_command(all_commands(), words[0]))
            format_to(out, "; did you mean \"{}\"?", near->name);
        out.write("\n");
        return ENOENT;
    }
    command_line line{words};
    return found->run(line, out);
}

}  // namespace

int monitor_execute(std::string_view line, text_sink& out) {
    word_splitter splitter(line);
    int status = 0;
    for (;;) {
        switch (splitter.next()) {
            case word_splitter::outcome::end: return status;
            case word_splitter::outcome::open_quote:
                out.write("a quote is left open\n");
                return EINVAL;
            case word_splitter::outcome::too_long:
                out.write("too many or too long words\n");
                return E2BIG;
            case word_splitter::outcome::command:
                status = run_command(splitter.words(), out);
                if (monitor_interrupted()) return EINTR;
        }
    }
}

namespace {

// How many have been opened over programs, and whether the last of them is to be left.
constinit u32 sessions = 0;
constinit bool leaving = false;

// The editor is one: who is opened while another one's command runs takes it over, so a line
// is copied before it runs.
line_editor& the_editor() {
    static line_editor editor(console_out(), history, completer, "loci> ");
    return editor;
}

void run_line(std::string_view typed) {
    char line[line_editor::max_length];
    memcpy(line, typed.data(), typed.size());
    monitor_execute({line, typed.size()}, console_out());
    if (monitor_interrupted()) {
        discard_interrupted_input();
        console_out().write("^C\n");
    }
}

// One line, typed and run. False: it ended instead.
bool read_and_run_line() {
    line_editor& editor = the_editor();
    editor.begin();
    for (;;) {
        switch (editor.feed(console_getc())) {
            case line_editor::event::editing: break;
            case line_editor::event::interrupted: return true;
            case line_editor::event::ended:
                if (sessions > 0) return false;
                break;
            case line_editor::event::line: run_line(editor.line()); return true;
        }
    }
}

}  // namespace

void monitor_run() {
    console_set_turn(console_owner::monitor);
    console_out().write(
        "\nWelcome to Loci, where one can watch memory being managed.\n"
        "Type \"help\" and Enter.\n\n");
    for (;;) read_and_run_line();
}

void monitor_session() {
    console_out().write("\nThe monitor, over what runs; \"continue\" or Ctrl-D goes back.\n");
    ++sessions;
    while (!leaving && read_and_run_line()) {}
    leaving = false;
    --sessions;
    console_out().write("\n");
}

REGISTER(monitor_command, continue_command) = {
    .name = "continue",
    .usage = "continue",
    .help = "back to the programs that the monitor was opened over",
    .run = [](command_line&, text_sink& out) {
        if (sessions == 0) return out.write("there are none\n"), ESRCH;
        leaving = true;
        return 0;
    },
};

bool monitor_interrupted() { return console_interrupt_pending(); }
const line_history& monitor_history() { return history; }
