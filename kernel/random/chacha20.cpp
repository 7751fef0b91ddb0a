#include "kernel/random/chacha20.hpp"

#include <bit>

namespace {

void quarter_round(u32& a, u32& b, u32& c, u32& d) {
    a += b, d = std::rotl(d ^ a, 16);
    c += d, b = std::rotl(b ^ c, 12);
    a += b, d = std::rotl(d ^ a, 8);
    c += d, b = std::rotl(b ^ c, 7);
}

}  // namespace

chacha_block chacha20(const u32 (&key)[8], const u32 (&nonce)[4]) {
    // "expand 32-byte k"
    chacha_block start{{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}};
    for (u32 i = 0; i < 8; ++i) start.words[4 + i] = key[i];
    for (u32 i = 0; i < 4; ++i) start.words[12 + i] = nonce[i];
    chacha_block out = start;
    u32(&x)[16] = out.words;
    for (u32 round = 0; round < 20; ++round) {
        // Columns, then diagonals.
        const u32 turn = round % 2;
        for (u32 i = 0; i < 4; ++i)
            quarter_round(x[i], x[4 + (i + turn) % 4], x[8 + (i + 2 * turn) % 4],
                          x[12 + (i + 3 * turn) % 4]);
    }
    for (u32 i = 0; i < 16; ++i) x[i] += start.words[i];
    return out;
}
