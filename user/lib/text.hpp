// Text that stands somewhere else, and what these programs do with it.
#pragma once

#include "user/lib/types.hpp"

#include <string_view>

// A part of `view`, cut off at its end; std's throws.
std::string_view part(std::string_view view, size_t from, size_t length = ~size_t{0});

bool starts_with(std::string_view view, std::string_view with);

// The place of a character, or view.size().
size_t place_of(std::string_view view, char wanted);

// Takes the next word off `view`, and the blanks before it.
std::string_view take_word(std::string_view& view);
// Takes what is before the next `end`, and that.
std::string_view take_until(std::string_view& view, char end);

// Takes the digits that `view` begins with; false where there are none, or more than 64
// bits.
bool take_number(std::string_view& view, u64& number, u32 base = 10);
// All of `view` is one number of 32 bits.
bool parse_number(std::string_view view, u32& number);

// What is behind the last slash.
std::string_view base_name(std::string_view path);

// `value` by a number that fits in a register, which is all a program without a compiler's
// library can divide by.
u64 divide(u64 value, u32 by, u32* remainder = nullptr);
