// A processor's cache, modelled: enough of it to count hits and misses.
//
//     address   | tag                  | set  | byte in the line |
//                                         |
//     set 0     | line | line | line | line | ...   `Ways` of them, the one that
//     set 1     | line | line | ...                 was used last in front
//     ...
//
// A line of memory can lie in one set only, in any of its places; a miss puts it there
// in place of the line that has not been used for longest (LRU).
//
// I1: a line is in its set once at most.
//
// Left out: whether lines are dirty, other levels, and what real processors do instead
// of exact LRU. A set is found by bits below those of a page's number, so virtual and
// physical addresses lead to the same one.
#pragma once

#include "lib/types.hpp"

template <u32 Bytes, u32 Ways, u32 Line>
class cache_model {
public:
    static constexpr u32 sets = Bytes / (Ways * Line);
    static_assert((sets & (sets - 1)) == 0 && (Line & (Line - 1)) == 0);

    static constexpr u32 set_of(uintptr_t address) { return address / Line % sets; }

    // Whether the line was there; now it is.
    bool access(uintptr_t address) {
        const uintptr_t line = address / Line + 1;  // 0 stands for none
        uintptr_t* const ways = lines_[set_of(address)];
        u32 at = 0;
        while (at < Ways - 1 && ways[at] != line) ++at;
        const bool hit = ways[at] == line;
        for (; at > 0; --at) ways[at] = ways[at - 1];
        ways[0] = line;
        ++(hit ? hits_ : misses_);
        return hit;
    }

    u32 hits() const { return hits_; }
    u32 misses() const { return misses_; }

private:
    uintptr_t lines_[sets][Ways] = {};
    u32 hits_ = 0;
    u32 misses_ = 0;
};
