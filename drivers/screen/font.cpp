#include "drivers/screen/font.hpp"

u8 glyph_of(char32_t character) {
    u32 first = 0;
    u32 end = font_character_count;
    while (first < end) {
        const u32 middle = (first + end) / 2;
        if (font_characters[middle].code_point < character)
            first = middle + 1;
        else
            end = middle;
    }
    const bool found =
        first < font_character_count && font_characters[first].code_point == character;
    return found ? font_characters[first].glyph : fallback_glyph;
}
