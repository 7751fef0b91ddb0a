// Bytes from a terminal, made into keys. Arrows and their like come as escape
// sequences of several bytes, in the spellings of an xterm, a VT220 and the Linux
// console; an unknown sequence is swallowed whole rather than typed.
//
//     ESC [ A        ESC O H        ESC [ 3 ~        ESC [ 1 ; 5 C        ESC b
//     up             home           delete           word right           word left
#pragma once

#include "lib/types.hpp"

enum class key : u8 {
    none,  // the byte was part of something longer, or of nothing known
    character,
    enter,
    tab,
    backspace,
    delete_forward,
    left,
    right,
    word_left,
    word_right,
    home,
    end,
    up,
    down,
    kill_to_end,
    kill_to_start,
    kill_word_back,
    kill_word_forward,
    transpose,
    redraw,
    interrupt,
    end_of_input,  // Ctrl-D: on a line with text it deletes forward
    search_back,
    cancel,
};

struct key_press {
    key what;
    char character;  // for key::character
};

class key_decoder {
public:
    key_press feed(char byte);

private:
    enum class state : u8 { ground, escape, csi, ss3 };

    key control(char byte);
    key after_escape(char byte);
    key in_sequence(char byte);
    key finish_sequence(char byte) const;

    state state_ = state::ground;
    bool last_was_return_ = false;
    u32 first_parameter_ = 0;
    u32 parameter_ = 0;
    u32 parameters_ = 0;  // how many ';' have passed
};
