// The lines typed before, in fixed storage; the oldest makes room for the newest.
// A line is kept once in a row, and an empty one not at all.
#pragma once

#include "lib/types.hpp"

#include <string_view>

class line_history {
public:
    static constexpr size_t max_lines = 32;
    static constexpr size_t max_length = 255;

    void add(std::string_view line);
    void clear() { count_ = 0; }
    size_t size() const { return count_ < max_lines ? count_ : max_lines; }
    // 0 is the newest. Empty where there is none.
    std::string_view line(size_t age) const;
    // The youngest line of at least `age` that contains the text; size() if none does.
    size_t find(std::string_view text, size_t age) const;

private:
    struct slot {
        u8 length;
        char text[max_length];
    };
    slot slots_[max_lines] = {};
    size_t count_ = 0;  // of all lines ever added
};
