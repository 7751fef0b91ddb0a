#include "fs/unpack/inflate.hpp"

#include "lib/string.hpp"
#include "mm/slab/kmalloc.hpp"

namespace {

constexpr unsigned end_of_block = 256;
constexpr unsigned most_literals = 286, most_distances = 30;

// RFC 1951, 3.2.5: what a symbol stands for, and how many bits more say it exactly.
struct base_and_bits {
    u16 base;
    u8 bits;
};
constexpr base_and_bits lengths_of[] = {
    {3, 0},   {4, 0},   {5, 0},   {6, 0},   {7, 0},   {8, 0},  {9, 0},  {10, 0},
    {11, 1},  {13, 1},  {15, 1},  {17, 1},  {19, 2},  {23, 2}, {27, 2}, {31, 2},
    {35, 3},  {43, 3},  {51, 3},  {59, 3},  {67, 4},  {83, 4}, {99, 4}, {115, 4},
    {131, 5}, {163, 5}, {195, 5}, {227, 5}, {258, 0},
};
constexpr base_and_bits distances_of[] = {
    {1, 0},     {2, 0},     {3, 0},      {4, 0},      {5, 1},      {7, 1},
    {9, 2},     {13, 2},    {17, 3},     {25, 3},     {33, 4},     {49, 4},
    {65, 5},    {97, 5},    {129, 6},    {193, 6},    {257, 7},    {385, 7},
    {513, 8},   {769, 8},   {1025, 9},   {1537, 9},   {2049, 10},  {3073, 10},
    {4097, 11}, {6145, 11}, {8193, 12},  {12289, 12}, {16385, 13}, {24577, 13},
};
static_assert(std::size(lengths_of) == most_literals - 257);
static_assert(std::size(distances_of) == most_distances);

}  // namespace

inflater::~inflater() {
    kfree(window_);
    kfree(codes_);
}

bool inflater::init() {
    window_ = static_cast<u8*>(kmalloc(window_size, GFP_KERNEL));
    codes_ = static_cast<codes*>(kmalloc(sizeof(codes), GFP_KERNEL));
    return window_ && codes_;
}

result<> inflater::inflate(byte_reader& in, byte_sink& out) {
    in_ = &in;
    out_ = &out;
    held_ = held_count_ = 0;
    at_ = 0;
    wrapped_ = false;
    result<> done;
    for (bool last = false; !last && done;) done = block(last);
    const result<> flushed = flush();
    return done ? flushed : done;
}

// ---- bits (I2) --------------------------------------------------------------------------

// As many as there are, up to so many. Bytes come one at a time, so that none is taken
// that the stream does not need.
void inflater::fill(unsigned count) {
    while (held_count_ < count) {
        const int byte = in_->get();
        if (byte == byte_reader::none) return;
        held_ |= static_cast<u32>(byte) << held_count_;
        held_count_ += 8;
    }
}

bool inflater::need(unsigned count) {
    fill(count);
    return held_count_ >= count;
}

u32 inflater::bits(unsigned count) {
    const u32 taken = held_ & ((1u << count) - 1);
    held_ >>= count;
    held_count_ -= count;
    return taken;
}

// -1: the bits are no code's, or there are too few.
int inflater::symbol(const huffman_code& code) {
    for (;;) {
        const huffman_code::found found = code.decode(held_, held_count_);
        if (found.length) {
            bits(found.length);
            return found.symbol;
        }
        if (held_count_ >= huffman_code::longest || !need(held_count_ + 1)) return -1;
    }
}

// ---- blocks -----------------------------------------------------------------------------

result<> inflater::block(bool& last) {
    if (!need(3)) return malformed("it ends before its last block");
    last = bits(1);
    result<> ready;
    switch (bits(2)) {
        case 0: return stored();
        case 1: ready = fixed_codes(); break;
        case 2: ready = read_codes(); break;
        default: return malformed("there is no third kind of block");
    }
    return ready ? symbols() : ready;
}

result<> inflater::stored() {
    bits(held_count_ % 8);
    if (!need(16)) return malformed("it ends in a stored block");
    u32 length = bits(16);
    if (!need(16)) return malformed("it ends in a stored block");
    if (bits(16) != (~length & 0xffff)) return malformed("a stored block has two lengths");
    while (length > 0) {
        const byte_span piece = in_->take(min_of(length, window_size - at_));
        if (piece.empty()) return malformed("it ends in a stored block");
        memcpy(window_ + at_, piece.data(), piece.size());
        at_ += static_cast<u32>(piece.size());
        length -= static_cast<u32>(piece.size());
        if (at_ < window_size) continue;
        if (const result<> flushed = flush(); !flushed) return flushed;
    }
    return {};
}

result<> inflater::fixed_codes() {
    u8* const lengths = codes_->lengths;
    memset(lengths, 8, 144);
    memset(lengths + 144, 9, 256 - 144);
    memset(lengths + 256, 7, 280 - 256);
    memset(lengths + 280, 8, 288 - 280);
    bool fine = codes_->literals.build({lengths, 288});
    memset(lengths, 5, 32);
    fine = fine && codes_->distances.build({lengths, 32});
    kassert(fine, "the fixed codes are no codes");
    return {};
}

result<> inflater::read_codes() {
    if (!need(14)) return malformed("it ends in a description of codes");
    const u32 literals = bits(5) + 257, distances = bits(5) + 1, order_count = bits(4) + 4;
    if (literals > most_literals || distances > most_distances)
        return malformed("a code has too many symbols");

    // The lengths of the code that the lengths come in; the likely ones first.
    static constexpr u8 order[] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                   11, 4,  12, 3, 13, 2, 14, 1, 15};
    u8 of_lengths[std::size(order)] = {};
    for (u32 i = 0; i < order_count; ++i) {
        if (!need(3)) return malformed("it ends in a description of codes");
        of_lengths[order[i]] = static_cast<u8>(bits(3));
    }
    // It is needed only until the others are built, so it may be where they will be.
    if (!codes_->literals.build(of_lengths))
        return malformed("a code of lengths is no code");
    if (const result<> read = read_lengths(literals + distances); !read) return read;

    const u8* const lengths = codes_->lengths;
    if (lengths[end_of_block] == 0) return malformed("a block could not end");
    if (!codes_->literals.build({lengths, literals}))
        return malformed("a code of literals is no code");
    if (!codes_->distances.build({lengths + literals, distances}))
        return malformed("a code of distances is no code");
    return {};
}

// 0 to 15 are lengths; the others repeat: the last one, or none.
result<> inflater::read_lengths(unsigned count) {
    u8* const lengths = codes_->lengths;
    for (unsigned i = 0; i < count;) {
        const int found = symbol(codes_->literals);
        if (found < 0) return malformed("a length is no code");
        if (found < 16) {
            lengths[i++] = static_cast<u8>(found);
            continue;
        }
        const unsigned extra = found == 16 ? 2 : found == 17 ? 3 : 7;
        if (!need(extra)) return malformed("it ends in a description of codes");
        const unsigned times = bits(extra) + (found == 18 ? 11 : 3);
        if (found == 16 && i == 0) return malformed("the first length is that before it");
        if (times > count - i) return malformed("there are more lengths than symbols");
        memset(lengths + i, found == 16 ? lengths[i - 1] : 0, times);
        i += times;
    }
    return {};
}

result<> inflater::symbols() {
    for (;;) {
        const int found = symbol(codes_->literals);
        if (found < 0) return malformed("a symbol is no code, or it ends there");
        if (found == end_of_block) return {};
        const result<> done = found < static_cast<int>(end_of_block)
                                  ? put(static_cast<u8>(found))
                                  : copy(static_cast<u32>(found));
        if (!done) return done;
    }
}

result<> inflater::copy(u32 length_symbol) {
    if (length_symbol >= most_literals) return malformed("a symbol stands for no length");
    const base_and_bits& by_length = lengths_of[length_symbol - 257];
    if (!need(by_length.bits)) return malformed("it ends in a length");
    const u32 length = by_length.base + bits(by_length.bits);

    const int found = symbol(codes_->distances);
    if (found < 0) return malformed("a distance is no code, or it ends there");
    if (found >= static_cast<int>(most_distances))
        return malformed("a symbol stands for no distance");
    const base_and_bits& by_distance = distances_of[found];
    if (!need(by_distance.bits)) return malformed("it ends in a distance");
    const u32 distance = by_distance.base + bits(by_distance.bits);

    if (distance > at_ && !wrapped_)
        return malformed("a copy is of what was before the start");
    for (u32 i = 0; i < length; ++i) {
        const result<> done = put(window_[(at_ - distance) % window_size]);
        if (!done) return done;
    }
    return {};
}

// ---- output -----------------------------------------------------------------------------

result<> inflater::put(u8 byte) {
    window_[at_++] = byte;
    return at_ < window_size ? result<>{} : flush();
}

// At the end of the window, or of the stream.
result<> inflater::flush() {
    if (at_ == 0) return {};
    const u32 filled = at_;
    if (filled == window_size) {
        at_ = 0;
        wrapped_ = true;
    }
    return out_->write({window_, filled});
}
