// Which consoles `console=` asks for: a pure value, so that a host test can ask it.
#pragma once

#include "lib/types.hpp"

#include <string_view>

class console_choice {
public:
    static constexpr size_t max_named = 4;

    // One `console=` value. False when it names no console of ours, or gives
    // options other than the line's 115200 baud, 8 bits, no parity.
    bool add(std::string_view value);

    void clear() { count_ = 0; }
    bool empty() const { return count_ == 0; }
    bool wants(std::string_view device) const;
    // The one named last; empty where none was.
    std::string_view preferred() const { return empty() ? "" : named_[count_ - 1]; }

private:
    std::string_view named_[max_named] = {};  // each once, in the order of last mention
    size_t count_ = 0;
};
