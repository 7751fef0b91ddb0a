#include "drivers/keyboard/scancode_decoder.hpp"

#include "lib/format.hpp"

#include <initializer_list>
#include <test.hpp>

namespace {

using kind_t = key_event::kind_t;

// Everything that a run of scancodes types.
struct typist {
    scancode_decoder decoder;
    text_buffer<64> text;
    u32 scrolled_up = 0, scrolled_down = 0, reboots = 0, monitors = 0;

    std::string_view type(std::initializer_list<int> codes) {
        text.clear();
        for (int code : codes) {
            const key_event event = decoder.feed(static_cast<u8>(code));
            text.write(event.text());
            scrolled_up += event.kind == kind_t::scroll_up;
            scrolled_down += event.kind == kind_t::scroll_down;
            reboots += event.kind == kind_t::reboot;
            monitors += event.kind == kind_t::monitor;
        }
        return text.view();
    }
};

}  // namespace

TEST(scancodes, letters_signs_and_space) {
    typist t;
    EXPECT_TRUE(t.type({0x26, 0xA6, 0x18, 0x98, 0x2E, 0xAE, 0x17, 0x97}) == "loci");
    EXPECT_TRUE(t.type({0x02, 0x0B, 0x0C, 0x0D, 0x1A, 0x1B, 0x27, 0x28}) == "10-=[];'");
    EXPECT_TRUE(t.type({0x29, 0x2B, 0x33, 0x34, 0x35, 0x39}) == "`\\,./ ");
    EXPECT_TRUE(t.type({0x1C, 0x0E, 0x0F, 0x01}) == "\r\x7F\t\033");
}

TEST(scancodes, shift_is_held_on_either_side) {
    typist t;
    EXPECT_TRUE(t.type({0x2A, 0x1E, 0x03, 0x28, 0xAA, 0x1E}) == "A@\"a");
    EXPECT_TRUE(t.type({0x36, 0x2A, 0x1E, 0xAA, 0x1E, 0xB6, 0x1E}) == "AAa");
    EXPECT_TRUE(t.type({0x2A, 0x0F, 0xAA}) == "\033[Z");
}

TEST(scancodes, caps_lock_is_for_letters) {
    typist t;
    EXPECT_TRUE(t.type({0x3A, 0xBA, 0x1E, 0x02}) == "A1");
    EXPECT_TRUE(t.type({0x2A, 0x1E, 0x02, 0xAA}) == "a!");
    EXPECT_TRUE(t.type({0x3A, 0xBA, 0x1E}) == "a");
}

TEST(scancodes, control_makes_control_characters) {
    typist t;
    EXPECT_TRUE(t.type({0x1D, 0x2E}) == "\x03");
    EXPECT_TRUE(t.type({0x1E, 0x2C, 0x1A, 0x2B, 0x1B}) == "\x01\x1A\x1B\x1C\x1D");
    EXPECT_TRUE(t.type({0x39, 0x0E}) == std::string_view("\0\b", 2));
    EXPECT_TRUE(t.type({0x9D, 0x2E}) == "c");
    EXPECT_TRUE(t.type({0xE0, 0x1D, 0x20, 0xE0, 0x9D, 0x20}) == "\x04" "d");
}

TEST(scancodes, alt_puts_escape_before) {
    typist t;
    EXPECT_TRUE(t.type({0x38, 0x30, 0xB8, 0x30}) == "\033bb");
    EXPECT_TRUE(t.type({0xE0, 0x38, 0x58, 0xE0, 0xB8}) == "\033\033[24~");
}

TEST(scancodes, grey_keys_send_xterm_sequences) {
    typist t;
    EXPECT_TRUE(t.type({0xE0, 0x48, 0xE0, 0xC8, 0xE0, 0x50}) == "\033[A\033[B");
    EXPECT_TRUE(t.type({0xE0, 0x4D, 0xE0, 0x4B}) == "\033[C\033[D");
    EXPECT_TRUE(t.type({0xE0, 0x47, 0xE0, 0x4F}) == "\033[H\033[F");
    EXPECT_TRUE(t.type({0xE0, 0x52, 0xE0, 0x53}) == "\033[2~\033[3~");
    EXPECT_TRUE(t.type({0xE0, 0x49, 0xE0, 0x51}) == "\033[5~\033[6~");
    EXPECT_TRUE(t.type({0xE0, 0x1C, 0xE0, 0x35}) == "\r/");
    // The made-up shifts around them change nothing.
    EXPECT_TRUE(t.type({0xE0, 0x2A, 0xE0, 0x48, 0x1E, 0xE0, 0xC8, 0xE0, 0xAA}) ==
                "\033[Aa");
}

TEST(scancodes, function_keys) {
    typist t;
    EXPECT_TRUE(t.type({0x3B, 0x3E, 0x3F, 0x40}) == "\033OP\033OS\033[15~\033[17~");
    EXPECT_TRUE(t.type({0x44, 0x57, 0x58}) == "\033[21~\033[23~\033[24~");
}

TEST(scancodes, the_number_block_follows_num_lock) {
    typist t;
    EXPECT_TRUE(t.type({0x47, 0x48, 0x4C, 0x52, 0x53, 0x4A, 0x4E, 0x37}) == "7850.-+*");
    EXPECT_TRUE(t.type({0x45, 0xC5, 0x47, 0x53, 0x4A}) == "\033[H\033[3~-");
    EXPECT_TRUE(t.type({0x2A, 0x47, 0xAA}) == "7");
    EXPECT_TRUE(t.type({0x4C}) == "\033[E");
}

TEST(scancodes, shifted_page_keys_scroll_the_screen) {
    typist t;
    EXPECT_TRUE(t.type({0x2A, 0xE0, 0x49, 0xE0, 0x49, 0xE0, 0x51, 0xAA}) == "");
    EXPECT_EQ(t.scrolled_up, 2u);
    EXPECT_EQ(t.scrolled_down, 1u);
    EXPECT_TRUE(t.type({0xE0, 0x49}) == "\033[5~");
}

TEST(scancodes, control_alt_delete_asks_for_a_reboot) {
    typist t;
    EXPECT_TRUE(t.type({0x1D, 0x38, 0xE0, 0x53}) == "");
    EXPECT_EQ(t.reboots, 1u);
    EXPECT_TRUE(t.type({0x53}) == "");
    EXPECT_EQ(t.reboots, 2u);
    EXPECT_TRUE(t.type({0xB8, 0xE0, 0x53}) == "\033[3~");
    EXPECT_EQ(t.reboots, 2u);
}

TEST(scancodes, alt_sysrq_asks_for_the_monitor) {
    typist t;
    EXPECT_TRUE(t.type({0x38, 0x54, 0xD4, 0xB8}) == "");
    EXPECT_EQ(t.monitors, 1u);
}

TEST(scancodes, pause_types_nothing_and_leaves_no_trace) {
    typist t;
    EXPECT_TRUE(t.type({0xE1, 0x1D, 0x45, 0xE1, 0x9D, 0xC5, 0x2E, 0x47}) == "c7");
    // Cut short, the next key is itself again.
    EXPECT_TRUE(t.type({0xE1, 0x2E}) == "c");
    EXPECT_TRUE(t.type({0xE1, 0x1D, 0x2E}) == "c");
}

TEST(scancodes, lost_keys_leave_nothing_held) {
    typist t;
    EXPECT_TRUE(t.type({0x2A, 0x1D, 0xFF, 0x1E}) == "a");
    EXPECT_TRUE(t.type({0x2A, 0xE0, 0x00, 0x48}) == "8");
}

TEST(scancodes, random_bytes_keep_the_decoder_in_step) {
    u32 state = 1;
    scancode_decoder decoder;
    for (int i = 0; i < 50000; ++i) {
        state = state * 1664525 + 1013904223;
        const key_event event = decoder.feed(static_cast<u8>(state >> 24));
        ASSERT_LE(event.length, sizeof(event.bytes));
        ASSERT_EQ(event.length > 0, event.kind == kind_t::text);
    }
    decoder.feed(0xFF);
    decoder.feed(0x3B);
    EXPECT_TRUE(decoder.feed(0x3B).text() == "\033OP");
}
