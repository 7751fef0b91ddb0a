#include "kernel/signal/fpu_legacy.hpp"

#include "lib/string.hpp"

#include <test.hpp>

namespace {

void set_st(fxsave_image& image, u32 place, u64 significand, u16 exponent) {
    memcpy(image.st[place], &significand, 8);
    memcpy(image.st[place] + 8, &exponent, 2);
}

}  // namespace

TEST(fpu_legacy, tags_say_what_is_in_a_register) {
    fxsave_image from{};
    from.status = 6 << 11;  // the top is register 6: st0 is 6, st1 is 7, st2 is 0 ...
    from.tags = 0xc3;       // 6, 7, 0, 1
    set_st(from, 0, u64{1} << 63, 0x3fff);  // 1.0
    set_st(from, 1, 0, 0x8000);             // -0.0
    set_st(from, 2, u64{1} << 63, 0x7fff);  // infinity
    set_st(from, 3, 1, 0);                  // denormal
    fsave_header to;
    fsave_from_fxsave(to, from);
    EXPECT_EQ(to.tags, 0xffff0000u | 2 | 2 << 2 | 0xff << 4 | 0 << 12 | 1 << 14);
}

TEST(fpu_legacy, there_and_back_changes_nothing) {
    fxsave_image before{};
    before.control = 0x37f;
    before.status = 0x3800 | 0x41;
    before.tags = 0x80;
    before.opcode = 0x123;
    before.ip = 0x8048123;
    before.cs = 0x73;
    before.operand = 0xbfff1234;
    before.operand_segment = 0x7b;
    set_st(before, 0, u64{0xc} << 60, 0x4000);
    fsave_header legacy;
    fsave_from_fxsave(legacy, before);
    EXPECT_EQ(legacy.control, 0xffff037fu);
    EXPECT_EQ(legacy.cs_and_opcode, 0x01230073u);
    fxsave_image after{};
    fxsave_from_fsave(after, legacy);
    EXPECT_EQ(memcmp(&before, &after, sizeof(before)), 0);
}

TEST(fpu_legacy, mxcsr_keeps_what_the_cpu_knows) {
    EXPECT_EQ(valid_mxcsr(~0u, 0x2ffff), 0x2ffffu);
    EXPECT_EQ(valid_mxcsr(~0u, 0), 0xffbfu);
    EXPECT_EQ(valid_mxcsr(0x1f80, 0xffff), 0x1f80u);
}
