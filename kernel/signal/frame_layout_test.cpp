// What a hostile program hands to sigreturn(), and the table of restarts.
#include "kernel/signal/frame_layout.hpp"
#include "kernel/signal/restart.hpp"

#include <test.hpp>

TEST(signal_frame, flags_of_the_kernel_stay_as_they_are) {
    constexpr u32 IF = 0x200, IOPL = 0x3000, NT = 0x4000, VM = 0x20000, ID = 0x200000;
    EXPECT_EQ(eflags_from_user(IF | 2, ~0u), FIX_EFLAGS | IF | 2);
    EXPECT_EQ(eflags_from_user(IF | FIX_EFLAGS | 2, 0), IF | 2);
    EXPECT_EQ(FIX_EFLAGS & (IF | IOPL | NT | VM | ID), 0u);
}

TEST(signal_frame, selectors_are_ring_3s_or_none) {
    EXPECT_EQ(code_or_stack_selector(KERNEL_CS), KERNEL_CS | 3u);
    EXPECT_EQ(code_or_stack_selector(0), 3u);
    EXPECT_EQ(data_selector(PERCPU_SELECTOR), PERCPU_SELECTOR | 3u);
    EXPECT_EQ(data_selector(0xabcd0000), 0u);
    EXPECT_EQ(data_selector(0x33), 0x33u);
}

TEST(signal_frame, registers_come_back_as_they_were) {
    trap_frame before{};
    u32* const words = &before.ebx;
    for (u32 i = 0; i < 7; ++i) words[i] = 0x1000 + i;
    before.gs = 0x33;
    before.fs = 0;
    before.ds = before.es = before.user_ss = USER_DS;
    before.cs = USER_CS;
    before.eflags = 0x202 | EFLAGS_CF | EFLAGS_DF;
    before.eip = 0x8048000;
    before.user_esp = 0xbfff0000;
    sigcontext saved{};
    save_registers(saved, before);
    trap_frame after{};
    after.eflags = 0x202;
    restore_registers(after, saved);
    EXPECT_EQ(__builtin_memcmp(&before, &after, sizeof(before)), 0);
}

TEST(signal_frame, the_argument_is_16_aligned) {
    for (u32 sp = 0xbfff0000; sp < 0xbfff0020; ++sp) {
        const u32 frame = align_sigframe(sp);
        EXPECT_EQ((frame + 4) & 15, 0u);
        EXPECT_TRUE(frame <= sp && sp - frame < 16);
    }
}

TEST(signal_restart, is_as_linux_has_it) {
    using enum call_end;
    struct {
        s32 answer;
        call_end no_handler, handler, with_sa_restart;
    } const rows[] = {
        {restart_sys, once_more, eintr, once_more},
        {restart_nointr, once_more, once_more, once_more},
        {restart_nohand, once_more, eintr, eintr},
        {restart_by_block, by_block, eintr, eintr},
        {-EINTR, as_it_is, as_it_is, as_it_is},
        {-515, as_it_is, as_it_is, as_it_is},
        {0, as_it_is, as_it_is, as_it_is},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(end_of_call(row.answer, false, SA_RESTART), row.no_handler);
        EXPECT_EQ(end_of_call(row.answer, true, 0), row.handler);
        EXPECT_EQ(end_of_call(row.answer, true, SA_RESTART), row.with_sa_restart);
    }
}
