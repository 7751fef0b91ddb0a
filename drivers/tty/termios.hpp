// How a terminal is set, as programs know it: Linux's struct termios for i386.
#pragma once

#include "lib/types.hpp"

// c_cc: the characters that mean something. 0 means that none does.
enum control_character : u8 {
    VINTR, VQUIT, VERASE, VKILL, VEOF, VTIME, VMIN, VSWTC, VSTART, VSTOP, VSUSP, VEOL,
    VREPRINT, VDISCARD, VWERASE, VLNEXT, VEOL2,
    NCCS = 19,
};

struct ktermios {
    u32 c_iflag, c_oflag, c_cflag, c_lflag;
    u8 c_line;
    u8 c_cc[NCCS];
};
static_assert(sizeof(ktermios) == 36);
struct ktermios2 : ktermios {
    u32 c_ispeed, c_ospeed;
};
static_assert(sizeof(ktermios2) == 44);

// c_iflag: what is made of the bytes that come in.
inline constexpr u32 IGNBRK = 01, BRKINT = 02, IGNPAR = 04, PARMRK = 010, INPCK = 020,
                     ISTRIP = 040, INLCR = 0100, IGNCR = 0200, ICRNL = 0400, IUCLC = 01000,
                     IXON = 02000, IXANY = 04000, IXOFF = 010000, IMAXBEL = 020000,
                     IUTF8 = 040000;
// c_oflag: ... and of those that go out.
inline constexpr u32 OPOST = 01, OLCUC = 02, ONLCR = 04, OCRNL = 010, ONOCR = 020,
                     ONLRET = 040, TABDLY = 014000, XTABS = 014000;
// c_cflag: the line itself. It is what it is; these are kept for who asks.
inline constexpr u32 CBAUD = 010017, B38400 = 017, B115200 = 010002, CS8 = 060, CREAD = 0200, HUPCL = 02000,
                     CLOCAL = 04000;
// c_lflag: lines, echo and signals.
inline constexpr u32 ISIG = 01, ICANON = 02, ECHO = 010, ECHOE = 020, ECHOK = 040,
                     ECHONL = 0100, NOFLSH = 0200, TOSTOP = 0400, ECHOCTL = 01000,
                     ECHOPRT = 02000, ECHOKE = 04000, IEXTEN = 0100000;

// Linux's tty_std_termios.
inline constexpr ktermios tty_std_termios = {
    .c_iflag = ICRNL | IXON,
    .c_oflag = OPOST | ONLCR,
    .c_cflag = B38400 | CS8 | CREAD | HUPCL,
    .c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
    .c_line = 0,
    .c_cc = {'C' & 31, '\\' & 31, 0177, 'U' & 31, 'D' & 31, 0, 1, 0, 'Q' & 31, 'S' & 31,
             'Z' & 31, 0, 'R' & 31, 'O' & 31, 'W' & 31, 'V' & 31, 0, 0, 0},
};

// What c_cflag says of the line's speed, in bits a second.
constexpr u32 baud_of(const ktermios& settings) {
    constexpr u32 usual[] = {0,   50,  75,   110,  134,  150,  200,  300,
                             600, 1200, 1800, 2400, 4800, 9600, 19200, 38400};
    constexpr u32 fast[] = {0, 57600, 115200, 230400, 460800};
    const u32 code = settings.c_cflag & CBAUD;
    if (code < 16) return usual[code];
    return code - 010000 < 5 ? fast[code - 010000] : 38400;
}
