// The names of functions as tools/symbols packs them: four arrays, read where they lie.
// Nothing is allocated, and what is printed has an end whatever the bytes say, so a
// panic can use it.
//
//     groups   {start, names}        of each 16 functions: where the first one starts,
//                 |      |           and how far into `names` its name is
//     starts   u16 each   |          how far behind its group's start a function starts
//     names    [3][17][201][9] [2]...    a name: the number of its tokens, then those
//                        |
//     tokens   "mem" "free" "kmem_cache_" ...   a byte stands for a piece of text;
//              token_starts[t] to token_starts[t + 1]
//
// I1: functions rise, so that a binary search finds the one that an address lies in.
#pragma once

#include "lib/format.hpp"
#include "lib/types.hpp"

#include <optional>

struct symbol_table {
    static constexpr u32 group_size = 16;
    struct group {
        u32 start;
        u32 names;
    };

    u32 count;
    const group* groups;
    const u16* starts;
    const u8* names;
    const u16* token_starts;
    const char* tokens;

    u32 start(u32 index) const { return groups[index / group_size].start + starts[index]; }
    // The last function that starts at or below the address.
    std::optional<u32> find(u32 address) const;
    void print_name(text_sink& out, u32 index) const;
};
