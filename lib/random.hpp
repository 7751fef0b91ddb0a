// Random numbers that repeat: for tests, and for structures that want variety but
// no secrets. The same seed gives the same numbers on every machine, so a failing
// test fails again.
//
// The generator is a counter, stepped by an odd constant, whose bits are stirred on
// the way out (the construction of SplitMix64: Steele, Lea and Flood, "Fast
// Splittable Pseudorandom Number Generators", 2014). Every seed is a good one, and
// all 2^64 values come up once before the first returns.
//
// Never for keys, tokens or address randomisation: one output tells all the others.
#pragma once

#include "lib/assert.hpp"
#include "lib/types.hpp"

class random_source {
public:
    constexpr explicit random_source(u64 seed) : state_(seed) {}

    constexpr u64 next() {
        state_ += 0x9e3779b97f4a7c15;
        u64 mixed = state_;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        return mixed ^ (mixed >> 31);
    }

    // 0 … n-1. A multiplication scales 32 random bits to the range, which needs no
    // division; some numbers come up more often than others by n in 2^32 at most,
    // which no test of ours could tell.
    constexpr u32 below(u32 n) {
        kassert(n > 0, "a random number below {}", n);
        return static_cast<u32>(((next() >> 32) * n) >> 32);
    }

    // first … last, both included.
    constexpr u32 between(u32 first, u32 last) {
        kassert(first <= last && last - first != ~u32{0}, "between {} and {}", first, last);
        return first + below(last - first + 1);
    }

    constexpr bool one_in(u32 n) { return below(n) == 0; }

private:
    u64 state_;
};
