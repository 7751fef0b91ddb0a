// The two forms in which x87's registers are kept: FSAVE's, which a signal frame begins with
// and which older programs look at, and FXSAVE's, which has the SSE registers, too.
//
//     FSAVE     cw sw tag ip cs:opcode operand ds   seven words, then st0..7 of 10 bytes
//     FXSAVE    16 bits each, tags of one bit       st0..7 of 16 bytes, mxcsr, xmm0..7
//
// A tag of FSAVE's says of a register: valid 0, zero 1, special 2, empty 3. FXSAVE's says
// only whether it is empty: the rest is to be seen in the register.
#pragma once

#include "arch/i386/fpu.hpp"

struct fsave_header {
    u32 control, status, tags;
    u32 ip, cs_and_opcode, operand, operand_segment;
    u8 st[8][10];
};
static_assert(sizeof(fsave_header) == 108);

struct fxsave_image {
    u16 control, status, tags, opcode;
    u32 ip, cs, operand, operand_segment;
    u32 mxcsr, mxcsr_mask;
    u8 st[8][16];
    u8 xmm[8][16];
    u8 reserved[176];
    u8 for_software[48];
};
static_assert(sizeof(fxsave_image) == sizeof(fpu_state));
static_assert(offsetof(fxsave_image, st) == 32 && offsetof(fxsave_image, for_software) == 464);

void fsave_from_fxsave(fsave_header& to, const fxsave_image& from);
// What FSAVE does not know stays.
void fxsave_from_fsave(fxsave_image& to, const fsave_header& from);

// Of mxcsr those bits that this CPU knows: with others, FXRSTOR is a fault of the kernel's.
constexpr u32 valid_mxcsr(u32 wanted, u32 mask_of_cpu) {
    return wanted & (mask_of_cpu ? mask_of_cpu : 0xffbf);
}
