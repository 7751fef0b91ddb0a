// Takes a stream of bytes apart: UTF-8 text, control characters, and the escape
// sequences of ECMA-48 as a VT100 and its descendants read them.
//
//     ground ──ESC──► escape ──[──► csi ──final──► (a sequence) ► ground
//                       │  └──] P X ^ _──► string ──BEL, ESC \──► ground
//                       └──space … /──► intermediate ──final──► ground
//
// I1: every byte is answered by at most two events, and any byte in any state has
//     its answer: there is no input that is an error.
// I2: a sequence that is not understood is swallowed whole, never printed in part.
// I3: a console never goes mute: CAN, SUB and ESC end every sequence, and so does
//     the end of a line within a string.
// I4: malformed UTF-8 (cut short, overlong, a surrogate, out of range) gives one
//     U+FFFD in the place of each broken sequence.
#pragma once

#include "lib/types.hpp"

// A control sequence: CSI [private] parameters final.
struct control_sequence {
    static constexpr u32 max_parameters = 16;
    static constexpr u16 largest = 9999;

    char private_mark = 0;  // '?' and its like, or none
    char final = 0;
    bool understood = true;  // false: it has parts that no sequence of ours has
    u32 count = 0;
    u16 parameters[max_parameters] = {};

    // The i-th parameter where 0 and "not there" mean the default.
    u32 value_or(u32 i, u32 fallback) const {
        return i < count && parameters[i] != 0 ? parameters[i] : fallback;
    }
};

// What a byte meant. One that means two things (it ends a broken character and
// begins something else) is delivered in two calls.
class escape_handler {
public:
    virtual void print(char32_t character) = 0;
    virtual void control(char c) = 0;  // below 0x20, but not ESC, CAN, SUB
    virtual void escape(char final) = 0;
    virtual void csi(const control_sequence& sequence) = 0;

protected:
    constexpr escape_handler() = default;
    ~escape_handler() = default;
};

class escape_parser {
public:
    void feed(u8 byte, escape_handler& handler);
    // Forgets a sequence or a character that has begun.
    void reset() { *this = {}; }

private:
    enum class state : u8 { ground, escape, intermediate, csi, string, string_escape };

    void text(u8 byte, escape_handler& handler);
    void begin_character(u8 byte, escape_handler& handler);
    void control_byte(u8 byte, escape_handler& handler);
    void escape_byte(u8 byte, escape_handler& handler);
    void csi_byte(u8 byte, escape_handler& handler);

    state state_ = state::ground;
    control_sequence sequence_;

    // A character under way: its bits so far, how many bytes are to come, and the
    // least value that is worth its length.
    char32_t character_ = 0;
    char32_t least_ = 0;
    u8 missing_ = 0;
};
