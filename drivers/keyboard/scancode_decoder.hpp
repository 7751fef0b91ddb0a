// Scancodes (set 1, as the 8042 translates them) to what a terminal would send.
//
//     1E          A goes down          9E          A comes up (bit 7)
//     E0 48       the grey arrow up    48          the same key of the number block
//     E0 2A ...   made-up shifts around grey keys, for programs of 1984: ignored
//     E1 1D 45 E1 9D C5                Pause, which has no key-up
//     54          Print, while Alt is held: SysRq
//
// US layout. Letters, signs and Control come as bytes, keys beyond ASCII as the
// sequences of an xterm, Alt as ESC before the key. The decoder is a value with no
// hardware in it: bytes go in, at most one key comes out of each.
//
// I1: any byte in any state is harmless; after six bytes at most the decoder is in
//     step again.
// I2: when the keyboard says that it lost keys (00 or FF), no key counts as held:
//     a key-up may be among the lost.
//
// Left out: other layouts, dead keys, the lights, modifiers of arrow keys.
#pragma once

#include "lib/types.hpp"

#include <string_view>

struct key_event {
    enum class kind_t : u8 {
        none,
        text,         // bytes for whoever reads the console
        scroll_up,    // Shift-PgUp: the screen's own history
        scroll_down,  // Shift-PgDn
        reboot,       // Ctrl-Alt-Del
        monitor,      // Alt-SysRq
    };
    kind_t kind = kind_t::none;
    u8 length = 0;
    char bytes[6] = {};  // ESC, and the longest sequence, ESC [ 2 4 ~

    std::string_view text() const { return {bytes, length}; }
};

class scancode_decoder {
public:
    constexpr scancode_decoder() = default;

    key_event feed(u8 code);

private:
    enum class prefix : u8 { none, e0, pause, pause_last };
    enum held : u8 {
        left_shift = 1 << 0,
        right_shift = 1 << 1,
        left_ctrl = 1 << 2,
        right_ctrl = 1 << 3,
        left_alt = 1 << 4,
        right_alt = 1 << 5,
    };

    bool shift() const { return held_ & (left_shift | right_shift); }
    bool ctrl() const { return held_ & (left_ctrl | right_ctrl); }
    bool alt() const { return held_ & (left_alt | right_alt); }

    static u8 modifier_of(u8 key, bool grey);
    key_event key_down(u8 key, bool grey);
    key_event number_block(u8 key);
    key_event navigation(u8 key);
    key_event function_key(u8 key) const;
    key_event printable(u8 key) const;
    key_event typed(std::string_view text) const;
    key_event typed(char c) const { return typed({&c, 1}); }

    prefix prefix_ = prefix::none;
    u8 held_ = 0;
    bool caps_lock_ = false;
    bool num_lock_ = true;  // as the BIOS leaves it on a desktop PC
};
