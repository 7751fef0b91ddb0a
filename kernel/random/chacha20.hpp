// ChaCha20 (Bernstein, 2008; RFC 8439): 64 bytes out of a key, a counter and a nonce, which
// tell nobody anything about each other.
#pragma once

#include "lib/types.hpp"

struct chacha_block {
    u32 words[16];
};
// key 8 words; then counter and nonce, 4 words.
chacha_block chacha20(const u32 (&key)[8], const u32 (&nonce)[4]);
