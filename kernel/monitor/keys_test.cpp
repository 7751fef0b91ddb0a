#include "kernel/monitor/keys.hpp"

#include <string_view>
#include <test.hpp>

namespace {

// The last key that the bytes gave; none of the others may have been one.
key key_of(std::string_view bytes) {
    key_decoder decoder;
    key what = key::none;
    for (const char c : bytes) {
        EXPECT_TRUE(what == key::none);
        what = decoder.feed(c).what;
    }
    return what;
}

}  // namespace

TEST(keys, arrows_in_every_spelling) {
    EXPECT_TRUE(key_of("\x1b[A") == key::up);
    EXPECT_TRUE(key_of("\x1bOB") == key::down);
    EXPECT_TRUE(key_of("\x1b[C") == key::right);
    EXPECT_TRUE(key_of("\x1b[1;5C") == key::word_right);
    EXPECT_TRUE(key_of("\x1b[1;3D") == key::word_left);
    EXPECT_TRUE(key_of("\x1b[1;2D") == key::left);
}

TEST(keys, home_end_and_delete_in_every_spelling) {
    for (const char* text : {"\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~", "\x01"})
        EXPECT_TRUE(key_of(text) == key::home);
    for (const char* text : {"\x1b[F", "\x1bOF", "\x1b[4~", "\x1b[8~", "\x05"})
        EXPECT_TRUE(key_of(text) == key::end);
    EXPECT_TRUE(key_of("\x1b[3~") == key::delete_forward);
    EXPECT_TRUE(key_of("\x1b[3;5~") == key::kill_word_forward);
}

TEST(keys, an_unknown_sequence_is_swallowed_whole) {
    for (const char* text :
         {"\x1b[5~", "\x1b[?25h", "\x1b[99999999999999z", "\x1b[1;2;3;4Q", "\x1bOP",
          "\x1bz", "\x1b[<0;1;2M", "\xe4"})
        EXPECT_TRUE(key_of(text) == key::none);
    key_decoder decoder;
    for (const char c : std::string_view("\x1b[5~")) decoder.feed(c);
    EXPECT_TRUE(decoder.feed('a').what == key::character);
}

TEST(keys, a_sequence_torn_off_does_not_hide_what_follows) {
    EXPECT_TRUE(key_of("\x1b[1;\r") == key::enter);
    EXPECT_TRUE(key_of("\x1b\x1b[A") == key::up);
    EXPECT_TRUE(key_of("\x1b[\x1b[B") == key::down);
}
