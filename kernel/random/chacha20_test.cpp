#include "kernel/random/chacha20.hpp"

#include <test.hpp>

TEST(chacha20, gives_what_rfc_8439_says) {
    u32 key[8];
    for (u32 i = 0; i < 8; ++i) key[i] = 0x03020100 + 0x04040404 * i;
    const u32 nonce[4] = {1, 0x09000000, 0x4a000000, 0};
    const chacha_block block = chacha20(key, nonce);
    EXPECT_EQ(block.words[0], 0xe4e7f110u);
    EXPECT_EQ(block.words[1], 0x15593bd1u);
    EXPECT_EQ(block.words[7], 0x4e6cd4c3u);
    EXPECT_EQ(block.words[15], 0x4e3c50a2u);
}
