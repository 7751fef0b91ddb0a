#include "fs/unpack/huffman.hpp"

#include "lib/assert.hpp"
#include "lib/string.hpp"

namespace {

u32 reversed(u32 code, unsigned length) {
    u32 mirrored = 0;
    for (unsigned i = 0; i < length; ++i) mirrored |= (code >> i & 1) << (length - 1 - i);
    return mirrored;
}

}  // namespace

bool huffman_code::build(std::span<const u8> lengths) {
    kassert(lengths.size() <= most_symbols, "a code of {} symbols", lengths.size());
    memset(count_, 0, sizeof count_);
    for (const u8 length : lengths) ++count_[length];
    count_[0] = 0;

    // Of the patterns of each length, how many no shorter code has taken.
    s32 left = 1;
    unsigned used = 0, longest_used = 0;
    for (unsigned length = 1; length <= longest; ++length) {
        left = left * 2 - count_[length];
        if (left < 0) return false;
        used += count_[length];
        if (count_[length]) longest_used = length;
    }
    if (left > 0 && used > 0 && longest_used != 1) return false;

    u16 next[longest + 1];
    next[1] = 0;
    for (unsigned length = 1; length < longest; ++length)
        next[length + 1] = static_cast<u16>(next[length] + count_[length]);
    for (size_t symbol = 0; symbol < lengths.size(); ++symbol)
        if (lengths[symbol]) symbols_[next[lengths[symbol]]++] = static_cast<u16>(symbol);
    fill_table(lengths);
    return true;
}

void huffman_code::fill_table(std::span<const u8> lengths) {
    memset(static_cast<void*>(table_), 0, sizeof table_);
    u32 code = 0;
    unsigned index = 0;
    for (unsigned length = 1; length <= table_bits; ++length, code <<= 1) {
        for (unsigned i = 0; i < count_[length]; ++i, ++code, ++index) {
            const u16 symbol = symbols_[index];
            kdebug_assert(lengths[symbol] == length, "symbol {} has {} bits", symbol,
                          length);
            for (u32 at = reversed(code, length); at < 1u << table_bits; at += 1u << length)
                table_[at] = {symbol, static_cast<u8>(length)};
        }
    }
}

huffman_code::found huffman_code::decode(u32 bits, unsigned count) const {
    const found quick = table_[bits & ((1u << table_bits) - 1)];
    if (quick.length) return quick.length <= count ? quick : found{};
    // `first` is the first code of this length, `index` its place in symbols_.
    u32 code = 0, first = 0, index = 0;
    for (unsigned length = 1; length <= min_of(count, longest); ++length) {
        code |= bits & 1;
        bits >>= 1;
        if (code - first < count_[length])
            return {symbols_[index + (code - first)], static_cast<u8>(length)};
        index += count_[length];
        first = (first + count_[length]) << 1;
        code <<= 1;
    }
    return {};
}
