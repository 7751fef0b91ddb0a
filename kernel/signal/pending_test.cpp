#include "kernel/signal/pending.hpp"

#include "lib/fault_injection.hpp"
#include "mm/slab/slab_debug.hpp"

#include <test.hpp>

namespace {

constexpr u32 nobody = 77777;  // no program is his
constexpr sigqueue_limit plenty{nobody, 100};

kernel_siginfo queued(u32 signal, u32 value) {
    return {static_cast<s32>(signal), 0, SI_QUEUE, {1, 0, value}};
}

class pending_scene {
public:
    pending_scene() { EXPECT_TRUE(sigqueue_init()); }
    ~pending_scene() {
        check_pending(waiting);
        flush_signals(waiting, ~signal_set{0});
        EXPECT_TRUE(waiting.queue.empty());
    }
    bool send(u32 signal, u32 value = 0, sigqueue_limit limit = plenty) {
        return enqueue_signal(waiting, queued(signal, value), limit).value_or(false);
    }
    u32 take(u32 signal) { return collect_signal(waiting, signal).fields[2]; }

    sigpending waiting;
};

}  // namespace

TEST(pending, a_standard_signal_waits_once) {
    pending_scene scene;
    EXPECT_TRUE(scene.send(SIGUSR1, 1));
    EXPECT_FALSE(scene.send(SIGUSR1, 2));
    EXPECT_EQ(scene.take(SIGUSR1), 1u);
    EXPECT_EQ(scene.waiting.signal, 0u);
}

TEST(pending, realtime_signals_wait_each_in_their_order) {
    pending_scene scene;
    for (u32 value = 1; value <= 3; ++value) EXPECT_TRUE(scene.send(40, value));
    for (u32 value = 1; value <= 3; ++value) {
        EXPECT_EQ(scene.waiting.signal, sigmask(40));
        EXPECT_EQ(scene.take(40), value);
    }
    EXPECT_EQ(scene.waiting.signal, 0u);
}

TEST(pending, a_limit_refuses_what_would_be_lost) {
    pending_scene scene;
    const sigqueue_limit one{nobody, 1};
    EXPECT_TRUE(scene.send(40, 1, one));
    EXPECT_EQ(enqueue_signal(scene.waiting, queued(41, 2), one).error(), EAGAIN);
    EXPECT_EQ(scene.waiting.signal, sigmask(40));
    // A standard one is known by its number alone; what the kernel says of one is kept.
    EXPECT_TRUE(scene.send(SIGUSR1, 3, one));
    EXPECT_EQ(scene.take(SIGUSR1), 0u);
    const kernel_siginfo fault{SIGSEGV, 0, 1, {0, 0, 5}};
    EXPECT_TRUE(enqueue_signal(scene.waiting, fault, one).value_or(false));
    EXPECT_EQ(scene.take(SIGSEGV), 5u);
    // kill() of a realtime signal is not refused, only forgotten.
    EXPECT_TRUE(enqueue_signal(scene.waiting, {42, 0, SI_USER, {9}}, one).value_or(false));
    EXPECT_EQ(collect_signal(scene.waiting, 42).fields[0], 0u);
}

TEST(pending, synchronous_ones_come_first_then_the_lowest) {
    EXPECT_EQ(next_signal(signals(SIGHUP, SIGSEGV, 40), 0), u32{SIGSEGV});
    EXPECT_EQ(next_signal(signals(SIGHUP, SIGSEGV, 40), sigmask(SIGSEGV)), u32{SIGHUP});
    EXPECT_EQ(next_signal(signals(64, 40), 0), 40u);
    EXPECT_EQ(next_signal(sigmask(64), 0), 64u);
    EXPECT_EQ(next_signal(sigmask(64), sigmask(64)), 0u);
}

TEST(pending, a_fault_goes_before_one_that_was_sent) {
    pending_scene scene;
    kernel_siginfo info{};
    EXPECT_TRUE(scene.send(SIGILL, 1));
    EXPECT_FALSE(collect_fault(scene.waiting, 0, info));
    EXPECT_TRUE(enqueue_signal(scene.waiting, {SIGSEGV, 0, 1, {}}, plenty).value_or(false));
    EXPECT_FALSE(collect_fault(scene.waiting, sigmask(SIGSEGV), info));
    EXPECT_TRUE(collect_fault(scene.waiting, 0, info));
    EXPECT_EQ(info.si_signo, SIGSEGV);
    EXPECT_EQ(scene.waiting.signal, sigmask(SIGILL));
}

TEST(pending, flushing_takes_what_it_names) {
    pending_scene scene;
    EXPECT_TRUE(scene.send(40, 1) && scene.send(41, 2) && scene.send(40, 3));
    flush_signals(scene.waiting, sigmask(40));
    EXPECT_EQ(scene.waiting.signal, sigmask(41));
    EXPECT_EQ(scene.take(41), 2u);
}

TEST(pending, without_memory_the_number_is_left) {
    pending_scene scene;
    const u32 points = for_each_failure(failslab, [&] {
        const auto sent = enqueue_signal(scene.waiting, queued(40, 1), plenty);
        if (!sent) EXPECT_EQ(sent.error(), EAGAIN);
        flush_signals(scene.waiting, ~signal_set{0});
    });
    EXPECT_EQ(points, 2u);
}
