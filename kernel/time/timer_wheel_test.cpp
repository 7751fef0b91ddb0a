#include "kernel/time/timer_wheel.hpp"

#include "lib/random.hpp"

#include <new>
#include <test.hpp>

namespace {

// Too large for a kernel stack; each test has a fresh one.
alignas(timer_wheel) char room[sizeof(timer_wheel)];
timer_wheel& fresh_wheel() { return *new (room) timer_wheel; }

u32 now;

struct noted {
    timer_list timer{};
    u32 calls = 0;
    u32 called_at = 0;
};
void note(void* data) {
    auto& one = *static_cast<noted*>(data);
    ++one.calls;
    one.called_at = now;
}
void set(timer_wheel& wheel, noted& one, u32 expires) {
    one = {};
    one.timer.expires = expires;
    one.timer.function = note;
    one.timer.data = &one;
    wheel.add(one.timer);
}
void run_up_to(timer_wheel& wheel, u32 end) {
    for (; now != end; ++now) wheel.run(now);
}

}  // namespace

TEST(timer_wheel, each_is_called_at_its_tick) {
    timer_wheel& wheel = fresh_wheel();
    now = 0;
    // Either side of where one ring ends and the next begins.
    const u32 times[] = {0, 1, 255, 256, 257, 511, 512, 16383, 16384, 16385, 16640, 40000};
    static noted timers[std::size(times)];
    for (size_t i = 0; i < std::size(times); ++i) set(wheel, timers[i], times[i]);
    wheel.check_invariants();
    run_up_to(wheel, 40001);
    for (size_t i = 0; i < std::size(times); ++i) {
        EXPECT_EQ(timers[i].calls, 1u);
        EXPECT_EQ(timers[i].called_at, times[i]);
    }
    EXPECT_EQ(wheel.pending_timers(), 0u);
    wheel.check_invariants();
}

TEST(timer_wheel, one_that_is_late_runs_at_the_next_tick) {
    timer_wheel& wheel = fresh_wheel();
    now = 0;
    run_up_to(wheel, 1000);
    noted late;
    set(wheel, late, 400);
    wheel.check_invariants();
    run_up_to(wheel, 1001);
    EXPECT_EQ(late.called_at, 1000u);
}

// The tick comes late: what has expired meanwhile is called in its order.
TEST(timer_wheel, ticks_that_were_missed_are_made_up_for) {
    timer_wheel& wheel = fresh_wheel();
    now = 0;
    noted a, b, c;
    set(wheel, a, 10);
    set(wheel, b, 300);
    set(wheel, c, 701);
    now = 700;
    wheel.run(now);
    EXPECT_EQ(a.calls + b.calls, 2u);
    EXPECT_EQ(c.calls, 0u);
    EXPECT_TRUE(wheel.remove(c.timer));
    EXPECT_FALSE(wheel.remove(c.timer));
}

TEST(timer_wheel, can_be_removed_and_changed) {
    timer_wheel& wheel = fresh_wheel();
    now = 0;
    noted one;
    set(wheel, one, 50);
    EXPECT_TRUE(wheel.modify(one.timer, 20'000));
    EXPECT_TRUE(one.timer.pending());
    run_up_to(wheel, 100);
    EXPECT_EQ(one.calls, 0u);
    EXPECT_TRUE(wheel.modify(one.timer, 120));
    run_up_to(wheel, 200);
    EXPECT_EQ(one.called_at, 120u);
    EXPECT_FALSE(one.timer.pending());
    EXPECT_FALSE(wheel.modify(one.timer, 210));
    EXPECT_TRUE(wheel.remove(one.timer));
    EXPECT_EQ(wheel.pending_timers(), 0u);
}

TEST(timer_wheel, a_function_may_add_and_remove) {
    static timer_wheel* the_wheel;
    static noted victim;
    timer_wheel& wheel = fresh_wheel();
    the_wheel = &wheel;
    now = 0;
    set(wheel, victim, 30);
    static u32 calls;
    calls = 0;
    static timer_list again;
    again = {.expires = 30, .function = [](void*) {
                 ++calls;
                 the_wheel->remove(victim.timer);
                 if (calls == 3) return;
                 again.expires += 300;
                 the_wheel->add(again);
             }};
    // Both expire in one tick: the first takes the second off the list of those due.
    wheel.remove(victim.timer);
    wheel.add(again);
    wheel.add(victim.timer);
    run_up_to(wheel, 1000);
    EXPECT_EQ(calls, 3u);
    EXPECT_EQ(victim.calls, 0u);
    EXPECT_EQ(wheel.pending_timers(), 0u);
}

TEST(timer_wheel, none_is_lost_or_early_whatever_happens) {
    timer_wheel& wheel = fresh_wheel();
    now = 0;
    static noted timers[40];
    for (noted& one : timers) one = {};
    random_source random(11);
    for (u32 step = 0; step < 4000; ++step) {
        noted& one = timers[random.below(40)];
        if (!one.timer.pending())
            set(wheel, one, now + random.below(random.one_in(4) ? 30'000 : 600));
        else if (random.one_in(3))
            wheel.remove(one.timer);
        for (const noted& each : timers)
            if (each.timer.pending()) ASSERT_GE(each.timer.expires, now);
        run_up_to(wheel, now + random.below(20));
        if (step % 64 == 0) wheel.check_invariants();
    }
    for (noted& one : timers)
        if (one.calls) EXPECT_EQ(one.called_at, one.timer.expires);
    for (noted& one : timers) wheel.remove(one.timer);
    EXPECT_EQ(wheel.pending_timers(), 0u);
}
