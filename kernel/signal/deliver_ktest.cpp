// Handlers, seen from the frame that they get and from the registers that come back.
#include "arch/i386/fpu.hpp"
#include "kernel/sched/task_fixture.hpp"
#include "kernel/signal/frame_layout.hpp"
#include "kernel/signal/restart.hpp"
#include "kernel/signal/signal_fixture.hpp"
#include "lib/clock.hpp"
#include "lib/fault_injection.hpp"
#include "mm/slab/slab_debug.hpp"

#include <test.hpp>

namespace {

bool same_program(const trap_frame& a, const trap_frame& b) {
    return __builtin_memcmp(&a, &b, offsetof(trap_frame, vector)) == 0 && a.eip == b.eip &&
           a.cs == b.cs && a.eflags == b.eflags && a.user_esp == b.user_esp &&
           a.user_ss == b.user_ss;
}

}  // namespace

TEST(signal, a_handler_gets_a_frame_and_gives_it_back) {
    signal_scene scene;
    ASSERT_TRUE(scene.ready);
    scene.handle(SIGUSR1, 0);
    scene.frame.esi = 0x1234;
    const trap_frame before = scene.frame;
    scene.send(SIGUSR1);
    EXPECT_TRUE(scene.me().signal_pending);
    do_signal(scene.frame);
    const u32 at = scene.frame.user_esp;
    EXPECT_EQ(scene.frame.eip, scene.handler);
    EXPECT_EQ((at + 4) & 15, 0u);
    EXPECT_EQ(scene.frame.eax, u32{SIGUSR1});
    EXPECT_EQ(scene.word_at(at), scene.restorer);
    EXPECT_EQ(scene.word_at(at + 4), u32{SIGUSR1});
    EXPECT_EQ(scene.word_at(at + 8 + offsetof(sigcontext, ip)), before.eip);
    EXPECT_EQ(scene.me().blocked, sigmask(SIGUSR1));
    static_cast<void>(scene.return_from_handler(false));
    EXPECT_TRUE(same_program(scene.frame, before));
    EXPECT_EQ(scene.me().blocked, 0u);
    EXPECT_FALSE(scene.me().signal_pending);
}

TEST(signal, siginfo_and_context_are_where_the_arguments_say) {
    signal_scene scene;
    ASSERT_TRUE(scene.ready);
    scene.handle(SIGUSR2, SA_SIGINFO | SA_NODEFER, signals(SIGHUP, SIGKILL, 64));
    const trap_frame before = scene.frame;
    scene.send(SIGUSR2, SI_QUEUE);
    do_signal(scene.frame);
    const u32 at = scene.frame.user_esp;
    EXPECT_EQ(scene.word_at(at + 8), at + 16);
    EXPECT_EQ(scene.word_at(at + 12), at + 144);
    EXPECT_EQ(scene.frame.edx, at + 16);
    EXPECT_EQ(scene.frame.ecx, at + 144);
    EXPECT_EQ(scene.word_at(at + 16 + 8), static_cast<u32>(SI_QUEUE));
    EXPECT_EQ(scene.word_at(at + 16 + 12 + 8), 9u);
    EXPECT_EQ(scene.word_at(at + 16 + 124), 0u);
    EXPECT_EQ(scene.me().blocked, signals(SIGHUP, 64));
    static_cast<void>(scene.return_from_handler(true));
    EXPECT_TRUE(same_program(scene.frame, before));
}

// In a thread of its own, which takes its registers along when it ends.
TEST(signal, fpu_registers_survive_a_handler) {
    if (!has_fpu()) SKIP_TEST("there is no FPU");
    const task_scene nothing_stays;
    u32 value = 1234, in_frame = 0;
    u16 status = 0xffff;
    test_thread thread([&] {
        signal_scene scene;
        if (!scene.ready || !task_use_fpu(scene.me())) return;
        scene.handle(SIGUSR1, 0);
        asm volatile("fninit\n\tfildl %0" ::"m"(value));
        scene.send(SIGUSR1);
        do_signal(scene.frame);
        asm volatile("fnstsw %0" : "=m"(status));
        const u32 context = scene.frame.user_esp + 8;
        in_frame = scene.word_at(context + offsetof(sigcontext, fpstate)) - context;
        static_cast<void>(scene.return_from_handler(false));
        value = 0;
        asm volatile("fistpl %0" : "=m"(value));
    });
    ASSERT_TRUE(thread.made());
    thread.start();
    thread.join();
    EXPECT_EQ(u32{status}, 0u);  // empty: the handler begins afresh
    EXPECT_TRUE(in_frame >= sizeof(sigframe) - 8 && in_frame < 1024);
    EXPECT_EQ(value, 1234u);
}

TEST(signal, an_interrupted_poll_goes_on_until_the_same_end) {
    constexpr u32 restart_syscall = 0, poll = 168, milliseconds = 50;
    signal_scene scene;
    ASSERT_TRUE(scene.ready);
    const u64 before = uptime_us();
    scene.handle(SIGUSR1, 0);
    scene.send(SIGUSR1);
    EXPECT_EQ(call_by_number(poll, scene.frame, 0, 0, milliseconds), restart_by_block);
    const auto& words = scene.me().restart.words;
    const u64 end = words[2] | u64{words[3]} << 32;
    EXPECT_GE(end, before + milliseconds * 1000);
    EXPECT_LE(end, uptime_us() + milliseconds * 1000);
    kernel_siginfo taken;
    {
        const lock_guard held(scene.me().sighand->siglock);
        EXPECT_EQ(dequeue_signal_locked(scene.me(), 0, taken), u32{SIGUSR1});
    }
    EXPECT_EQ(call_by_number(restart_syscall, scene.frame), 0);
    EXPECT_GE(uptime_us(), end);
}

TEST(signal, what_a_hostile_frame_says_is_made_harmless) {
    signal_scene scene;
    ASSERT_TRUE(scene.ready);
    scene.handle(SIGUSR1, 0);
    scene.send(SIGUSR1);
    do_signal(scene.frame);
    const u32 saved = scene.frame.user_esp + 8;
    const auto change = [&](u32 offset, u32 value) {
        EXPECT_TRUE(static_cast<bool>(put_user(value, user_ptr<u32>(saved + offset))));
    };
    change(offsetof(sigcontext, cs), KERNEL_CS);
    change(offsetof(sigcontext, ds), KERNEL_DS);
    change(offsetof(sigcontext, flags), 0xffffffff);
    change(offsetof(sigcontext, oldmask), 0xffffffff);
    static_cast<void>(scene.return_from_handler(false));
    EXPECT_EQ(scene.frame.cs, KERNEL_CS | 3u);
    EXPECT_EQ(scene.frame.ds, KERNEL_DS | 3u);
    EXPECT_EQ(scene.frame.eflags, 0x202 | FIX_EFLAGS);
    EXPECT_EQ(scene.me().blocked, signal_set{0xffffffff} & ~SIG_KERNEL_ONLY);
}

TEST(signal, a_frame_that_is_not_there_is_a_fault) {
    signal_scene scene;
    ASSERT_TRUE(scene.ready);
    scene.handle(SIGSEGV, 0);
    scene.frame.user_esp = 8;
    static_cast<void>(call_by_number(173, scene.frame));
    EXPECT_EQ(scene.me().pending.signal, sigmask(SIGSEGV));
}

TEST(signal, an_overflowed_altstack_gets_no_frame) {
    signal_scene scene;
    ASSERT_TRUE(scene.ready);
    task_struct& me = scene.me();
    me.sas_ss_sp = scene.stack + 4096;  // there is memory below it
    me.sas_ss_size = 4096;
    scene.handle(SIGUSR1, SA_ONSTACK | SA_SIGINFO);
    scene.handle(SIGSEGV, 0);
    scene.frame.user_esp = me.sas_ss_sp + 200;
    scene.send(SIGUSR1);
    do_signal(scene.frame);
    EXPECT_EQ(scene.frame.eip, scene.text);
    EXPECT_EQ(me.pending.signal, sigmask(SIGSEGV));
}

TEST(signal, an_interrupted_call_begins_again_or_fails) {
    signal_scene scene;
    ASSERT_TRUE(scene.ready);
    constexpr u32 number = 29, after_int_0x80 = signal_scene::text + 2;
    const auto interrupted = [&](s32 answer) {
        scene.frame.vector = SYSCALL_VECTOR;
        scene.frame.error_code = number;
        scene.frame.eax = static_cast<u32>(answer);
        scene.frame.eip = after_int_0x80;
        do_signal(scene.frame);
    };
    interrupted(restart_nohand);
    EXPECT_EQ(scene.frame.eip, signal_scene::text);
    EXPECT_EQ(scene.frame.eax, number);
    interrupted(restart_by_block);
    EXPECT_EQ(scene.frame.eax, 0u);  // restart_syscall
    EXPECT_EQ(scene.frame.eip, signal_scene::text);
    scene.handle(SIGUSR1, 0);
    scene.send(SIGUSR1);
    interrupted(restart_sys);
    static_cast<void>(scene.return_from_handler(false));
    EXPECT_EQ(static_cast<s32>(scene.frame.eax), -EINTR);
    EXPECT_EQ(scene.frame.eip, after_int_0x80);
    // No call: a register that happens to hold that number.
    scene.frame.eax = static_cast<u32>(restart_sys);
    do_signal(scene.frame);
    EXPECT_EQ(scene.frame.eip, after_int_0x80);
}

TEST(signal, a_restart_goes_on_where_it_was) {
    signal_scene scene;
    ASSERT_TRUE(scene.ready);
    const err answer =
        set_restart([](restart_block& block) { return syscall_result(block.words[1]); }, 1, 42);
    EXPECT_EQ(answer.code, ERESTART_RESTARTBLOCK);
    EXPECT_EQ(call_by_number(0, scene.frame), 42);
    EXPECT_EQ(call_by_number(0, scene.frame), -EINTR);
}

TEST(signal, a_temporary_mask_lasts_until_the_handler_has_returned) {
    signal_scene scene;
    ASSERT_TRUE(scene.ready);
    scene.handle(SIGUSR1, 0);
    set_current_blocked(sigmask(SIGUSR1));
    scene.send(SIGUSR1);
    EXPECT_FALSE(scene.me().signal_pending);
    set_temporary_mask(sigmask(SIGHUP));
    EXPECT_TRUE(scene.me().signal_pending);
    EXPECT_TRUE(keep_temporary_mask(true));
    do_signal(scene.frame);
    EXPECT_EQ(scene.me().blocked, signals(SIGHUP, SIGUSR1));
    static_cast<void>(scene.return_from_handler(false));
    EXPECT_EQ(scene.me().blocked, sigmask(SIGUSR1));
    set_temporary_mask(0);
    EXPECT_FALSE(keep_temporary_mask(false));
    EXPECT_EQ(scene.me().blocked, sigmask(SIGUSR1));
}

TEST(signal, what_is_ignored_is_dropped_unless_it_is_blocked) {
    signal_scene scene;
    ASSERT_TRUE(scene.ready);
    scene.send(SIGCHLD);
    EXPECT_FALSE(scene.me().signal_pending);
    set_current_blocked(sigmask(SIGCHLD));
    scene.send(SIGCHLD);
    EXPECT_EQ(scene.me().signal->shared_pending.signal, sigmask(SIGCHLD));
    set_current_blocked(0);
    EXPECT_TRUE(scene.me().signal_pending);
    do_signal(scene.frame);
    EXPECT_EQ(scene.frame.eip, scene.text);
    EXPECT_FALSE(scene.me().signal_pending);
}

TEST(signal, a_fault_is_neither_blocked_nor_ignored) {
    signal_scene scene;
    ASSERT_TRUE(scene.ready);
    scene.handle(SIGSEGV, SA_SIGINFO);
    set_current_blocked(sigmask(SIGSEGV));
    force_signal({SIGSEGV, 0, 1, {0x1234}});
    const lock_guard held(scene.me().sighand->siglock);
    EXPECT_EQ(scene.me().blocked, 0u);
    EXPECT_EQ(action_of(*scene.me().sighand, SIGSEGV).handler, SIG_DFL);
    EXPECT_TRUE(fatal_signal_pending(scene.me()));
}

TEST(signal, the_first_program_gets_what_it_has_a_handler_for) {
    signal_scene scene;
    ASSERT_TRUE(scene.ready);
    scene.me().signal->unkillable = true;
    scene.send(SIGTERM);
    scene.send(SIGKILL);
    EXPECT_FALSE(scene.me().signal_pending);
    scene.handle(SIGTERM, 0);
    scene.send(SIGTERM);
    EXPECT_TRUE(scene.me().signal_pending);
}

TEST(signal, an_interval_timer_rings_and_rings_again) {
    signal_scene scene;
    ASSERT_TRUE(scene.ready);
    scene.handle(SIGALRM, 0);
    const u32 value = scene.stack;
    const u32 times[] = {0, 10'000, 0, 10'000};
    ASSERT_TRUE(copy_to_user(user_ptr<void>(value), times, sizeof(times)) == 0);
    EXPECT_EQ(call_by_number(104, scene.frame, 0, value), 0);
    for (u32 i = 0; i < 2; ++i) {
        EXPECT_EQ(call_by_number(29, scene.frame), -ERESTARTNOHAND);
        do_signal(scene.frame);
        EXPECT_EQ(scene.frame.eip, scene.handler);
        static_cast<void>(scene.return_from_handler(false));
    }
    EXPECT_EQ(call_by_number(27, scene.frame, 0), 1);  // alarm(0): a part of a second
    EXPECT_EQ(call_by_number(27, scene.frame, 0), 0);
}

TEST(signal, without_memory_nothing_is_copied) {
    signal_scene scene;
    ASSERT_TRUE(scene.ready);
    task_struct child;
    const u32 points = for_each_failure(failslab, [&] {
        const auto copied = copy_signals(child, scene.me(), 0);
        if (copied)
            release_signals(child);
        else
            EXPECT_EQ(copied.error(), ENOMEM);
    });
    EXPECT_EQ(points, 2u);
}
