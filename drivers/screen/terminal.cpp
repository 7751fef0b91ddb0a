#include "drivers/screen/terminal.hpp"

#include "drivers/screen/font.hpp"
#include "lib/assert.hpp"

#include <utility>

namespace {

constexpr u32 tab_width = 8;

// ANSI counts red as 1 and blue as 4, VGA the other way round.
constexpr u8 vga_colour(u32 ansi) {
    return static_cast<u8>((ansi & 0xA) | (ansi & 1) << 2 | (ansi & 4) >> 2);
}

}  // namespace

void terminal::attach(screen_surface& surface, const grid_storage& storage) {
    grid_.attach(surface, storage);
    reset();
    grid_.flush(cursor_, cursor_visible_);
}

void terminal::reset() {
    parser_.reset();
    rendition_ = {};
    saved_ = {};
    cursor_ = {};
    wrap_pending_ = false;
    cursor_visible_ = true;
    top_ = 0;
    bottom_ = rows();
}

void terminal::write(std::string_view text) {
    grid_.show_present();
    for (char c : text) parser_.feed(static_cast<u8>(c), *this);
    grid_.flush(cursor_, cursor_visible_);
}

void terminal::write_bytes(std::string_view bytes, text_sink& answers) {
    answers_ = &answers;
    write(bytes);
    answers_ = nullptr;
}

void terminal::scroll_view(int lines) {
    grid_.move_view(lines);
    grid_.flush(cursor_, cursor_visible_);
}

void terminal::recover() {
    const cell_position was = cursor_;
    reset();
    move_to(was.row, 0);
    grid_.show_present();
    grid_.redraw(cursor_, cursor_visible_);
}

// -- text ------------------------------------------------------------------------------

u8 terminal::attribute() const {
    u8 foreground = rendition_.foreground;
    u8 background = rendition_.background;
    if (rendition_.bold) foreground |= 8;
    if (rendition_.reverse) std::swap(foreground, background);
    return attribute_of(static_cast<colour>(foreground), static_cast<colour>(background));
}

cell terminal::blank() const {
    return {' ', attribute_of(light_grey, static_cast<colour>(rendition_.background))};
}

void terminal::print(char32_t character) {
    if (wrap_pending_) {
        cursor_.column = 0;
        line_down();
    }
    grid_.put(cursor_, {glyph_of(character), attribute()});
    wrap_pending_ = cursor_.column + 1 == columns();
    if (!wrap_pending_) ++cursor_.column;
}

void terminal::control(char c) {
    switch (c) {
        case '\r':
            move_to(cursor_.row, 0);
            return;
        case '\n': case '\v': case '\f':
            if (!answers_) cursor_.column = 0;
            line_down();
            return;
        case '\b':
            move_columns(-1);
            return;
        case '\t':
            move_columns(static_cast<s32>(tab_width - cursor_.column % tab_width));
            return;
        default: return;  // the bell is silent
    }
}

// -- the cursor --------------------------------------------------------------------------

void terminal::move_to(u32 row, u32 column) {
    cursor_ = {min_of(column, columns() - 1), min_of(row, rows() - 1)};
    wrap_pending_ = false;
}

void terminal::move_columns(s32 by) {
    const s32 column = static_cast<s32>(cursor_.column) + by;
    move_to(cursor_.row, static_cast<u32>(max_of(column, 0)));
}

// Stops at the edge of the region that scrolls, when it starts within.
void terminal::move_rows(s32 by) {
    const u32 here = cursor_.row;
    const s32 first = static_cast<s32>(here >= top_ ? top_ : 0);
    const s32 last = static_cast<s32>(here < bottom_ ? bottom_ : rows()) - 1;
    const s32 row = static_cast<s32>(here) + by;
    move_to(static_cast<u32>(min_of(max_of(row, first), last)), cursor_.column);
}

void terminal::line_down() {
    wrap_pending_ = false;
    if (cursor_.row + 1 == bottom_)
        grid_.scroll_up(scroll_region(), 1, blank());
    else if (cursor_.row + 1 < rows())
        ++cursor_.row;
}

void terminal::line_up() {
    wrap_pending_ = false;
    if (cursor_.row == top_)
        grid_.scroll_down(scroll_region(), 1, blank());
    else if (cursor_.row > 0)
        --cursor_.row;
}

void terminal::restore_cursor() {
    move_to(saved_.at.row, saved_.at.column);
    rendition_ = saved_.colours;
}

// -- sequences ---------------------------------------------------------------------------

void terminal::escape(char final) {
    switch (final) {
        case '7': return save_cursor();
        case '8': return restore_cursor();
        case 'D': return line_down();
        case 'M': return line_up();
        case 'E':
            cursor_.column = 0;
            return line_down();
        case 'c':
            reset();
            return grid_.fill_rows({0, rows()}, blank());
        default: return;
    }
}

void terminal::csi(const control_sequence& s) {
    if (s.private_mark != 0) {
        if (s.private_mark == '?' && (s.final == 'h' || s.final == 'l'))
            set_mode(s, s.final == 'h');
        return;
    }
    const u32 n = s.value_or(0, 1);
    const u32 m = s.value_or(1, 1);
    const s32 steps = static_cast<s32>(n);
    switch (s.final) {
        case 'A': return move_rows(-steps);
        case 'B': return move_rows(steps);
        case 'C': return move_columns(steps);
        case 'D': return move_columns(-steps);
        case 'G': return move_to(cursor_.row, n - 1);
        case 'd': return move_to(n - 1, cursor_.column);
        case 'H': case 'f': return move_to(n - 1, m - 1);
        case 'J': return erase_display(s.value_or(0, 0));
        case 'K': return erase_line(s.value_or(0, 0));
        case 'L': return shift_lines(true, n);
        case 'M': return shift_lines(false, n);
        case 'S': return grid_.scroll_up(scroll_region(), n, blank());
        case 'T': return grid_.scroll_down(scroll_region(), n, blank());
        case '@':
            wrap_pending_ = false;
            return grid_.insert_cells(cursor_, n, blank());
        case 'P':
            wrap_pending_ = false;
            return grid_.remove_cells(cursor_, n, blank());
        case 'X':
            wrap_pending_ = false;
            return grid_.fill(cursor_.row, {cursor_.column, cursor_.column + n}, blank());
        case 'm': return select_rendition(s);
        case 'n': return report(s.value_or(0, 0));
        case 'c': return report(0);
        case 'r': return set_scroll_region(s);
        case 's': return save_cursor();
        case 'u': return restore_cursor();
        default: return;
    }
}

void terminal::erase_display(u32 what) {
    const u32 row = cursor_.row;
    switch (what) {
        case 0:
            erase_line(0);
            return grid_.fill_rows({row + 1, rows()}, blank());
        case 1:
            erase_line(1);
            return grid_.fill_rows({0, row}, blank());
        case 2: return grid_.fill_rows({0, rows()}, blank());
        case 3: return grid_.forget_history();
        default: return;
    }
}

void terminal::erase_line(u32 what) {
    const u32 column = cursor_.column;
    wrap_pending_ = false;
    switch (what) {
        case 0: return grid_.fill(cursor_.row, {column, columns()}, blank());
        case 1: return grid_.fill(cursor_.row, {0, column + 1}, blank());
        case 2: return grid_.fill(cursor_.row, {0, columns()}, blank());
        default: return;
    }
}

void terminal::shift_lines(bool insert, u32 count) {
    if (cursor_.row < top_ || cursor_.row >= bottom_) return;
    const text_grid::extent below{cursor_.row, bottom_};
    if (insert) {
        grid_.scroll_down(below, count, blank());
    } else {
        grid_.scroll_up(below, count, blank());
    }
    move_to(cursor_.row, 0);
}

// As on a VT100, a region of less than two lines is refused.
void terminal::set_scroll_region(const control_sequence& s) {
    const u32 top = s.value_or(0, 1) - 1;
    const u32 bottom = min_of(s.value_or(1, rows()), rows());
    if (s.count > 0 && top + 2 > bottom) return;
    top_ = s.count > 0 ? top : 0;
    bottom_ = s.count > 0 ? bottom : rows();
    move_to(0, 0);
}

void terminal::set_mode(const control_sequence& s, bool on) {
    for (u32 i = 0; i < s.count; ++i)
        if (s.parameters[i] == 25) cursor_visible_ = on;
}

void terminal::report(u32 what) {
    if (!answers_) return;
    text_buffer<24> answer;
    if (what == 0) answer.write("\033[?6c");  // a VT102, as Linux's console says
    else if (what == 5) answer.write("\033[0n");
    else if (what == 6) format_to(answer, "\033[{};{}R", cursor_.row + 1, cursor_.column + 1);
    answers_->write(answer.view());
}

void terminal::select_rendition(const control_sequence& s) {
    rendition& r = rendition_;
    if (s.count == 0) r = {};
    for (u32 i = 0; i < s.count; ++i) {
        const u32 p = s.parameters[i];
        if (p == 0) r = {};
        else if (p == 1) r.bold = true;
        else if (p == 7) r.reverse = true;
        else if (p == 22) r.bold = false;
        else if (p == 27) r.reverse = false;
        else if (p >= 30 && p <= 37) r.foreground = vga_colour(p - 30);
        else if (p >= 40 && p <= 47) r.background = vga_colour(p - 40);
        else if (p == 39) r.foreground = light_grey;
        else if (p == 49) r.background = black;
        else if (p >= 90 && p <= 97) r.foreground = vga_colour(p - 90 + 8);
        else if (p >= 100 && p <= 107) r.background = vga_colour(p - 100 + 8);
        else if (p == 38 || p == 48) {
            // "5;n" from a palette, "2;r;g;b" as mixed: their numbers are no
            // renditions of their own.
            const u32 kind = i + 1 < s.count ? s.parameters[i + 1] : 0;
            if (kind == 5 && i + 2 < s.count && s.parameters[i + 2] < 16)
                (p == 38 ? r.foreground : r.background) = vga_colour(s.parameters[i + 2]);
            i += kind == 5 ? 2 : kind == 2 ? 4 : 1;
        }
    }
}

void terminal::check_invariants() const {
    kassert(cursor_.column < columns() && cursor_.row < rows(),
            "I1: cursor {}, {} in {} x {}", cursor_.column, cursor_.row, columns(), rows());
    kassert(!wrap_pending_ || cursor_.column + 1 == columns(),
            "I1: a wrap is pending in column {} of {}", cursor_.column, columns());
    kassert(top_ < bottom_ && bottom_ <= rows(), "I2: lines {} to {} of {} scroll", top_,
            bottom_, rows());
    grid_.check_invariants();
}
