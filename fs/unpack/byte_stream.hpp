// Bytes on their way: from where they lie, in pieces, to who wants them.
//
//     byte_source --next()--> byte_reader --get(), peek(), take()--> a decoder
//     a decoder --write()--> byte_sink
//
// An archive may lie in pages that have no address of their own, so a source hands out
// one piece after another and nobody asks for all of it; and what is unpacked goes on at
// once, so nobody keeps all of that either.
#pragma once

#include "lib/result.hpp"

#include <span>

using byte_span = std::span<const u8>;

class byte_source {
public:
    // The next piece, which stays until the next call; empty: there is no more.
    virtual byte_span next() = 0;

protected:
    ~byte_source() = default;
};

class byte_sink {
public:
    // All of it, or an errno, which ends the decoder too.
    virtual result<> write(byte_span bytes) = 0;

protected:
    ~byte_sink() = default;
};

// Bytes that lie in one piece.
class memory_source final : public byte_source {
public:
    explicit memory_source(byte_span bytes) : bytes_(bytes) {}
    byte_span next() override {
        const byte_span all = bytes_;
        bytes_ = {};
        return all;
    }

private:
    byte_span bytes_;
};

class byte_reader {
public:
    static constexpr int none = -1;

    explicit byte_reader(byte_source& source) : source_(source) {}
    byte_reader(const byte_reader&) = delete;
    byte_reader& operator=(const byte_reader&) = delete;

    // The next byte, or `none`.
    int peek() { return more() ? piece_[0] : none; }
    int get() {
        if (!more()) return none;
        const u8 byte = piece_[0];
        piece_ = piece_.subspan(1);
        return byte;
    }
    // Up to so many; empty only at the end. Stays until more is asked for.
    byte_span take(size_t most) {
        if (!more()) return {};
        const byte_span taken = piece_.first(min_of(most, piece_.size()));
        piece_ = piece_.subspan(taken.size());
        return taken;
    }
    // What was taken last and is not wanted after all; at most as much.
    void put_back(size_t bytes) { piece_ = {piece_.data() - bytes, piece_.size() + bytes}; }

private:
    bool more() {
        if (piece_.empty() && !ended_) {
            piece_ = source_.next();
            ended_ = piece_.empty();
        }
        return !ended_;
    }

    byte_source& source_;
    byte_span piece_;
    bool ended_ = false;
};
