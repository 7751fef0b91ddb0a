#include "fs/unpack/crc32.hpp"

namespace {

// What four bits do to the rest: 64 bytes of table, and half the speed of a table of 1 KiB.
struct nibble_table {
    u32 of[16];
};
consteval nibble_table make_table() {
    nibble_table table{};
    for (u32 nibble = 0; nibble < 16; ++nibble) {
        u32 rest = nibble;
        for (int bit = 0; bit < 4; ++bit)
            rest = rest & 1 ? rest >> 1 ^ 0xedb88320 : rest >> 1;
        table.of[nibble] = rest;
    }
    return table;
}
constexpr nibble_table table = make_table();

}  // namespace

void crc32::add(byte_span bytes) {
    u32 state = state_;
    for (const u8 byte : bytes) {
        state ^= byte;
        state = table.of[state & 15] ^ state >> 4;
        state = table.of[state & 15] ^ state >> 4;
    }
    state_ = state;
}
