// Tasks in numbers, and without memory: limits hold, and every frame comes back.
#include "kernel/sched/task_fixture.hpp"
#include "lib/fault_injection.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/slab/slab_debug.hpp"

#include <test.hpp>

namespace {

int sleep_until_stopped(void* count) {
    ++*static_cast<u32*>(count);
    for (;;) {
        set_current_state(TASK_INTERRUPTIBLE);
        if (kthread_should_stop()) break;
        schedule();
    }
    set_current_state(TASK_RUNNING);
    return 0;
}

constinit task_struct* threads[1000] = {};

int end_at_once(void* count) {
    ++*static_cast<u32*>(count);
    return 0;
}

}  // namespace

TEST(many_tasks, five_hundred_at_once) {
    constexpr u32 many = 500;
    if (max_tasks() < many + 50) SKIP_TEST("there is memory for fewer");
    const task_scene scene;
    static u32 ran;
    ran = 0;
    u32 made = 0;
    while (made < many) {
        const auto one = kthread_run(sleep_until_stopped, &ran, "many");
        if (!one) break;
        threads[made++] = *one;
    }
    EXPECT_EQ(made, many);
    while (ran < made) yield();
    check_run_queues();
    for (u32 i = 0; i < made; ++i) EXPECT_EQ(kthread_stop(*threads[i]), 0);
}

TEST(many_tasks, ten_thousand_in_sequence) {
    constexpr u32 many = 10'000;
    const task_scene scene;
    const u32 tasks_before = nr_tasks();
    static u32 ran;
    ran = 0;
    u32 failed = 0;
    for (u32 i = 0; i < many; ++i) {
        failed += !kthread_run(end_at_once, &ran, "one");
        yield();
    }
    EXPECT_EQ(failed, 0u);
    EXPECT_EQ(ran, many);
    reap_dead_tasks();
    EXPECT_EQ(nr_tasks(), tasks_before);
}

TEST(many_tasks, there_is_a_limit) {
    if (max_tasks() > 1000) SKIP_TEST("there is memory for too many");
    const task_scene scene;
    static u32 ran;
    u32 made = 0;
    int why = 0;
    while (made < std::size(threads)) {
        const auto one = kthread_run(sleep_until_stopped, &ran, "limit");
        if (!one) {
            why = one.error();
            break;
        }
        threads[made++] = *one;
    }
    EXPECT_TRUE(why == EAGAIN || why == ENOMEM);
    EXPECT_GT(made, 5u);
    for (u32 i = 0; i < made; ++i) kthread_stop(*threads[i]);
}

TEST(many_tasks, nothing_stays_behind_where_making_one_fails) {
    const task_scene scene;
    static u32 ran;
    const u32 tasks_before = nr_tasks();
    for (fault_attr* const attr : {&the_page_allocator().fail_page_alloc(), &failslab}) {
        for_each_failure(*attr, [&] {
            drain_kernel_stacks();
            const auto thread = kthread_run(sleep_until_stopped, &ran, "fails");
            if (thread)
                kthread_stop(**thread);
            else
                EXPECT_EQ(thread.error(), ENOMEM);
            EXPECT_EQ(nr_tasks(), tasks_before);
        });
    }
}
