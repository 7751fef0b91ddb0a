#include "drivers/tty/opost.hpp"

#include "lib/format.hpp"

#include <test.hpp>

namespace {

struct post_fixture : byte_sink_of_tty {
    void put_byte(u8 byte) override { text.put(static_cast<char>(byte)); }
    std::string_view put(std::string_view bytes, u32 oflag) {
        text.clear();
        settings.c_oflag = oflag;
        for (const char c : bytes) post.put(static_cast<u8>(c), settings, *this);
        return text.view();
    }
    ktermios settings = tty_std_termios;
    output_post post;
    text_buffer<64> text;
};

}  // namespace

TEST(tty_output, newlines_and_returns_become_what_is_asked_for) {
    post_fixture f;
    EXPECT_TRUE(f.put("a\nb", OPOST | ONLCR) == "a\r\nb");
    EXPECT_TRUE(f.put("a\nb", ONLCR) == "a\nb");
    EXPECT_TRUE(f.put("a\rb", OPOST | OCRNL) == "a\nb");
    EXPECT_TRUE(f.put("\r\r", OPOST) == "\r\r");
    EXPECT_TRUE(f.put("\rx\r", OPOST | ONOCR) == "x\r");
    EXPECT_TRUE(f.put("aZ\xe4", OPOST | OLCUC) == "AZ\xe4");
}

TEST(tty_output, tabs_become_blanks_up_to_the_next_eighth_column) {
    post_fixture f;
    EXPECT_TRUE(f.put("abc\t|", OPOST | XTABS) == "abc     |");
    EXPECT_EQ(f.post.column(), 9u);
    EXPECT_TRUE(f.put("\b\t|", OPOST) == "\b\t|");
    EXPECT_EQ(f.post.column(), 17u);
}

TEST(tty_output, knows_its_column) {
    post_fixture f;
    f.put("ab\b\b\b\033", OPOST);
    EXPECT_EQ(f.post.column(), 0u);
    f.settings.c_iflag |= IUTF8;
    f.put("\xc3\xa4x", OPOST);
    EXPECT_EQ(f.post.column(), 2u);
    f.put("\n", OPOST);
    EXPECT_EQ(f.post.column(), 2u);
    f.put("\n", OPOST | ONLRET);
    EXPECT_EQ(f.post.column(), 0u);
}
