#include "kernel/signal/trap_meaning.hpp"

#include <test.hpp>

TEST(trap_meaning, is_as_linux_has_it) {
    struct {
        u32 vector, signal, code;
    } const rows[] = {
        {0, SIGFPE, 1},    {3, SIGTRAP, 0x80}, {4, SIGSEGV, 0x80}, {5, SIGSEGV, 0x80},
        {6, SIGILL, 2},    {7, SIGFPE, 0x80},  {10, SIGSEGV, 0x80}, {11, SIGBUS, 0x80},
        {12, SIGBUS, 0x80}, {13, SIGSEGV, 0x80}, {17, SIGBUS, 1},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(u32{meaning_of_trap(row.vector).signal}, row.signal);
        EXPECT_EQ(u32{meaning_of_trap(row.vector).code}, row.code);
    }
    EXPECT_TRUE(meaning_of_trap(6).has_address);
    EXPECT_FALSE(meaning_of_trap(13).has_address);
}

TEST(trap_meaning, of_floating_point_only_what_is_not_masked) {
    EXPECT_EQ(fpe_code(x87_exceptions(0x3f, 0x37f)), 0);
    EXPECT_EQ(fpe_code(x87_exceptions(0x3f, 0x37b)), FPE_FLTDIV);
    EXPECT_EQ(fpe_code(x87_exceptions(0x3f, 0x340)), FPE_FLTINV);
    EXPECT_EQ(fpe_code(x87_exceptions(0x02, 0x340)), FPE_FLTUND);
    EXPECT_EQ(fpe_code(sse_exceptions(0x1f80 | 0x3f)), 0);
    EXPECT_EQ(fpe_code(sse_exceptions((0x1f80 & ~0x400) | 0x08)), FPE_FLTOVF);
    EXPECT_EQ(fpe_code(sse_exceptions((0x1f80 & ~0x1000) | 0x20)), FPE_FLTRES);
}

TEST(trap_meaning, a_step_goes_before_a_breakpoint) {
    EXPECT_EQ(debug_code(1u << 14 | 1), TRAP_TRACE);
    EXPECT_EQ(debug_code(2), TRAP_HWBKPT);
    EXPECT_EQ(debug_code(0), TRAP_BRKPT);
}
