// The checksum of gzip, Ethernet and many more: CRC-32, reflected, polynomial 0x04C11DB7.
#pragma once

#include "fs/unpack/byte_stream.hpp"

class crc32 {
public:
    void add(byte_span bytes);
    u32 value() const { return ~state_; }

private:
    u32 state_ = ~u32{0};
};
