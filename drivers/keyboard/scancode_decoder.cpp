#include "drivers/keyboard/scancode_decoder.hpp"

namespace {

constexpr u8 key_up_bit = 0x80;

enum key : u8 {
    key_backspace = 0x0E,
    key_tab = 0x0F,
    key_enter = 0x1C,
    key_ctrl = 0x1D,
    key_left_shift = 0x2A,
    key_slash = 0x35,
    key_right_shift = 0x36,
    key_keypad_star = 0x37,
    key_alt = 0x38,
    key_caps_lock = 0x3A,
    key_f1 = 0x3B,
    key_f10 = 0x44,
    key_num_lock = 0x45,
    key_home = 0x47,
    key_page_up = 0x49,
    key_keypad_minus = 0x4A,
    key_keypad_plus = 0x4E,
    key_page_down = 0x51,
    key_delete = 0x53,
    key_sysrq = 0x54,
    key_f11 = 0x57,
    key_f12 = 0x58,
};

// From scancode 0; 0 where a key is no character.
constexpr std::string_view plain = {
    "\0\0331234567890-=\0\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0\0\0 ", 0x3A};
constexpr std::string_view shifted = {
    "\0\033!@#$%^&*()_+\0\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0\0\0 ", 0x3A};
static_assert(plain[0x39] == ' ' && shifted[0x39] == ' ' && plain[0x1E] == 'a' &&
              plain[0x2C] == 'z' && shifted[0x35] == '?');

// The number block from Home (47) to Del (53), with and without Num Lock.
constexpr std::string_view block_digits = "789-456+1230.";
constexpr std::string_view block_sequences[] = {
    "\033[H", "\033[A", "\033[5~", "", "\033[D", "\033[E", "\033[C", "",
    "\033[F", "\033[B", "\033[6~", "\033[2~", "\033[3~"};

constexpr std::string_view function_sequences[] = {
    "\033OP",   "\033OQ",   "\033OR",   "\033OS",   "\033[15~", "\033[17~",
    "\033[18~", "\033[19~", "\033[20~", "\033[21~", "\033[23~", "\033[24~"};

constexpr bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// What Control makes of a key, as a DEC terminal has it; the key itself if nothing.
constexpr char control_of(char c) {
    if (is_letter(c) || (c >= '[' && c <= '_') || c == '@')
        return static_cast<char>(c & 0x1F);
    switch (c) {
        case ' ':
        case '2': return 0x00;
        case '6': return 0x1E;
        case '-':
        case '/': return 0x1F;
        default: return c;
    }
}

}  // namespace

key_event scancode_decoder::feed(u8 code) {
    const prefix before = prefix_;
    prefix_ = prefix::none;
    if (code == 0xE0 || code == 0xE1) {
        prefix_ = code == 0xE0 ? prefix::e0 : prefix::pause;
        return {};
    }
    if (code == 0x00 || code == 0xFF) {
        held_ = 0;
        return {};
    }
    const u8 key = code & ~key_up_bit;
    if (before == prefix::pause && key == key_ctrl) {
        prefix_ = prefix::pause_last;
        return {};
    }
    if (before == prefix::pause_last && key == key_num_lock) return {};

    const bool grey = before == prefix::e0;
    if (grey && (key == key_left_shift || key == key_right_shift)) return {};
    if (const u8 modifier = modifier_of(key, grey)) {
        held_ = static_cast<u8>(code & key_up_bit ? held_ & ~modifier : held_ | modifier);
        return {};
    }
    return code & key_up_bit ? key_event{} : key_down(key, grey);
}

u8 scancode_decoder::modifier_of(u8 key, bool grey) {
    switch (key) {
        case key_ctrl: return grey ? right_ctrl : left_ctrl;
        case key_alt: return grey ? right_alt : left_alt;
        case key_left_shift: return left_shift;
        case key_right_shift: return right_shift;
        default: return 0;
    }
}

key_event scancode_decoder::key_down(u8 key, bool grey) {
    if (grey) {
        if (key == key_enter) return typed('\r');
        if (key == key_slash) return typed('/');
        return key >= key_home && key <= key_delete ? navigation(key) : key_event{};
    }
    if (key == key_caps_lock) {
        caps_lock_ = !caps_lock_;
        return {};
    }
    if (key == key_num_lock) {
        num_lock_ = !num_lock_;
        return {};
    }
    if (key >= key_home && key <= key_delete) return number_block(key);
    if (key == key_keypad_star) return typed('*');
    if (key == key_sysrq) {
        key_event event;
        event.kind = key_event::kind_t::monitor;
        return event;
    }
    if (key < plain.size()) return printable(key);
    return function_key(key);
}

key_event scancode_decoder::number_block(u8 key) {
    // Shift turns Num Lock round, and Ctrl-Alt-Del works on this Del as well.
    const bool digits = num_lock_ != shift() && !(ctrl() && alt());
    if (digits || key == key_keypad_minus || key == key_keypad_plus)
        return typed(block_digits[key - key_home]);
    return navigation(key);
}

key_event scancode_decoder::navigation(u8 key) {
    key_event event;
    if (key == key_delete && ctrl() && alt()) {
        event.kind = key_event::kind_t::reboot;
        return event;
    }
    if (shift() && (key == key_page_up || key == key_page_down)) {
        event.kind = key == key_page_up ? key_event::kind_t::scroll_up
                                        : key_event::kind_t::scroll_down;
        return event;
    }
    const std::string_view sequence = block_sequences[key - key_home];
    return sequence.empty() ? event : typed(sequence);
}

key_event scancode_decoder::function_key(u8 key) const {
    if (key >= key_f1 && key <= key_f10) return typed(function_sequences[key - key_f1]);
    if (key == key_f11 || key == key_f12)
        return typed(function_sequences[key - key_f11 + 10]);
    return {};
}

key_event scancode_decoder::printable(u8 key) const {
    if (key == key_backspace) return typed(ctrl() ? '\b' : '\x7F');
    if (key == key_tab && shift()) return typed("\033[Z");
    char c = plain[key];
    if (c == 0) return {};
    const bool upper = is_letter(c) ? shift() != caps_lock_ : shift();
    if (upper) c = shifted[key];
    return typed(ctrl() ? control_of(c) : c);
}

key_event scancode_decoder::typed(std::string_view text) const {
    key_event event;
    event.kind = key_event::kind_t::text;
    if (alt()) event.bytes[event.length++] = '\033';
    for (char c : text) event.bytes[event.length++] = c;
    return event;
}
