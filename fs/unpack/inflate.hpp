// Inflate: what deflate has packed, unpacked (RFC 1951).
//
// A stream is a row of blocks. A block is stored as it is, or consists of symbols of a
// Huffman code: a byte, the end of the block, or a copy of what came at most 32 KiB
// before.
//
//     bits     1     2      ...
//            last? kind   00 stored:  to the next byte, length, ~length, bytes
//                         01 fixed:   symbols, by codes that the RFC gives
//                         10 dynamic: the codes' lengths (themselves coded), symbols
//
//     window   |  older  | what comes next overwrites the oldest |  newest  |
//                        ^ at
//              32 KiB, a ring: a copy finds its source here; each time the end is
//              reached, all of it has gone to the sink once
//
// I1: nothing is copied from before the stream's first byte.
// I2: no bit is taken that is not there, and no byte behind the last block.
//
// Every malformed stream is an error (EINVAL; problem() says what), after as much output as
// was right. The memory is taken once, by init(), and is the same for each stream.
#pragma once

#include "fs/unpack/byte_stream.hpp"
#include "fs/unpack/huffman.hpp"

class inflater {
public:
    inflater() = default;
    ~inflater();
    inflater(const inflater&) = delete;
    inflater& operator=(const inflater&) = delete;

    // False: no memory.
    [[nodiscard]] bool init();

    // One stream. EINVAL: it is malformed, or ends too early; or what the sink says.
    result<> inflate(byte_reader& in, byte_sink& out);
    // After EINVAL: why.
    const char* problem() const { return problem_; }

private:
    static constexpr u32 window_size = 32 * 1024;

    struct codes {
        huffman_code literals, distances;
        u8 lengths[huffman_code::most_symbols + 32];
    };

    result<> malformed(const char* problem) {
        problem_ = problem;
        return err{EINVAL};
    }
    void fill(unsigned count);
    bool need(unsigned count);
    u32 bits(unsigned count);
    int symbol(const huffman_code& code);

    result<> block(bool& last);
    result<> stored();
    result<> read_codes();
    result<> read_lengths(unsigned count);
    result<> fixed_codes();
    result<> symbols();
    result<> copy(u32 length_symbol);
    result<> put(u8 byte);
    result<> flush();

    u8* window_ = nullptr;
    codes* codes_ = nullptr;
    byte_reader* in_ = nullptr;
    byte_sink* out_ = nullptr;
    const char* problem_ = "";
    u32 held_ = 0;         // bits that were read and not taken yet, the next one lowest
    unsigned held_count_ = 0;
    u32 at_ = 0;           // in the window
    bool wrapped_ = false; // all of the window is filled
};
