#include "drivers/screen/escape_parser.hpp"

namespace {

constexpr u8 BEL = 0x07, CAN = 0x18, SUB = 0x1A, ESC = 0x1B, DEL = 0x7F;
constexpr char32_t replacement = 0xFFFD;

constexpr bool is_surrogate(char32_t c) { return c >= 0xD800 && c <= 0xDFFF; }

}  // namespace

void escape_parser::feed(u8 byte, escape_handler& handler) {
    if (state_ == state::ground) {
        if (byte >= 0x20 || missing_ > 0) return text(byte, handler);
        return control_byte(byte, handler);
    }
    if (state_ == state::string_escape) {
        // "ESC \" ends the string; ESC and anything else does so too, and begins
        // a sequence of its own.
        state_ = byte == '\\' ? state::ground : state::escape;
        if (state_ == state::ground) return;
    }
    if (state_ == state::string) {
        if (byte == ESC) {
            state_ = state::string_escape;
        } else if (byte == BEL || byte == CAN || byte == SUB) {
            state_ = state::ground;
        } else if (byte == '\n' || byte == '\r') {
            state_ = state::ground;
            control_byte(byte, handler);
        }
        return;
    }
    if (byte < 0x20) return control_byte(byte, handler);
    if (byte == DEL) return;
    if (byte > DEL) {  // no part of any sequence: text, and the sequence is over
        state_ = state::ground;
        return text(byte, handler);
    }
    switch (state_) {
        case state::escape: return escape_byte(byte, handler);
        case state::csi: return csi_byte(byte, handler);
        default:  // intermediate: a sequence that we know none of
            if (byte >= 0x30) state_ = state::ground;
            return;
    }
}

// Controls act even in the midst of a sequence, as on a VT100.
void escape_parser::control_byte(u8 byte, escape_handler& handler) {
    if (byte == ESC) {
        state_ = state::escape;
    } else if (byte == CAN || byte == SUB) {
        state_ = state::ground;
    } else {
        handler.control(static_cast<char>(byte));
    }
}

void escape_parser::escape_byte(u8 byte, escape_handler& handler) {
    state_ = state::ground;
    switch (byte) {
        case '[':
            sequence_ = {};
            state_ = state::csi;
            return;
        case ']': case 'P': case 'X': case '^': case '_':
            state_ = state::string;
            return;
        default:
            if (byte < 0x30)
                state_ = state::intermediate;
            else
                handler.escape(static_cast<char>(byte));
    }
}

void escape_parser::csi_byte(u8 byte, escape_handler& handler) {
    control_sequence& s = sequence_;
    if (byte >= '0' && byte <= '9') {
        if (s.count == 0) s.count = 1;
        u16& parameter = s.parameters[s.count - 1];
        const u32 value = parameter * 10u + (byte - '0');
        parameter = static_cast<u16>(min_of<u32>(value, s.largest));
    } else if (byte == ';') {
        if (s.count == 0) s.count = 1;
        if (s.count == s.max_parameters) {
            s.understood = false;
        } else {
            s.parameters[s.count++] = 0;
        }
    } else if (byte >= '<' && byte <= '?') {
        if (s.count > 0 || s.private_mark != 0) s.understood = false;
        s.private_mark = static_cast<char>(byte);
    } else if (byte >= 0x40) {
        state_ = state::ground;
        s.final = static_cast<char>(byte);
        if (s.understood) handler.csi(s);
    } else {
        s.understood = false;  // intermediates and sub-parameters
    }
}

// -- UTF-8 -----------------------------------------------------------------------------

void escape_parser::text(u8 byte, escape_handler& handler) {
    if (missing_ == 0) return begin_character(byte, handler);
    if ((byte & 0xC0) != 0x80) {
        missing_ = 0;
        handler.print(replacement);
        return feed(byte, handler);
    }
    character_ = character_ << 6 | (byte & 0x3F);
    if (--missing_ > 0) return;
    const bool good =
        character_ >= least_ && character_ <= 0x10FFFF && !is_surrogate(character_);
    handler.print(good ? character_ : replacement);
}

void escape_parser::begin_character(u8 byte, escape_handler& handler) {
    if (byte == DEL) return;
    if (byte < 0x80) return handler.print(byte);
    if (byte >= 0xC0 && byte < 0xE0) {
        missing_ = 1, least_ = 0x80, character_ = byte & 0x1F;
    } else if (byte >= 0xE0 && byte < 0xF0) {
        missing_ = 2, least_ = 0x800, character_ = byte & 0x0F;
    } else if (byte >= 0xF0 && byte < 0xF8) {
        missing_ = 3, least_ = 0x10000, character_ = byte & 0x07;
    } else {
        handler.print(replacement);
    }
}
