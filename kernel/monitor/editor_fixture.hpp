// For tests: a line editor at a model of a terminal, and somebody who types.
#pragma once

#include "kernel/monitor/line_editor.hpp"
#include "kernel/monitor/terminal_model.hpp"
#include "kernel/monitor/words.hpp"
#include "lib/test/scratch.hpp"

namespace keys {
inline constexpr char up[] = "\x1b[A", down[] = "\x1b[B";
inline constexpr char right[] = "\x1b[C", left[] = "\x1b[D";
inline constexpr char home[] = "\x1b[H", end[] = "\x1bOF", del[] = "\x1b[3~";
inline constexpr char word_right[] = "\x1b[1;5C", word_left[] = "\x1b[1;5D";
inline constexpr char backspace[] = "\x7f", enter[] = "\r", tab[] = "\t";
}  // namespace keys

class sample_completer final : public line_completer {
public:
    void complete(std::string_view before, completion_sink& to) override {
        const word_at_end at = last_word(before);
        if (at.command == "open") {
            for (const char* word : {"door", "window"}) to.offer(word);
        } else if (at.command.empty()) {
            for (const char* word : {"mem", "memtest", "open", "panic", "poweroff"})
                to.offer(word);
        }
    }
};

// In fixed storage: a history is too large for the kernel's stack, and one of its
// own is what each test wants.
struct editing {
    terminal_model terminal;
    line_history& history = empty_history();
    sample_completer completer;
    line_editor editor{terminal, history, completer, "> "};
    line_editor::event last = line_editor::event::editing;

    editing() { editor.begin(); }

    editing& type(std::string_view text) {
        for (const char c : text) {
            last = editor.feed(c);
            editor.check_invariants();
        }
        return *this;
    }
    editing& enter(std::string_view text) {
        type(text).type(keys::enter);
        editor.begin();
        return *this;
    }

    // The line, and the cursor as '|' in it.
    bool is(std::string_view expected) const {
        text_buffer<line_editor::max_length + 1> seen;
        for (size_t i = 0; i <= editor.line().size(); ++i) {
            if (i == editor.cursor()) seen.put('|');
            if (i < editor.line().size()) seen.put(editor.line()[i]);
        }
        return seen.view() == expected && terminal.strange() == 0;
    }

    // For lines that need no scrolling: the terminal shows just that.
    bool shows_it() const {
        text_buffer<200> wanted;
        wanted.write("> ");
        wanted.write(editor.line());
        std::string_view expected = wanted.view();
        while (!expected.empty() && expected.back() == ' ') expected.remove_suffix(1);
        return terminal.shown() == expected && terminal.column() == 2 + editor.cursor();
    }

private:
    static line_history& empty_history() { return in_scratch<line_history>(); }
};
