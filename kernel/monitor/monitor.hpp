// The monitor: a shell inside the kernel, on the serial line and the keyboard at once.
//
//   console_getc ──> line_editor ──line──> word_splitter ──words──> registered command
//                        │                                               │
//                        └──────────────> console_out <──────────────────┘
//
// It knows no command but finds all of them in the registry (lib/command.hpp), those
// of its own in kernel/monitor/*_command*.cpp too. Commands run one after the other, with
// interrupts on, on the monitor's stack; what is typed meanwhile waits, except
// that Ctrl-C makes monitor_interrupted() true and throws away what was typed
// before it.
//
// It is reached from anywhere: kernel/tty opens it over the programs that run.
//
// Left out: pipes, redirection, variables, a pager. That is a user program's work.
#pragma once

#include "lib/command.hpp"

// Reads and runs lines for ever. The keys are its own.
[[noreturn]] void monitor_run();
// ... over programs, which keep running, until `continue` or Ctrl-D; the caller has taken the
// keys (console_turn). May come while a command of monitor_run() waits for a program.
void monitor_session();

// Runs one line, which may hold several commands; the errno of the last one, 0 if
// it went well.
int monitor_execute(std::string_view line, text_sink& out);

// What was typed, for `history`.
class line_history;
const line_history& monitor_history();
