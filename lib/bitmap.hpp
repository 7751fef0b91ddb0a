// Bitmaps over the caller's words.
//
// A bitmap is a view, like a span: it neither owns nor allocates. Bit i is bit
// i mod 32 (64 on a 64-bit host) of word i / 32. Searches and ranges go by whole
// words and touch single bits at the ends only.
//
//     unsigned long words[bitmap::words_for(100)] = {};
//     bitmap used(words, 100);
//
//     words   | bits 0 … 31 | bits 32 … 63 | bits 64 … 95 | 96 … 99, then 0 |
//
// I1: the bits of the last word that lie beyond size() are 0.
//
// Searches return nothing where there is nothing. Left out on purpose: atomic
// changes (the structure that holds the words names the lock).
#pragma once

#include "lib/types.hpp"

#include <optional>

class bitmap {
public:
    using word = unsigned long;
    static constexpr size_t bits_per_word = sizeof(word) * 8;

    static constexpr size_t words_for(size_t bits) {
        return bits / bits_per_word + (bits % bits_per_word ? 1 : 0);
    }

    // `words` are words_for(bits) of them; they keep what they hold (mind I1).
    constexpr bitmap(word* words, size_t bits) : words_(words), bits_(bits) {}

    constexpr size_t size() const { return bits_; }

    bool test(size_t bit) const {
        check_range(bit, 1);
        return words_[bit / bits_per_word] >> (bit % bits_per_word) & 1;
    }
    void set(size_t bit) {
        check_range(bit, 1);
        words_[bit / bits_per_word] |= mask(bit);
    }
    void clear(size_t bit) {
        check_range(bit, 1);
        words_[bit / bits_per_word] &= ~mask(bit);
    }
    // Sets or clears the bit and returns what it was.
    bool test_and_set(size_t bit) {
        const bool was = test(bit);
        set(bit);
        return was;
    }
    bool test_and_clear(size_t bit) {
        const bool was = test(bit);
        clear(bit);
        return was;
    }

    // `count` bits from `first` on; all of them must exist, none is also fine.
    void set_range(size_t first, size_t count);
    void clear_range(size_t first, size_t count);
    bool all_set(size_t first, size_t count) const;
    bool all_clear(size_t first, size_t count) const;
    void set_all() { set_range(0, bits_); }
    void clear_all() { clear_range(0, bits_); }

    // The first such bit at `from` or above; `from` may be size(), or beyond.
    std::optional<size_t> find_next_set(size_t from) const;
    std::optional<size_t> find_next_zero(size_t from) const;
    std::optional<size_t> find_first_set() const { return find_next_set(0); }
    std::optional<size_t> find_first_zero() const { return find_next_zero(0); }

    // The lowest `count` zeros in a row that begin at a multiple of `align`, a power
    // of two, at `from` or above. `count` is not 0.
    std::optional<size_t> find_zero_range(size_t count, size_t align = 1,
                                          size_t from = 0) const;

    size_t count() const;                            // bits that are set
    size_t count(size_t first, size_t count) const;  // … of these

    void check_invariants() const;

private:
    static constexpr word mask(size_t bit) { return word{1} << (bit % bits_per_word); }
    void check_range(size_t first, size_t count) const;

    word* words_;
    size_t bits_;
};
