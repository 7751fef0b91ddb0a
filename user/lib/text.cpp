#include "user/lib/text.hpp"

std::string_view part(std::string_view view, size_t from, size_t length) {
    if (from > view.size()) from = view.size();
    if (length > view.size() - from) length = view.size() - from;
    return {view.data() + from, length};
}

bool starts_with(std::string_view view, std::string_view with) {
    return part(view, 0, with.size()) == with;
}

size_t place_of(std::string_view view, char wanted) {
    size_t place = 0;
    while (place < view.size() && view[place] != wanted) place++;
    return place;
}

std::string_view take_word(std::string_view& view) {
    const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n'; };
    while (!view.empty() && blank(view[0])) view.remove_prefix(1);
    size_t end = 0;
    while (end < view.size() && !blank(view[end])) end++;
    const std::string_view word = part(view, 0, end);
    view.remove_prefix(end);
    return word;
}

std::string_view take_until(std::string_view& view, char end) {
    const size_t place = place_of(view, end);
    const std::string_view taken = part(view, 0, place);
    view.remove_prefix(place < view.size() ? place + 1 : place);
    return taken;
}

namespace {

u32 digit_of(char c) {
    if (c >= '0' && c <= '9') return u32(c - '0');
    if (c >= 'a' && c <= 'f') return u32(c - 'a') + 10;
    return ~0u;
}

}  // namespace

bool take_number(std::string_view& view, u64& number, u32 base) {
    size_t length = 0;
    number = 0;
    while (length < view.size() && digit_of(view[length]) < base) {
        if (number > divide(~u64{0}, base) - 1) return false;
        number = number * base + digit_of(view[length++]);
    }
    view.remove_prefix(length);
    return length != 0;
}

bool parse_number(std::string_view view, u32& number) {
    u64 wide = 0;
    if (!take_number(view, wide) || !view.empty() || wide >> 32) return false;
    number = u32(wide);
    return true;
}

std::string_view base_name(std::string_view path) {
    size_t begin = path.size();
    while (begin > 0 && path[begin - 1] != '/') begin--;
    return part(path, begin);
}

u64 divide(u64 value, u32 by, u32* remainder) {
    const u32 high = u32(value >> 32);
    u32 low = u32(value), rest = high % by;
    asm("divl %2" : "+a"(low), "+d"(rest) : "r"(by));
    if (remainder) *remainder = rest;
    return u64{high / by} << 32 | low;
}
