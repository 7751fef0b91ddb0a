#include "kernel/signal/fpu_legacy.hpp"

#include "lib/string.hpp"

namespace {

constexpr u32 tag_valid = 0, tag_zero = 1, tag_special = 2, tag_empty = 3;

u32 tag_of(const u8 (&st)[16]) {
    u32 low, high;
    u16 exponent;
    memcpy(&low, st, 4);
    memcpy(&high, st + 4, 4);
    memcpy(&exponent, st + 8, 2);
    exponent &= 0x7fff;
    if (exponent == 0x7fff) return tag_special;
    if (exponent == 0) return low == 0 && high == 0 ? tag_zero : tag_special;
    return high >> 31 ? tag_valid : tag_special;
}

// Tags go by register; what is saved goes by place on the stack, whose top the status tells.
u32 wide_tags(const fxsave_image& from) {
    const u32 top = from.status >> 11 & 7;
    u32 tags = 0;
    for (u32 i = 0; i < 8; ++i) {
        const u32 tag = from.tags >> i & 1 ? tag_of(from.st[(i - top) & 7]) : tag_empty;
        tags |= tag << 2 * i;
    }
    return tags;
}

u16 narrow_tags(u32 wide) {
    u32 tags = 0;
    for (u32 i = 0; i < 8; ++i)
        if ((wide >> 2 * i & 3) != tag_empty) tags |= 1u << i;
    return static_cast<u16>(tags);
}

}  // namespace

void fsave_from_fxsave(fsave_header& to, const fxsave_image& from) {
    constexpr u32 ones = 0xffff0000;
    to.control = from.control | ones;
    to.status = from.status | ones;
    to.tags = wide_tags(from) | ones;
    to.ip = from.ip;
    to.cs_and_opcode = (from.cs & 0xffff) | u32{from.opcode} << 16;
    to.operand = from.operand;
    to.operand_segment = from.operand_segment;
    for (u32 i = 0; i < 8; ++i) memcpy(to.st[i], from.st[i], sizeof(to.st[i]));
}

void fxsave_from_fsave(fxsave_image& to, const fsave_header& from) {
    to.control = static_cast<u16>(from.control);
    to.status = static_cast<u16>(from.status);
    to.tags = narrow_tags(from.tags);
    to.opcode = static_cast<u16>(from.cs_and_opcode >> 16);
    to.ip = from.ip;
    to.cs = from.cs_and_opcode & 0xffff;
    to.operand = from.operand;
    to.operand_segment = from.operand_segment;
    for (u32 i = 0; i < 8; ++i) memcpy(to.st[i], from.st[i], sizeof(from.st[i]));
}
