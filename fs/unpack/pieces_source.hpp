// For tests: bytes that come in pieces of one size, as they would from a slow device.
#pragma once

#include "fs/unpack/byte_stream.hpp"

class pieces_source final : public byte_source {
public:
    pieces_source(byte_span bytes, size_t piece) : left_(bytes), piece_(piece) {}
    byte_span next() override {
        const byte_span now = left_.first(min_of(piece_, left_.size()));
        left_ = left_.subspan(now.size());
        return now;
    }

private:
    byte_span left_;
    size_t piece_;
};
