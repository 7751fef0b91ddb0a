#include "kernel/monitor/line_editor.hpp"

#include "lib/assert.hpp"

namespace {

constexpr bool is_word(char c) { return c != ' ' && c != ';' && c != '/' && c != '='; }

}  // namespace

void line_editor::begin() {
    length_ = cursor_ = view_ = 0;
    age_ = not_browsing;
    searching_ = false;
    out_.write(prompt_);
}

line_editor::event line_editor::feed(char byte) {
    const key_press press = keys_.feed(byte);
    if (press.what == key::none) return event::editing;
    if (searching_ && act_on_search(press)) return event::editing;
    return act_on(press);
}

line_editor::event line_editor::act_on(key_press press) {
    switch (press.what) {
        case key::character: insert({&press.character, 1}); break;
        case key::enter: return finish(event::line, "");
        case key::interrupt: return finish(event::interrupted, "^C");
        case key::tab: complete(); break;
        case key::backspace:
            if (cursor_ > 0) erase(cursor_ - 1, cursor_);
            break;
        case key::end_of_input:
            if (length_ == 0) return event::ended;
            [[fallthrough]];
        case key::delete_forward:
            if (cursor_ < length_) erase(cursor_, cursor_ + 1);
            break;
        case key::left: move_to(cursor_ - (cursor_ > 0)); break;
        case key::right: move_to(cursor_ + (cursor_ < length_)); break;
        case key::word_left: move_to(word_start_before(cursor_)); break;
        case key::word_right: move_to(word_end_after(cursor_)); break;
        case key::home: move_to(0); break;
        case key::end: move_to(length_); break;
        case key::up: browse(age_ + 1); break;  // from not_browsing: 0, the newest
        case key::down:
            if (age_ != not_browsing) browse(age_ - 1);
            break;
        case key::kill_to_end: erase(cursor_, length_); break;
        case key::kill_to_start: erase(0, cursor_); break;
        case key::kill_word_back: erase(word_start_before(cursor_), cursor_); break;
        case key::kill_word_forward: erase(cursor_, word_end_after(cursor_)); break;
        case key::transpose: transpose(); break;
        case key::redraw:
            out_.write("\x1b[H\x1b[2J");
            redraw();
            break;
        case key::search_back: start_search(); break;
        case key::cancel:
        case key::none: break;
    }
    return event::editing;
}

line_editor::event line_editor::finish(event how, std::string_view mark) {
    // The rest of the line stays visible: what follows is written below it.
    move_to(length_);
    const bool mark_fits = length_ - view_ + mark.size() <= columns();
    out_.write(mark_fits ? "" : "\n");
    out_.write(mark);
    out_.write("\n");
    if (how == event::line) history_.add(line());
    else length_ = cursor_ = view_ = 0;
    return how;
}

// ---- changing the text -----------------------------------------------------------

void line_editor::insert(std::string_view added) {
    if (added.size() > max_length - length_) return bell();
    for (size_t i = length_; i > cursor_; --i) text_[i + added.size() - 1] = text_[i - 1];
    for (size_t i = 0; i < added.size(); ++i) text_[cursor_ + i] = added[i];
    length_ += added.size();
    cursor_ += added.size();
    if (cursor_ == length_ && cursor_fits_view()) out_.write(added);
    else redraw();
}

void line_editor::erase(size_t from, size_t to) {
    if (from >= to) return;
    const bool last_character = to == length_ && to - from == 1 && cursor_ == length_;
    for (size_t i = to; i < length_; ++i) text_[from + (i - to)] = text_[i];
    length_ -= to - from;
    cursor_ = from;
    if (last_character && cursor_fits_view()) out_.write("\b \b");
    else redraw();
}

void line_editor::set_line(std::string_view text) {
    length_ = min_of(text.size(), max_length);
    for (size_t i = 0; i < length_; ++i) text_[i] = text[i];
    cursor_ = length_;
    redraw();
}

// The character before the cursor and the one under it; at the end the last two.
void line_editor::transpose() {
    if (length_ < 2 || cursor_ == 0) return bell();
    const size_t second = cursor_ < length_ ? cursor_ : length_ - 1;
    const char moved = text_[second];
    text_[second] = text_[second - 1];
    text_[second - 1] = moved;
    cursor_ = second + 1;
    redraw();
}

size_t line_editor::word_start_before(size_t at) const {
    while (at > 0 && !is_word(text_[at - 1])) --at;
    while (at > 0 && is_word(text_[at - 1])) --at;
    return at;
}

size_t line_editor::word_end_after(size_t at) const {
    while (at < length_ && !is_word(text_[at])) ++at;
    while (at < length_ && is_word(text_[at])) ++at;
    return at;
}

void line_editor::move_to(size_t position) {
    if (position == cursor_) return;
    cursor_ = position;
    redraw();
}

// ---- history ---------------------------------------------------------------------

void line_editor::browse(size_t age) {
    if (age != not_browsing && age >= history_.size()) return bell();
    if (age_ == not_browsing) {
        draft_length_ = length_;
        for (size_t i = 0; i < length_; ++i) draft_[i] = text_[i];
    }
    age_ = age;
    set_line(age == not_browsing ? std::string_view(draft_, draft_length_)
                                 : history_.line(age));
}

void line_editor::start_search() {
    if (age_ == not_browsing) {
        draft_length_ = length_;
        for (size_t i = 0; i < length_; ++i) draft_[i] = text_[i];
    }
    searching_ = true;
    search_failed_ = found_any_ = false;
    query_length_ = 0;
    found_age_ = 0;
    redraw();
}

void line_editor::search_from(size_t age) {
    const size_t found = history_.find({query_, query_length_}, age);
    search_failed_ = found == history_.size();
    if (search_failed_) {
        bell();
        return redraw();
    }
    found_any_ = true;
    found_age_ = found;
    set_line(history_.line(found));
}

// What was found becomes the line, as if one had gone up to it.
void line_editor::leave_search() {
    searching_ = false;
    if (found_any_) age_ = found_age_;
    redraw();
}

// False: the search is over, and the key has its usual meaning.
bool line_editor::act_on_search(key_press press) {
    switch (press.what) {
        case key::character:
            if (query_length_ == max_query) return bell(), true;
            query_[query_length_++] = press.character;
            search_from(found_age_);
            return true;
        case key::backspace:
            if (query_length_ > 0) --query_length_;
            if (query_length_ > 0) search_from(0);
            else redraw();
            return true;
        case key::search_back:
            if (query_length_ > 0) search_from(found_age_ + !search_failed_);
            return true;
        case key::cancel:
            searching_ = false;
            set_line(age_ == not_browsing ? std::string_view(draft_, draft_length_)
                                          : history_.line(age_));
            return true;
        default: leave_search(); return false;
    }
}
