#include "lib/sync/softirq.hpp"

#include <test.hpp>

namespace {

u32 runs;
bool in_softirq_then, irqs_on_then;

void note(void*) {
    ++runs;
    in_softirq_then = in_interrupt();
    irqs_on_then = irqs_enabled();
}

constinit tasklet_struct noting{.func = note};

// As an interrupt's handler and its end.
template <class Handler>
void in_an_interrupt(Handler handler) {
    const irq_state before = local_irq_save();
    irq_enter();
    handler();
    irq_exit();
    if (softirq_pending()) do_softirq();
    local_irq_restore(before);
}

}  // namespace

TEST(softirq, runs_at_the_end_of_the_interrupt_with_interrupts_on) {
    runs = 0;
    in_an_interrupt([] {
        tasklet_schedule(noting);
        EXPECT_EQ(runs, 0u);
    });
    EXPECT_EQ(runs, 1u);
    EXPECT_TRUE(in_softirq_then);
    EXPECT_TRUE(irqs_on_then);
    EXPECT_FALSE(in_interrupt());
}

TEST(softirq, runs_at_once_outside_of_interrupts) {
    runs = 0;
    tasklet_schedule(noting);
    EXPECT_EQ(runs, 1u);
}

TEST(softirq, waits_for_local_bh_enable) {
    runs = 0;
    local_bh_disable();
    tasklet_schedule(noting);
    in_an_interrupt([] {});
    EXPECT_EQ(runs, 0u);
    local_bh_enable();
    EXPECT_EQ(runs, 1u);
    EXPECT_EQ(preempt_count(), 0u);
}

TEST(softirq, a_tasklet_runs_once_however_often_it_was_asked_for) {
    runs = 0;
    in_an_interrupt([] {
        tasklet_schedule(noting);
        tasklet_schedule(noting);
    });
    EXPECT_EQ(runs, 1u);
}

// It is asked for by itself a few times: more rounds, one call each.
TEST(softirq, a_tasklet_may_ask_for_itself_again) {
    static constinit u32 left;
    static constinit tasklet_struct again{.func = [](void* self) {
        if (left-- > 1) tasklet_schedule(*static_cast<tasklet_struct*>(self));
    }};
    again.data = &again;
    left = 3;
    in_an_interrupt([] { tasklet_schedule(again); });
    EXPECT_EQ(left, 0u);
}
