// gzip: a deflated stream between a header and two checks (RFC 1952).
//
//     1f 8b 08 flags time x4 extra os | [extra field] [name\0] [comment\0] [crc16]
//     deflate ...
//     CRC-32 of what it unpacks to | its length modulo 2^32
//
// What follows is left where it is: another member, or something else.
#pragma once

#include "fs/unpack/inflate.hpp"

inline constexpr u8 gzip_first_byte = 0x1f;

class gunzipper {
public:
    // False: no memory.
    [[nodiscard]] bool init() { return inflater_.init(); }

    // One member. EINVAL: it is malformed, or is not what was packed (all of it has gone to
    // the sink by then); or what the sink says.
    result<> gunzip(byte_reader& in, byte_sink& out);
    // After EINVAL: why.
    const char* problem() const { return problem_; }

private:
    result<> malformed(const char* problem) {
        problem_ = problem;
        return err{EINVAL};
    }
    result<> header(byte_reader& in);

    inflater inflater_;
    const char* problem_ = "";
};
