// Numbers that nobody can guess: /dev/random, /dev/urandom and getrandom().
//
//     key ----chacha20----> 64 bytes
//      ^                     | |
//      +----- the first 32 --+ +--- the other 32: to who asks
//
// So the key that made an answer is gone with it: who learns the kernel's memory later
// learns no number that was given out before. The key begins as what nobody else knows of
// this machine's start (RDRAND, how long things took by the time stamp counter), and the
// time of each call goes into it, as does whatever is written to the devices.
//
// Left out: counting how much of that is worth anything. On a machine that repeats exactly
// (QEMU with -icount) and has no RDRAND, the numbers repeat as well; all else is guesswork
// for who looks from outside.
#pragma once

#include "lib/types.hpp"

#include <span>

// From any context, and never late.
void get_random_bytes(void* to, size_t bytes);
// Makes the numbers depend on these, too; it never makes them worse.
void add_randomness(std::span<const u8> bytes);
