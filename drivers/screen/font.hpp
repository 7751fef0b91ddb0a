// The console's font: 8x16 pixels, one bit each. The data is made by tools/font
// of font.txt, where the glyphs can be seen and edited.
//
//     font_8x16[code][y]   row y of a glyph, bit 7 is the leftmost pixel. Codes
//                          are CP437's, so ASCII is itself and lines are where a
//                          VGA expects lines. Codes without a glyph show the
//                          fallback's.
//     glyph_of(U'│')       the code that shows a character of UTF-8 text
#pragma once

#include "lib/types.hpp"

inline constexpr u32 font_width = 8;
inline constexpr u32 font_height = 16;
inline constexpr u8 fallback_glyph = 0x7F;

extern const u8 font_8x16[256][16];

struct font_character {
    u16 code_point;
    u8 glyph;
};

// Sorted by code point, each once.
extern const font_character font_characters[];
extern const u32 font_character_count;

// The fallback's code for characters that the font does not have.
u8 glyph_of(char32_t character);
