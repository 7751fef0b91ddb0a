// Text that came from outside, made into numbers. Either all of the word makes sense
// or there is no value: the caller warns and takes its default.
#pragma once

#include "lib/types.hpp"

#include <optional>
#include <string_view>

// Digits in the base that the prefix tells, as in Linux: 0x hexadecimal, 0 octal,
// else decimal. Nothing for an empty word, a sign, a digit out of place, more than
// 64 bits.
std::optional<u64> parse_number(std::string_view word);

// A number, and after it at most one of K M G T P E, in either case: times 2^10,
// 2^20, … 2^60. After 0x an E is a digit.
std::optional<u64> parse_size(std::string_view word);

// Whether the whole text matches: `*` is any run of characters, also none, `?` any
// one, everything else is itself.
bool glob_match(std::string_view pattern, std::string_view text);

// Whether some text that begins like this could match.
bool glob_could_match(std::string_view pattern, std::string_view beginning);
