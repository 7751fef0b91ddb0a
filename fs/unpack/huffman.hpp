// Huffman codes as deflate has them (RFC 1951, 3.2.2): canonical, so that the lengths of
// the codes are all there is to say. Codes of one length are consecutive numbers, given
// out in the order of the symbols, and behind those of the shorter lengths:
//
//     lengths  A 2, B 1, C 3, D 3       B 0     A 10     C 110     D 111
//
// Codes come with their highest bit first in a stream that is read from the lowest. Short
// ones are looked up at once, by as many bits as the table has; a longer one is compared
// with the first code of each length, bit by bit.
//
// I1: no two codes begin alike: a set of lengths that says otherwise is refused. One
//     that leaves bit patterns without a symbol is refused too, but for a code of one
//     symbol, or of none; such patterns are errors where they come up.
#pragma once

#include "lib/types.hpp"

#include <span>

class huffman_code {
public:
    static constexpr unsigned longest = 15;
    static constexpr unsigned most_symbols = 288;

    // The length of each symbol's code, 0: it has none. False: I1.
    [[nodiscard]] bool build(std::span<const u8> lengths);

    struct found {
        u16 symbol;
        u8 length;  // 0: the bits are no code, or the beginning of one
    };
    // The lowest `count` bits, at most `longest` of them, are there.
    found decode(u32 bits, unsigned count) const;

private:
    static constexpr unsigned table_bits = 9;

    void fill_table(std::span<const u8> lengths);

    u16 count_[longest + 1];        // codes of each length
    u16 symbols_[most_symbols];     // in the order of their codes
    found table_[1u << table_bits]; // by the next bits; length 0: a longer code, or none
};
