#include "lib/parse.hpp"

namespace {

// The digit's value, or more than any base.
unsigned digit_value(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    const char lower = static_cast<char>(c | 0x20);
    if (lower >= 'a' && lower <= 'f') return static_cast<unsigned>(lower - 'a') + 10;
    return 99;
}

// Takes a number off the front of `word`, as far as its digits go.
std::optional<u64> take_number(std::string_view& word) {
    unsigned base = 10;
    if (word.size() > 1 && word[0] == '0') {
        base = 8;
        word.remove_prefix(1);
        if ((word[0] | 0x20) == 'x') {
            base = 16;
            word.remove_prefix(1);
        } else if (digit_value(word[0]) >= base) {
            return 0;  // the 0 was all of it; what follows is for the caller to judge
        }
    }
    if (word.empty() || digit_value(word[0]) >= base) return std::nullopt;

    u64 value = 0;
    while (!word.empty()) {
        const unsigned digit = digit_value(word[0]);
        if (digit >= base) break;
        u64 scaled;
        if (__builtin_mul_overflow(value, u64{base}, &scaled)) return std::nullopt;
        if (__builtin_add_overflow(scaled, u64{digit}, &value)) return std::nullopt;
        word.remove_prefix(1);
    }
    return value;
}

// The power of two that a suffix stands for; nothing if it is none.
std::optional<unsigned> suffix_shift(char suffix) {
    switch (suffix | 0x20) {
        case 'k': return 10;
        case 'm': return 20;
        case 'g': return 30;
        case 't': return 40;
        case 'p': return 50;
        case 'e': return 60;
        default: return std::nullopt;
    }
}

}  // namespace

std::optional<u64> parse_number(std::string_view word) {
    const std::optional<u64> value = take_number(word);
    if (!word.empty()) return std::nullopt;
    return value;
}

std::optional<u64> parse_size(std::string_view word) {
    const std::optional<u64> value = take_number(word);
    if (!value || word.empty()) return value;
    const std::optional<unsigned> shift = suffix_shift(word[0]);
    if (!shift || word.size() > 1) return std::nullopt;
    if (*value << *shift >> *shift != *value) return std::nullopt;
    return *value << *shift;
}

// Only the last star seen is ever taken back: an earlier one that swallowed more
// could do no better, for what stood between the two has matched already. So the
// work is at most pattern times text.
bool glob_match(std::string_view pattern, std::string_view text) {
    constexpr size_t none = ~size_t{0};
    size_t p = 0, t = 0;
    size_t after_star = none;  // in the pattern, behind the last star
    size_t swallowed = 0;      // in the text, behind what that star took
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            after_star = ++p;
            swallowed = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (after_star != none) {
            p = after_star;
            t = ++swallowed;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

// A star stands for any continuation; before the first one, characters are compared.
bool glob_could_match(std::string_view pattern, std::string_view beginning) {
    const size_t literal = min_of(pattern.find('*'), pattern.size());
    for (size_t i = 0; i < literal && i < beginning.size(); ++i)
        if (pattern[i] != '?' && pattern[i] != beginning[i]) return false;
    return literal < pattern.size() || beginning.size() <= literal;
}
