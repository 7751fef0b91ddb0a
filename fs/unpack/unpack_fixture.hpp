// For tests of what unpacks: sources in pieces, sinks that remember or compare.
#pragma once

#include "fs/unpack/pieces_source.hpp"
#include "lib/string.hpp"
#include "lib/test/scratch.hpp"
#include "mm/slab/slab_debug.hpp"

#include <string_view>

// Short texts; what goes beyond the room is refused with ENOSPC.
class text_collector final : public byte_sink {
public:
    explicit text_collector(size_t room) : room_(min_of(room, sizeof(text_))) {}
    result<> write(byte_span bytes) override {
        if (bytes.size() > room_ - size_) return err{ENOSPC};
        memcpy(text_ + size_, bytes.data(), bytes.size());
        size_ += bytes.size();
        return {};
    }
    size_t size() const { return size_; }
    std::string_view text() const { return {text_, size_}; }

private:
    char text_[400];
    size_t room_, size_ = 0;
};

// What a long stream unpacks to: byte i is that of i modulo 251, so that nothing repeats
// at a power of two.
constexpr u8 pattern_byte(u32 i) { return static_cast<u8>(i % 251); }

class pattern_sink final : public byte_sink {
public:
    result<> write(byte_span bytes) override {
        for (const u8 byte : bytes) right_ = (byte == pattern_byte(size_++)) && right_;
        return {};
    }
    u32 size() const { return size_; }
    bool is_the_pattern() const { return right_; }

private:
    u32 size_ = 0;
    bool right_ = true;
};

struct stream_room {
    u8 bytes[32 * 1024];
};

// A stored block of 251 * 130 bytes, 32,630, and then 300 times a block of fixed codes that
// copies 251 bytes from 32,630 before: each time from where the window is about to end, or
// has begun again.
class long_stream final : public byte_source {
public:
    static constexpr u32 period = 251 * 130, copies = 300;
    u32 unpacked_size() const { return period + copies * 251; }

    byte_span next() override {
        u8* const room = scratch_as<stream_room>().bytes;
        if (step_ == 0) {
            ++step_;
            const u8 head[] = {0x00, period & 0xff, period >> 8, ~period & 0xff,
                               (~period >> 8) & 0xff};
            memcpy(head_, head, sizeof head);
            return {head_, sizeof head};
        }
        if (step_ == 1) {
            ++step_;
            for (u32 i = 0; i < period; ++i) room[i] = pattern_byte(i);
            return {room, period};
        }
        if (step_ == 2) {
            ++step_;
            return {room, pack_copies(room)};
        }
        return {};
    }

private:
    // One block: header 1 01, `copies` times the length 251 (symbol 284: 11000100, and 24
    // in five bits) and the distance 32,630 (symbol 29: 11101, and 8053 in 13 bits), the
    // end.
    static size_t pack_copies(u8* to) {
        size_t bit = 0;
        const auto put = [&](u32 value, unsigned count) {
            for (unsigned i = 0; i < count; ++i, ++bit) {
                if (bit % 8 == 0) to[bit / 8] = 0;
                to[bit / 8] = static_cast<u8>(to[bit / 8] | (value >> i & 1) << bit % 8);
            }
        };
        const auto put_code = [&](u32 code, unsigned count) {
            for (unsigned i = count; i-- > 0;) put(code >> i & 1, 1);
        };
        put(1, 1);
        put(1, 2);
        for (u32 i = 0; i < copies; ++i) {
            put_code(0b11000100, 8);
            put(251 - 227, 5);
            put_code(29, 5);
            put(period - 24577, 13);
        }
        put_code(0, 7);
        return (bit + 7) / 8;
    }

    int step_ = 0;
    u8 head_[5];
};
