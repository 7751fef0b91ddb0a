// Where the line of a line_editor stands on the terminal.
#include "kernel/monitor/line_editor.hpp"

#include "lib/assert.hpp"

namespace {

constexpr std::string_view search_before = "(search \"";
constexpr std::string_view failed_before = "(nothing \"";
constexpr std::string_view search_behind = "\") ";

}  // namespace

size_t line_editor::prompt_length() const {
    if (!searching_) return prompt_.size();
    const std::string_view before = search_failed_ ? failed_before : search_before;
    return before.size() + query_length_ + search_behind.size();
}

template <size_t Capacity>
void line_editor::write_prompt(text_buffer<Capacity>& to) const {
    if (!searching_) return to.write(prompt_);
    to.write(search_failed_ ? failed_before : search_before);
    to.write({query_, query_length_});
    to.write(search_behind);
}

// I2: behind a mark on the left and the character after it, before one on the right.
// A line that could be shown whole is.
bool line_editor::cursor_fits_view() const {
    const size_t view_end = view_ + columns();
    if (view_ > 0 && (length_ <= columns() || cursor_ <= view_ + 1)) return false;
    return length_ <= view_end ? cursor_ <= view_end : cursor_ + 1 < view_end;
}

// By half a line at once, so that typing on scrolls seldom.
void line_editor::scroll_to_cursor() {
    if (cursor_fits_view()) return;
    const size_t half = columns() / 2;
    view_ = length_ > columns() && cursor_ > half ? cursor_ - half : 0;
}

void line_editor::redraw() {
    scroll_to_cursor();
    text_buffer<default_width * 2 + 32> drawing;  // one write: not torn by the log
    drawing.write("\r");
    write_prompt(drawing);
    const size_t shown = min_of(length_ - view_, columns());
    for (size_t i = 0; i < shown; ++i) {
        const bool more_left = i == 0 && view_ > 0;
        const bool more_right = i + 1 == columns() && view_ + shown < length_;
        drawing.put(more_left ? '<' : more_right ? '>' : text_[view_ + i]);
    }
    drawing.write("\x1b[K");
    if (cursor_ != view_ + shown)
        format_to(drawing, "\r\x1b[{}C", prompt_length() + cursor_ - view_);
    out_.write(drawing.view());
}

void line_editor::check_invariants() const {
    kassert(view_ <= cursor_ && cursor_ <= length_ && length_ <= max_length,
            "I1: view {}, cursor {}, length {}", view_, cursor_, length_);
    kassert(cursor_fits_view(), "I2: cursor {} of {}, view from {} on {} columns", cursor_,
            length_, view_, columns());
}
