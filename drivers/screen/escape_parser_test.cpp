#include "drivers/screen/escape_parser.hpp"

#include "lib/format.hpp"

#include <test.hpp>

namespace {

// Writes down what it is told: characters as themselves or <U+hex>, controls as
// <hex>, escapes as <ESC x>, sequences as <CSI ?1;2m>.
class transcript final : public escape_handler {
public:
    void print(char32_t c) override {
        if (c < 0x80)
            text.put(static_cast<char>(c));
        else
            format_to(text, "<U+{:X}>", static_cast<u32>(c));
    }
    void control(char c) override { format_to(text, "<{:x}>", c); }
    void escape(char final) override { format_to(text, "<ESC {}>", final); }
    void csi(const control_sequence& s) override {
        text.write("<CSI ");
        if (s.private_mark != 0) text.put(s.private_mark);
        for (u32 i = 0; i < s.count; ++i)
            format_to(text, "{}{}", i == 0 ? "" : ";", s.parameters[i]);
        format_to(text, "{}>", s.final);
    }

    text_buffer<200> text;
};

bool reads(std::string_view bytes, std::string_view expected) {
    escape_parser parser;
    transcript seen;
    for (char c : bytes) parser.feed(static_cast<u8>(c), seen);
    return seen.text.view() == expected;
}

}  // namespace

TEST(escape_parser, takes_sequences_apart) {
    EXPECT_TRUE(reads("a\x1b[mb", "a<CSI m>b"));
    EXPECT_TRUE(reads("\x1b[1;31m", "<CSI 1;31m>"));
    EXPECT_TRUE(reads("\x1b[;5H", "<CSI 0;5H>"));
    EXPECT_TRUE(reads("\x1b[5;H", "<CSI 5;0H>"));
    EXPECT_TRUE(reads("\x1b[?25l", "<CSI ?25l>"));
    EXPECT_TRUE(reads("\x1b" "7x\x1b" "8", "<ESC 7>x<ESC 8>"));
}

TEST(escape_parser, swallows_whole_what_it_does_not_understand) {
    EXPECT_TRUE(reads("\x1b[1$rx", "x"));
    EXPECT_TRUE(reads("\x1b[38:5:1mx", "x"));
    EXPECT_TRUE(reads("\x1b[1?2hx", "x"));
    EXPECT_TRUE(reads("\x1b(Bx", "x"));
    EXPECT_TRUE(reads("\x1b#8x", "x"));
    EXPECT_TRUE(reads("\x1b]0;title\ax", "x"));
    EXPECT_TRUE(reads("\x1b]0;title\x1b\\x", "x"));
    EXPECT_TRUE(reads("\x1bPdata\x1b[1mx", "<CSI 1m>x"));
    EXPECT_TRUE(reads("\x1b[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17mx", "x"));
}

TEST(escape_parser, numbers_stop_at_their_largest) {
    EXPECT_TRUE(reads("\x1b[99999999999999999999A", "<CSI 9999A>"));
}

TEST(escape_parser, controls_act_within_sequences) {
    EXPECT_TRUE(reads("\x1b[1\n2A", "<a><CSI 12A>"));
    EXPECT_TRUE(reads("\x1b[1\x18" "2A", "2A"));
    EXPECT_TRUE(reads("\x1b[1\x1b[2A", "<CSI 2A>"));
}

TEST(escape_parser, a_string_without_an_end_ends_with_its_line) {
    EXPECT_TRUE(reads("\x1b]lost\nfound", "<a>found"));
    EXPECT_TRUE(reads("\x1b_lost\x1a" "found", "found"));
}

TEST(escape_parser, decodes_utf8) {
    EXPECT_TRUE(reads("\xc2\xb7", "<U+B7>"));
    EXPECT_TRUE(reads("\xe2\x94\x82", "<U+2502>"));
    EXPECT_TRUE(reads("\xf0\x9f\x98\x80", "<U+1F600>"));
    EXPECT_TRUE(reads("\x7f", ""));
}

TEST(escape_parser, broken_utf8_gives_one_replacement_for_each_sequence) {
    EXPECT_TRUE(reads("\xe2\x94x", "<U+FFFD>x"));
    EXPECT_TRUE(reads("\xe2\x94\n", "<U+FFFD><a>"));
    EXPECT_TRUE(reads("\xe2\xe2\x94\x82", "<U+FFFD><U+2502>"));
    EXPECT_TRUE(reads("\x80x", "<U+FFFD>x"));
    EXPECT_TRUE(reads("\xc0\xaf", "<U+FFFD>"));
    EXPECT_TRUE(reads("\xe0\x80\xaf", "<U+FFFD>"));
    EXPECT_TRUE(reads("\xed\xa0\x80", "<U+FFFD>"));
    EXPECT_TRUE(reads("\xf4\x90\x80\x80", "<U+FFFD>"));
    EXPECT_TRUE(reads("\xff\xfe", "<U+FFFD><U+FFFD>"));
    EXPECT_TRUE(reads("\x1b[1\xe2\x94\x82", "<U+2502>"));
}
