// The line discipline (Linux's N_TTY): what stands between a terminal and a program that
// reads lines from it. It edits, echoes, and turns ^C into a signal.
//
//     typed --> receive() --> flow, signals, editing --> line_buffer --> read()
//                                  | echo
//     write() ----> output_post ---+--> a few bytes held --> tty_port::transmit()
//
//     ICANON   read() gives a line at most, and only when it has ended. Until then the last
//              word (VWERASE), character (VERASE) or all of it (VKILL) can be taken back.
//     without  read() gives what is there, when there is enough: read_rules()
//
// A pure value: it waits for nothing, knows no device, no task and no clock. Who owns it
// brings bytes, asks before he reads whether there is something, and locks.
//
// I1: what the cursor's column is, output_post knows, for all bytes that went out since the
//     last one that moved it somewhere else.
// I2: while stopped() nothing is transmitted; echo waits as far as there is room for it.
// I3: there is always room for one byte more, unless a line is waiting: a full line can be
//     ended and edited.
//
// Left out: ECHOPRT (for printers), PENDIN, packet mode, parity errors, case by backslash.
#pragma once

#include "drivers/tty/line_buffer.hpp"
#include "drivers/tty/opost.hpp"
#include "drivers/tty/termios.hpp"

#include <span>
#include <string_view>

enum class tty_signal : u8 { interrupt, quit, suspend };

// What a terminal is to its line discipline.
class tty_port {
public:
    virtual void transmit(std::string_view bytes) = 0;
    // To the group of programs in the foreground.
    virtual void raise(tty_signal signal) = 0;

protected:
    ~tty_port() = default;
};

class line_discipline final : byte_sink_of_tty {
public:
    explicit line_discipline(tty_port& port) : port_(port) {}

    const ktermios& settings() const { return termios_; }
    void set(const ktermios& settings);

    // ---- from the terminal ----------------------------------------------------------------
    void receive(std::string_view typed);
    // How many bytes it can take without losing one.
    u32 room() const;

    // ---- to programs ----------------------------------------------------------------------
    // Whether read() gives something, be it the end of the file; and whether poll() says so,
    // which waits for VMIN bytes.
    bool readable() const { return lines() ? buffer_.has_line() : buffer_.size() > 0; }
    bool poll_readable() const;
    struct piece {
        u32 bytes;
        bool ended;  // with the line, or with its end of file
    };
    piece read(std::span<char> to);
    // The program's memory is full, and the line is not at its end: if only an end of file
    // is left of it, that is gone, too.
    void skip_end_of_file();
    // For FIONREAD.
    u32 available() { return lines() ? buffer_.readable_line_bytes() : buffer_.size(); }
    // When a read() that has some bytes already is done: in tenths of a second.
    struct patience {
        static constexpr s32 for_ever = -1;
        u32 least;   // bytes
        s32 first;   // for the first byte
        s32 later;   // for each one behind it
    };
    patience read_rules() const;

    // ---- from programs --------------------------------------------------------------------
    // How many bytes were taken: all, or none while it is stopped.
    size_t write(std::string_view text);
    bool stopped() const { return stopped_; }
    void stop() { stopped_ = true; }
    void start();
    // VSTART and VSTOP to the other side.
    void ask_to_stop(bool stop);

    void flush_input();
    void check_invariants() const { buffer_.check_invariants(); }

private:
    bool input(u32 flag) const { return termios_.c_iflag & flag; }
    bool local(u32 flag) const { return termios_.c_lflag & flag; }
    bool lines() const { return local(ICANON); }
    bool is(u8 c, control_character which) const { return c != 0 && c == termios_.c_cc[which]; }
    bool is_extended(u8 c, control_character which) const {
        return local(IEXTEN) && is(c, which);
    }

    void take(u8 c);
    bool take_flow_control(u8 c);
    bool take_signal(u8 c);
    bool take_editing(u8 c);
    bool take_line_end(u8 c);
    void take_text(u8 c, bool literally);
    void store(u8 c);
    void end_line(u8 c);
    void relieve();

    void erase(u8 c);
    void kill_without_drawing(u8 c);
    void erase_one(u8 c);
    void erase_tab();
    void reprint();

    void echo(u8 c);
    void echo_plain(u8 c) { post_.put(c, termios_, *this); }
    void rub_out();
    void put_byte(u8 byte) override;
    void flush();

    tty_port& port_;
    ktermios termios_ = tty_std_termios;
    line_buffer buffer_;
    output_post post_;
    u32 canon_column_ = 0;  // where the line that is edited begins
    bool literal_next_ = false;
    bool stopped_ = false;
    bool asked_to_stop_ = false;
    u32 held_bytes_ = 0;
    char held_[256] = {};
};
