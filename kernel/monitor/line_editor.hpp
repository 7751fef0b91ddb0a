// One line, typed and edited on a terminal: bytes go in, drawing comes out, and in
// the end there is a line. Nothing here knows of consoles or waits for anything, so
// a test can type a script at it and look at what a model of a terminal shows.
//
//            width (80)
//     |<------------------------------------------------->|
//     loci> <some text that is longer than the line can h>
//     |----||---------------- columns() ------------------|   (the last stays free)
//     prompt ^ view_          ^ cursor_                   ^ view_ + columns()
//
// A long line scrolls sideways instead of wrapping: terminals disagree about what
// happens in the last column, and this way it is never written. '<' and '>' stand
// where text goes on.
//
// I1: view_ <= cursor_ <= length_ <= max_length.
// I2: the cursor is visible and never on a mark.
// I3: what the terminal shows is prompt, visible text, blanks; cursor at cursor_.
//
// Appending at the end writes just the character and deleting there just "\b \b", so
// that a log of a session reads like what was typed; all else draws the line anew.
//
// Left out: taking back what was killed, undo, text beyond ASCII.
#pragma once

#include "kernel/monitor/history.hpp"
#include "kernel/monitor/keys.hpp"
#include "lib/command.hpp"

// Who knows what the word before the cursor could become.
class line_completer {
public:
    // Offers every candidate for the last word; those that do not begin like it
    // are no use and do no harm. The texts outlive the call of line_editor::feed.
    virtual void complete(std::string_view before_cursor, completion_sink& to) = 0;

protected:
    ~line_completer() = default;
};

class line_editor {
public:
    static constexpr size_t max_length = line_history::max_length;
    static constexpr size_t default_width = 80;

    enum class event { editing, line, interrupted, ended };

    // The prompt is shorter than half the width.
    constexpr line_editor(text_sink& out, line_history& history, line_completer& completer,
                          std::string_view prompt, size_t width = default_width)
        : out_(out),
          history_(history),
          completer_(completer),
          prompt_(prompt),
          width_(width) {}

    // Shows the prompt and an empty line.
    void begin();

    // `line`: line() is what was typed, until begin(). `ended`: Ctrl-D on an empty line, which
    // goes on if it means nothing.
    event feed(char byte);

    std::string_view line() const { return {text_, length_}; }
    size_t cursor() const { return cursor_; }

    void check_invariants() const;

private:
    static constexpr size_t not_browsing = ~size_t{0};
    static constexpr size_t max_query = 32;

    event act_on(key_press press);
    bool act_on_search(key_press press);
    event finish(event how, std::string_view mark);

    void insert(std::string_view text);
    void erase(size_t from, size_t to);
    void set_line(std::string_view text);
    void transpose();
    size_t word_start_before(size_t at) const;
    size_t word_end_after(size_t at) const;
    void move_to(size_t position);

    void browse(size_t age);
    void start_search();
    void search_from(size_t age);
    void leave_search();
    void complete();

    template <size_t Capacity>
    void write_prompt(text_buffer<Capacity>& to) const;
    size_t prompt_length() const;
    size_t columns() const { return width_ - prompt_length() - 1; }
    bool cursor_fits_view() const;
    void scroll_to_cursor();
    void redraw();
    void bell() { out_.write("\a"); }

    text_sink& out_;
    line_history& history_;
    line_completer& completer_;
    std::string_view prompt_;
    size_t width_;
    key_decoder keys_;

    char text_[max_length] = {};
    size_t length_ = 0;
    size_t cursor_ = 0;
    size_t view_ = 0;

    size_t age_ = not_browsing;  // of the history's line that is being shown
    char draft_[max_length] = {};  // what was typed before browsing began
    size_t draft_length_ = 0;

    bool searching_ = false;
    bool search_failed_ = false;
    bool found_any_ = false;
    size_t found_age_ = 0;
    char query_[max_query] = {};
    size_t query_length_ = 0;
};
