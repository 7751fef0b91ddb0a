#include "kernel/monitor/keys.hpp"

namespace {

constexpr char escape = 0x1b;
constexpr char del = 0x7f;

constexpr char ctrl(char letter) { return static_cast<char>(letter & 0x1f); }

constexpr u32 modifier_ctrl = 5;  // 1 + the sum of shift 1, alt 2, ctrl 4
constexpr u32 modifier_alt = 3;

}  // namespace

key key_decoder::control(char byte) {
    switch (byte) {
        case '\r': return key::enter;
        case '\n': return last_was_return_ ? key::none : key::enter;  // "\r\n" is one
        case '\t': return key::tab;
        case '\b':
        case del: return key::backspace;
        case ctrl('A'): return key::home;
        case ctrl('B'): return key::left;
        case ctrl('C'): return key::interrupt;
        case ctrl('D'): return key::end_of_input;
        case ctrl('E'): return key::end;
        case ctrl('F'): return key::right;
        case ctrl('G'): return key::cancel;
        case ctrl('K'): return key::kill_to_end;
        case ctrl('L'): return key::redraw;
        case ctrl('N'): return key::down;
        case ctrl('P'): return key::up;
        case ctrl('R'): return key::search_back;
        case ctrl('T'): return key::transpose;
        case ctrl('U'): return key::kill_to_start;
        case ctrl('W'): return key::kill_word_back;
        default: return key::none;
    }
}

key key_decoder::after_escape(char byte) {
    state_ = state::ground;
    switch (byte) {
        case '[':
            state_ = state::csi;
            first_parameter_ = parameter_ = parameters_ = 0;
            return key::none;
        case 'O': state_ = state::ss3; return key::none;
        case 'b': return key::word_left;
        case 'f': return key::word_right;
        case 'd': return key::kill_word_forward;
        case del:
        case '\b': return key::kill_word_back;
        default: return key::none;
    }
}

key key_decoder::finish_sequence(char byte) const {
    const u32 first = parameters_ == 0 ? parameter_ : first_parameter_;
    const u32 modifier = parameters_ > 0 ? parameter_ : 0;
    const bool by_word = modifier == modifier_ctrl || modifier == modifier_alt;
    switch (byte) {
        case 'A': return key::up;
        case 'B': return key::down;
        case 'C': return by_word ? key::word_right : key::right;
        case 'D': return by_word ? key::word_left : key::left;
        case 'H': return key::home;
        case 'F': return key::end;
        case '~': break;
        default: return key::none;
    }
    switch (first) {
        case 1:
        case 7: return key::home;
        case 4:
        case 8: return key::end;
        case 3: return by_word ? key::kill_word_forward : key::delete_forward;
        default: return key::none;
    }
}

key key_decoder::in_sequence(char byte) {
    if (byte >= '0' && byte <= '9') {
        if (parameter_ < 1000) parameter_ = parameter_ * 10 + static_cast<u32>(byte - '0');
        return key::none;
    }
    if (byte == ';') {
        if (parameters_++ == 0) first_parameter_ = parameter_;
        parameter_ = 0;
        return key::none;
    }
    // ECMA-48: 0x20 to 0x3f go on, 0x40 to 0x7e end it.
    if (byte >= 0x20 && byte <= 0x3f) return key::none;
    state_ = state::ground;
    return finish_sequence(byte);
}

key_press key_decoder::feed(char byte) {
    const u8 code = static_cast<u8>(byte);
    const bool is_control = code < 0x20 || byte == del;
    key what = key::none;
    if (byte == escape) {
        state_ = state::escape;
    } else if (state_ == state::escape) {
        what = after_escape(byte);
    } else if (state_ != state::ground && is_control) {
        // A sequence torn off: the control character counts.
        state_ = state::ground;
        what = control(byte);
    } else if (state_ == state::csi) {
        what = in_sequence(byte);
    } else if (state_ == state::ss3) {
        state_ = state::ground;
        parameter_ = parameters_ = 0;
        what = finish_sequence(byte);
    } else if (is_control) {
        what = control(byte);
    } else if (code < 0x7f) {
        what = key::character;
    }
    last_was_return_ = byte == '\r';
    return {what, byte};
}
