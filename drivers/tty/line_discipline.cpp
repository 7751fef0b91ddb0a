#include "drivers/tty/line_discipline.hpp"

// ---- settings ---------------------------------------------------------------------------

void line_discipline::set(const ktermios& settings) {
    const bool changes_lines = (termios_.c_lflag ^ settings.c_lflag) & ICANON;
    termios_ = settings;
    if (changes_lines) {
        buffer_.regard_lines(lines());
        literal_next_ = false;
    }
    if (!input(IXON)) start();
    relieve();
}

// ---- what is typed ----------------------------------------------------------------------

void line_discipline::receive(std::string_view typed) {
    for (const char c : typed) take(static_cast<u8>(c));
    flush();
    if (input(IXOFF) && !asked_to_stop_ && buffer_.room() < line_buffer::capacity / 4)
        ask_to_stop(true);
}

u32 line_discipline::room() const {
    if (buffer_.room() == 0 && lines() && !buffer_.has_line()) return 1;
    return buffer_.room();
}

void line_discipline::take(u8 c) {
    if (input(ISTRIP)) c &= 0x7f;
    if (input(IUCLC) && local(IEXTEN) && c >= 'A' && c <= 'Z') c = static_cast<u8>(c | 0x20);
    if (literal_next_) {
        literal_next_ = false;
        return take_text(c, true);
    }
    if (take_flow_control(c) || take_signal(c)) return;
    if (c == '\r') {
        if (input(IGNCR)) return;
        if (input(ICRNL)) c = '\n';
    } else if (c == '\n' && input(INLCR)) {
        c = '\r';
    }
    if (lines() && (take_editing(c) || take_line_end(c))) return;
    take_text(c, false);
}

bool line_discipline::take_flow_control(u8 c) {
    if (!input(IXON)) return false;
    if (is(c, VSTART)) {
        start();
        return true;
    }
    if (is(c, VSTOP)) {
        flush();
        stop();
        return true;
    }
    if (input(IXANY)) start();
    return false;
}

bool line_discipline::take_signal(u8 c) {
    if (!local(ISIG)) return false;
    tty_signal signal;
    if (is(c, VINTR)) signal = tty_signal::interrupt;
    else if (is(c, VQUIT)) signal = tty_signal::quit;
    else if (is(c, VSUSP)) signal = tty_signal::suspend;
    else return false;
    if (!local(NOFLSH)) {
        flush_input();
        if (stopped_) held_bytes_ = 0;
    }
    if (input(IXON)) start();
    if (local(ECHO)) echo(c);
    flush();
    port_.raise(signal);
    return true;
}

bool line_discipline::take_editing(u8 c) {
    if (is(c, VERASE) || is(c, VKILL) || is_extended(c, VWERASE)) {
        erase(c);
        return true;
    }
    if (is_extended(c, VLNEXT)) {
        literal_next_ = true;
        if (local(ECHO) && local(ECHOCTL)) {
            echo_plain('^');
            echo_plain('\b');
        }
        return true;
    }
    if (local(ECHO) && is_extended(c, VREPRINT)) {
        reprint();
        return true;
    }
    return false;
}

bool line_discipline::take_line_end(u8 c) {
    if (c == '\n') {
        if (local(ECHO) || local(ECHONL)) echo_plain('\n');
        end_line(c);
    } else if (is(c, VEOF)) {
        end_line(0);
    } else if (is(c, VEOL) || is_extended(c, VEOL2)) {
        if (local(ECHO)) echo(c);
        end_line(c);
    } else {
        return false;
    }
    return true;
}

void line_discipline::take_text(u8 c, bool literally) {
    if (local(ECHO)) {
        if (buffer_.editable() == 0) canon_column_ = post_.column();
        if (c == '\n' && !literally) echo_plain(c);
        else echo(c);
    }
    if (c == 0xff && input(PARMRK) && !input(ISTRIP)) store(c);
    store(c);
}

// Where a line is too long, the last byte of it is replaced (I3).
void line_discipline::store(u8 c) {
    if (buffer_.room() == 0 && lines() && !buffer_.has_line()) buffer_.drop_last(1);
    static_cast<void>(buffer_.push(c));
}

void line_discipline::end_line(u8 c) {
    const u32 room = this->room();
    store(c);
    if (room > 0) buffer_.end_line();
}

void line_discipline::flush_input() {
    buffer_.clear();
    relieve();
}

// ---- taking back ------------------------------------------------------------------------

void line_discipline::erase(u8 c) {
    if (buffer_.editable() == 0) return;
    const bool word = is_extended(c, VWERASE), all = !word && is(c, VKILL);
    const bool draws = local(ECHO) && (!all || (local(ECHOK) && local(ECHOKE) && local(ECHOE)));
    if (all && !draws) return kill_without_drawing(c);
    const auto is_word = [](u8 b) {
        return (b >= '0' && b <= '9') || (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') ||
               b == '_' || b >= 0x80;
    };
    bool in_word = false;
    while (buffer_.editable() > 0) {
        u32 bytes = 1;
        while (is_continuation(buffer_.last(bytes - 1), termios_) && bytes < buffer_.editable())
            ++bytes;
        const u8 first = buffer_.last(bytes - 1);
        if (is_continuation(first, termios_)) return;  // it has no beginning
        if (word) {
            if (is_word(first)) in_word = true;
            else if (in_word) return;
        }
        buffer_.drop_last(bytes);
        if (draws) erase_one(first);
        if (!word && !all) return;
    }
}

void line_discipline::kill_without_drawing(u8 c) {
    buffer_.drop_last(buffer_.editable());
    if (!local(ECHO)) return;
    echo(c);
    if (local(ECHOK)) echo_plain('\n');
}

void line_discipline::erase_one(u8 c) {
    if (!local(ECHOE)) return echo(termios_.c_cc[VERASE]);
    if (c == '\t') return erase_tab();
    if (is_control(c)) {
        if (!local(ECHOCTL)) return;
        rub_out();
    }
    rub_out();
}

// Back to where the tab was typed: so many columns as are left of it up to the tab before,
// or up to the beginning of the line.
void line_discipline::erase_tab() {
    u32 columns = 0, i = 0;
    for (; i < buffer_.editable(); ++i) {
        const u8 c = buffer_.last(i);
        if (c == '\t') break;
        if (is_control(c)) columns += local(ECHOCTL) ? 2 : 0;
        else columns += !is_continuation(c, termios_);
    }
    if (i == buffer_.editable()) columns += canon_column_;
    for (u32 left = 8 - columns % 8; left > 0; --left) {
        put_byte('\b');
        post_.step_back();
    }
}

void line_discipline::reprint() {
    echo(termios_.c_cc[VREPRINT]);
    echo_plain('\n');
    canon_column_ = 0;
    for (u32 i = buffer_.editable(); i > 0; --i) echo(buffer_.last(i - 1));
}

// ---- echo and output --------------------------------------------------------------------

void line_discipline::echo(u8 c) {
    if (!local(ECHOCTL) || !is_control(c) || c == '\t') return echo_plain(c);
    echo_plain('^');
    echo_plain(c ^ 0x40);
}

void line_discipline::rub_out() {
    put_byte('\b');
    put_byte(' ');
    put_byte('\b');
    post_.step_back();
}

void line_discipline::put_byte(u8 byte) {
    if (held_bytes_ == sizeof held_) flush();
    if (held_bytes_ < sizeof held_) held_[held_bytes_++] = static_cast<char>(byte);
}

void line_discipline::flush() {
    if (stopped_ || held_bytes_ == 0) return;
    port_.transmit({held_, held_bytes_});
    held_bytes_ = 0;
}

size_t line_discipline::write(std::string_view text) {
    if (stopped_) return 0;
    for (const char c : text) post_.put(static_cast<u8>(c), termios_, *this);
    flush();
    return text.size();
}

void line_discipline::start() {
    stopped_ = false;
    flush();
}

// Not through what is held: it is for the line, not for who reads the screen.
void line_discipline::ask_to_stop(bool stop) {
    asked_to_stop_ = stop;
    const char c = static_cast<char>(termios_.c_cc[stop ? VSTOP : VSTART]);
    if (c != 0) port_.transmit({&c, 1});
}

// There is room again.
void line_discipline::relieve() {
    if (asked_to_stop_ && (!input(IXOFF) || buffer_.room() > line_buffer::capacity / 2))
        ask_to_stop(false);
}

// ---- reading ----------------------------------------------------------------------------

bool line_discipline::poll_readable() const {
    if (lines()) return readable();
    const u32 least = termios_.c_cc[VTIME] == 0 ? termios_.c_cc[VMIN] : 0;
    return buffer_.size() >= max_of(least, 1u);
}

line_discipline::piece line_discipline::read(std::span<char> to) {
    u32 bytes = 0;
    bool ended = false;
    while (bytes < to.size() && readable() && !ended) {
        const u8 c = buffer_.front();
        ended = lines() && buffer_.front_ends_line();
        buffer_.pop(lines());
        if (ended && c == 0) break;
        to[bytes++] = static_cast<char>(c);
    }
    relieve();
    return {bytes, ended};
}

void line_discipline::skip_end_of_file() {
    if (lines() && readable() && buffer_.front() == 0 && buffer_.front_ends_line())
        buffer_.pop(true);
}

line_discipline::patience line_discipline::read_rules() const {
    constexpr s32 for_ever = patience::for_ever;
    if (lines()) return {1, for_ever, for_ever};
    const u8 least = termios_.c_cc[VMIN], time = termios_.c_cc[VTIME];
    if (least > 0) return {least, for_ever, time > 0 ? s32{time} : for_ever};
    return {1, time, time};
}
