// What a terminal's settings make of bytes on their way out (c_oflag), and in which column
// that leaves the cursor: erasing a tab has to know.
#pragma once

#include "drivers/tty/termios.hpp"

// Where the bytes go.
class byte_sink_of_tty {
public:
    virtual void put_byte(u8 byte) = 0;

protected:
    ~byte_sink_of_tty() = default;
};

inline bool is_control(u8 c) { return c < 0x20 || c == 0x7f; }
// Of a character in UTF-8, all but the first byte.
inline bool is_continuation(u8 c, const ktermios& settings) {
    return settings.c_iflag & IUTF8 && (c & 0xc0) == 0x80;
}

class output_post {
public:
    // Linux's do_output_char(), where OPOST is set.
    void put(u8 c, const ktermios& settings, byte_sink_of_tty& out);

    u32 column() const { return column_; }
    // The cursor has moved left, by bytes that did not come through here.
    void step_back() { column_ -= column_ > 0; }

private:
    u32 column_ = 0;
};
