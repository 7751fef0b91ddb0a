#include "lib/bitmap.hpp"

#include "lib/assert.hpp"

#include <bit>

namespace {

using word = bitmap::word;
constexpr size_t bits_per_word = bitmap::bits_per_word;

// Bit `from` and all above it, of a word; and all below bit `to`, where a multiple
// of the word's size means the whole word.
constexpr word from_bit(size_t from) { return ~word{0} << (from % bits_per_word); }
constexpr word below_bit(size_t to) { return ~word{0} >> (-to % bits_per_word); }

// Calls change(index, mask) for each word of the range, in order, until it says no.
template <class Change>
bool for_each_word(size_t first, size_t count, Change change) {
    if (count == 0) return true;
    const size_t end = first + count;
    size_t index = first / bits_per_word;
    const size_t last = (end - 1) / bits_per_word;
    word mask = from_bit(first);
    for (; index < last; ++index) {
        if (!change(index, mask)) return false;
        mask = ~word{0};
    }
    return change(index, mask & below_bit(end));
}

// The CPU's own count is younger than our CPUs, and libgcc's is a call and a table.
constexpr unsigned population(word bits) {
    constexpr word every = ~word{0};
    bits -= bits >> 1 & every / 3;
    bits = (bits & every / 5) + (bits >> 2 & every / 5);
    bits = (bits + (bits >> 4)) & every / 17;
    return static_cast<unsigned>(bits * (every / 255) >> (bits_per_word - 8));
}
static_assert(population(0) == 0 && population(~word{0}) == bits_per_word);
static_assert(population(0x80000001) == 2 && population(0x12345678) == 13);

// The first bit at `from` or above that is set once the words are xored with `flip`.
std::optional<size_t> find_next(const word* words, size_t bits, size_t from, word flip) {
    if (from >= bits) return std::nullopt;
    const size_t end = bitmap::words_for(bits);
    size_t index = from / bits_per_word;
    word found = (words[index] ^ flip) & from_bit(from);
    while (!found) {
        if (++index == end) return std::nullopt;
        found = words[index] ^ flip;
    }
    // Looking for zeros finds those beyond the end (I1) too.
    const size_t bit = index * bits_per_word + static_cast<size_t>(std::countr_zero(found));
    if (bit >= bits) return std::nullopt;
    return bit;
}

}  // namespace

void bitmap::check_range(size_t first, size_t count) const {
    kdebug_assert(first <= bits_ && count <= bits_ - first,
                  "bits {} to {} of a bitmap of {}", first, first + count, bits_);
}

void bitmap::set_range(size_t first, size_t count) {
    check_range(first, count);
    for_each_word(first, count, [this](size_t i, word mask) {
        words_[i] |= mask;
        return true;
    });
}

void bitmap::clear_range(size_t first, size_t count) {
    check_range(first, count);
    for_each_word(first, count, [this](size_t i, word mask) {
        words_[i] &= ~mask;
        return true;
    });
}

bool bitmap::all_set(size_t first, size_t count) const {
    check_range(first, count);
    return for_each_word(first, count,
                         [this](size_t i, word mask) { return (~words_[i] & mask) == 0; });
}

bool bitmap::all_clear(size_t first, size_t count) const {
    check_range(first, count);
    return for_each_word(first, count,
                         [this](size_t i, word mask) { return (words_[i] & mask) == 0; });
}

std::optional<size_t> bitmap::find_next_set(size_t from) const {
    return find_next(words_, bits_, from, 0);
}

std::optional<size_t> bitmap::find_next_zero(size_t from) const {
    return find_next(words_, bits_, from, ~word{0});
}

std::optional<size_t> bitmap::find_zero_range(size_t count, size_t align,
                                              size_t from) const {
    kassert(count > 0, "a range of no bits is looked for");
    kassert(std::has_single_bit(align), "an alignment of {}", align);
    while (const auto zero = find_next_zero(from)) {
        const size_t start = align_up(*zero, align);
        if (start < *zero || start > bits_ || count > bits_ - start) return std::nullopt;
        const auto obstacle = find_next(words_, start + count, start, 0);
        if (!obstacle) return start;
        from = *obstacle + 1;
    }
    return std::nullopt;
}

size_t bitmap::count() const { return count(0, bits_); }

size_t bitmap::count(size_t first, size_t count) const {
    check_range(first, count);
    size_t total = 0;
    for_each_word(first, count, [this, &total](size_t i, word mask) {
        total += population(words_[i] & mask);
        return true;
    });
    return total;
}

void bitmap::check_invariants() const {
    if (bits_ % bits_per_word == 0) return;
    const word last = words_[bits_ / bits_per_word];
    kassert((last & ~below_bit(bits_)) == 0,
            "bitmap I1: the last word, {:#x}, exceeds {} bits", last, bits_);
}
