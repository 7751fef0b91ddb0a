#include "kernel/sched/prio_array.hpp"

#include <test.hpp>

namespace {

sched_entity of_priority(u8 prio) {
    sched_entity task;
    task.prio = prio;
    return task;
}

}  // namespace

TEST(prio_array, the_highest_priority_is_first) {
    prio_array array;
    EXPECT_TRUE(array.first() == nullptr);
    sched_entity low = of_priority(139), middle = of_priority(120), high = of_priority(0);
    array.enqueue_task(middle);
    array.enqueue_task(low);
    EXPECT_EQ(array.first(), &middle);
    array.enqueue_task(high);
    EXPECT_EQ(array.first(), &high);
    EXPECT_EQ(array.nr_active(), 3u);
    array.check_invariants();
    array.dequeue_task(high);
    array.dequeue_task(middle);
    EXPECT_EQ(array.first(), &low);
    array.dequeue_task(low);
    EXPECT_TRUE(array.first() == nullptr);
    array.check_invariants();
}

TEST(prio_array, equals_come_in_turn) {
    prio_array array;
    sched_entity a = of_priority(120), b = of_priority(120), c = of_priority(120);
    array.enqueue_task(a);
    array.enqueue_task(b);
    array.enqueue_task(c);
    EXPECT_EQ(array.first(), &a);
    array.requeue_task(a);
    EXPECT_EQ(array.first(), &b);
    array.dequeue_task(b);
    EXPECT_EQ(array.first(), &c);
    array.dequeue_task(c);
    EXPECT_EQ(array.first(), &a);
    array.dequeue_task(a);
    EXPECT_TRUE(a.array == nullptr);
}

// Each word of the bitmap, and each bit at its ends.
TEST(prio_array, every_priority_is_found) {
    prio_array array;
    for (u32 prio = MAX_PRIO; prio-- > 0;) {
        sched_entity task = of_priority(static_cast<u8>(prio));
        sched_entity lower = of_priority(MAX_PRIO - 1);
        array.enqueue_task(lower);
        array.enqueue_task(task);
        EXPECT_EQ(array.first()->prio, prio);
        array.check_invariants();
        array.dequeue_task(task);
        array.dequeue_task(lower);
    }
}
