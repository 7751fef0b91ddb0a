#include "drivers/screen/font.hpp"

#include <test.hpp>

namespace {

bool same_picture(u8 a, u8 b) {
    for (u32 y = 0; y < font_height; ++y)
        if (font_8x16[a][y] != font_8x16[b][y]) return false;
    return true;
}

}  // namespace

TEST(screen_font, characters_are_sorted_so_that_they_are_found) {
    for (u32 i = 1; i < font_character_count; ++i)
        EXPECT_LT(font_characters[i - 1].code_point, font_characters[i].code_point);
    for (u32 i = 0; i < font_character_count; ++i)
        EXPECT_EQ(glyph_of(font_characters[i].code_point), font_characters[i].glyph);
}

TEST(screen_font, ascii_is_itself_and_lines_have_their_codes) {
    for (u32 c = 0x20; c < 0x7F; ++c) EXPECT_EQ(glyph_of(c), c);
    EXPECT_EQ(glyph_of(U'│'), 0xB3);
    EXPECT_EQ(glyph_of(U'╬'), 0xCE);
    EXPECT_EQ(glyph_of(U'█'), 0xDB);
    EXPECT_EQ(glyph_of(U'→'), 0x1A);
}

TEST(screen_font, what_it_lacks_shows_the_fallback) {
    for (u32 c : {0x00u, 0x7Fu, 0xE9u, 0xFFFFu, 0x10FFFFu})
        EXPECT_EQ(glyph_of(c), fallback_glyph);
    EXPECT_TRUE(same_picture(0x00, fallback_glyph));
}

TEST(screen_font, no_two_characters_look_alike) {
    for (u32 i = 0; i < font_character_count; ++i)
        for (u32 j = 0; j < i; ++j) {
            const u8 a = font_characters[i].glyph;
            const u8 b = font_characters[j].glyph;
            EXPECT_TRUE(a == b || !same_picture(a, b));
        }
}
