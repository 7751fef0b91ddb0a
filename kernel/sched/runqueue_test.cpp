#include "kernel/sched/runqueue.hpp"

#include "lib/random.hpp"

#include <test.hpp>

namespace {

sched_entity task_of_nice(s32 nice) {
    sched_entity task;
    task.static_prio = task.prio = nice_to_prio(nice);
    task.time_slice = task_timeslice(task.static_prio);
    task.sleep_avg = MAX_SLEEP_AVG / 2;  // no bonus, and none against
    return task;
}

// A CPU on which all compute and nobody sleeps: who had how many of so many ticks.
template <size_t N>
void run_for(runqueue& queue, sched_entity (&tasks)[N], u32 ticks, u32 (&had)[N]) {
    sched_entity* running = queue.pick_next();
    for (u32 i = 0; i < N; ++i) had[i] = 0;
    for (; ticks > 0; --ticks) {
        ++had[running - tasks];
        if (queue.tick(*running)) running = queue.pick_next();
    }
}

// Both lists are on the test's stack: nobody stays in them.
template <size_t N>
void all_leave(runqueue& queue, sched_entity (&tasks)[N]) {
    for (sched_entity& task : tasks)
        if (task.array) queue.deactivate(task);
    EXPECT_EQ(queue.nr_running(), 0u);
}

}  // namespace

TEST(runqueue, slices_are_as_niceness_says) {
    EXPECT_EQ(task_timeslice(nice_to_prio(-20)), 80u);
    EXPECT_EQ(task_timeslice(nice_to_prio(-10)), 60u);
    EXPECT_EQ(task_timeslice(nice_to_prio(0)), 10u);
    EXPECT_EQ(task_timeslice(nice_to_prio(10)), 5u);
    EXPECT_EQ(task_timeslice(nice_to_prio(19)), 1u);
    EXPECT_EQ(prio_to_nice(nice_to_prio(-20)), -20);
    EXPECT_EQ(prio_to_nice(nice_to_prio(19)), 19);
}

TEST(runqueue, who_sleeps_comes_before_who_computes) {
    sched_entity task = task_of_nice(0);
    EXPECT_EQ(effective_prio(task), 120);
    task.sleep_avg = MAX_SLEEP_AVG;
    EXPECT_EQ(effective_prio(task), 115);
    task.sleep_avg = 0;
    EXPECT_EQ(effective_prio(task), 125);
    task.static_prio = nice_to_prio(19);
    EXPECT_EQ(effective_prio(task), MAX_PRIO - 1);
    task.static_prio = nice_to_prio(-20);
    task.sleep_avg = MAX_SLEEP_AVG;
    EXPECT_EQ(effective_prio(task), MAX_RT_PRIO);
    task.static_prio = 50;  // real time
    EXPECT_EQ(effective_prio(task), 50);
}

TEST(runqueue, equals_have_equal_time) {
    runqueue queue;
    sched_entity tasks[4] = {task_of_nice(0), task_of_nice(0), task_of_nice(0),
                             task_of_nice(0)};
    for (sched_entity& task : tasks) queue.activate(task);
    u32 had[4];
    run_for(queue, tasks, 400, had);
    for (u32 ticks : had) EXPECT_EQ(ticks, 100u);
    queue.check_invariants();
    all_leave(queue, tasks);
}

TEST(runqueue, niceness_is_a_share_of_the_time) {
    runqueue queue;
    sched_entity tasks[3] = {task_of_nice(0), task_of_nice(19), task_of_nice(-20)};
    for (sched_entity& task : tasks) queue.activate(task);
    u32 had[3];
    run_for(queue, tasks, 10 * (10 + 1 + 80), had);
    EXPECT_EQ(had[0], 100u);
    EXPECT_EQ(had[1], 10u);
    EXPECT_EQ(had[2], 800u);
    all_leave(queue, tasks);
}

// One sleeps a little before its slice is over, again and again, and wakes at once.
TEST(runqueue, nobody_starves_by_another_who_keeps_waking) {
    runqueue queue;
    sched_entity tasks[2] = {task_of_nice(19), task_of_nice(-20)};
    sched_entity& patient = tasks[0];
    sched_entity& restless = tasks[1];
    queue.activate(patient);
    queue.activate(restless);
    u32 waited = 0, most_waited = 0;
    for (u32 i = 0; i < 2000; ++i) {
        sched_entity* const running = queue.pick_next();
        waited = running == &patient ? 0 : waited + 1;
        most_waited = max_of(most_waited, waited);
        if (queue.tick(*running) || running == &patient) continue;
        queue.deactivate(restless);
        queue.activate(restless, 1);
    }
    EXPECT_LE(most_waited, 80u);
    queue.check_invariants();
    all_leave(queue, tasks);
}

TEST(runqueue, a_new_task_shares_its_makers_slice) {
    sched_entity parent = task_of_nice(0);
    u32 sum = 0;
    sched_entity children[3];
    for (sched_entity& child : children) {
        split_time_slice(parent, child);
        sum += child.time_slice;
    }
    EXPECT_EQ(children[0].time_slice, 5u);
    EXPECT_EQ(children[1].time_slice, 3u);
    EXPECT_EQ(sum + parent.time_slice, 10u);
    for (const sched_entity& child : children) return_time_slice(parent, child);
    EXPECT_EQ(parent.time_slice, 10u);
    return_time_slice(parent, children[0]);
    EXPECT_EQ(parent.time_slice, 10u);
}

TEST(runqueue, who_yields_lets_all_others_go_first) {
    runqueue queue;
    sched_entity tasks[3] = {task_of_nice(-20), task_of_nice(0), task_of_nice(19)};
    for (sched_entity& task : tasks) queue.activate(task);
    EXPECT_EQ(queue.pick_next(), &tasks[0]);
    queue.yield(tasks[0]);
    EXPECT_EQ(queue.pick_next(), &tasks[1]);
    queue.yield(tasks[1]);
    EXPECT_EQ(queue.pick_next(), &tasks[2]);
    queue.yield(tasks[2]);
    EXPECT_EQ(queue.pick_next(), &tasks[0]);
    all_leave(queue, tasks);
}

TEST(runqueue, niceness_can_change_while_a_task_queues) {
    runqueue queue;
    sched_entity tasks[2] = {task_of_nice(0), task_of_nice(0)};
    for (sched_entity& task : tasks) queue.activate(task);
    queue.set_nice(tasks[1], -5);
    EXPECT_EQ(queue.pick_next(), &tasks[1]);
    queue.set_nice(tasks[1], 19);
    EXPECT_EQ(tasks[1].time_slice, 1u);
    EXPECT_EQ(queue.pick_next(), &tasks[0]);
    queue.check_invariants();
    all_leave(queue, tasks);
}

TEST(runqueue, invariants_hold_whatever_happens) {
    runqueue queue;
    static sched_entity tasks[12];
    random_source random(7);
    for (u32 i = 0; i < 12; ++i) tasks[i] = task_of_nice(static_cast<s32>(i * 3) - 17);
    for (u32 step = 0; step < 3000; ++step) {
        sched_entity& task = tasks[random.below(12)];
        if (!task.array)
            queue.activate(task, random.below(30));
        else if (random.below(4) == 0)
            queue.deactivate(task);
        if (sched_entity* const running = queue.pick_next()) queue.tick(*running);
        if (step % 16 == 0) queue.check_invariants();
    }
    all_leave(queue, tasks);
}
