// Tasks on the machine: they take turns, sleep and wake, are preempted or not, and leave
// nothing behind.
#include "kernel/sched/task_fixture.hpp"
#include "kernel/time/timer.hpp"
#include "lib/clock.hpp"
#include "lib/sync/mutex.hpp"
#include "lib/sync/rw_semaphore.hpp"
#include "lib/sync/wait_queue.hpp"

#include <test.hpp>

namespace {

// Computes, interrupts on, until the word is true or so much time has passed.
bool spin_until(const atomic<bool>& word, u32 milliseconds = 2000) {
    const u64 end = uptime_us() + u64{milliseconds} * 1000;
    while (!word)
        if (uptime_us() > end) return false;
    return true;
}

int return_data(void* data) {
    while (!kthread_should_stop()) yield();
    return *static_cast<int*>(data);
}

}  // namespace

TEST(task, this_is_a_task) {
    const task_struct& me = *current_task();
    EXPECT_NE(me.pid, 0u);
    EXPECT_TRUE(me.state == TASK_RUNNING);
    EXPECT_TRUE(me.is_kernel_thread());
    EXPECT_TRUE(me.parent == &init_task);
    const uintptr_t here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    EXPECT_LT(here - reinterpret_cast<uintptr_t>(me.stack), THREAD_SIZE);
    EXPECT_EQ(me.thread.esp0, reinterpret_cast<uintptr_t>(me.stack) + THREAD_SIZE);
}

TEST(task, is_found_by_its_pid) {
    const task_scene scene;
    test_thread thread([] {});
    ASSERT_TRUE(thread.made());
    const u32 pid = thread.task().pid;
    task_struct* const found = find_get_task(pid);
    EXPECT_TRUE(found == &thread.task());
    put_task_struct(*found);
    task_struct* const next = next_task(pid);
    EXPECT_TRUE(next == &thread.task());
    put_task_struct(*next);
    EXPECT_TRUE(find_get_task(pid + 1) == nullptr);
}

TEST(task, sees_its_end_and_what_it_returned) {
    const task_scene scene;
    const u32 before = nr_tasks();
    int status = 42;
    const auto thread = kthread_create(return_data, &status, "returns");
    ASSERT_TRUE(static_cast<bool>(thread));
    EXPECT_EQ(nr_tasks(), before + 1);
    wake_up_process(**thread);
    yield();  // it begins, if the tick has not seen to that
    EXPECT_EQ(kthread_stop(**thread), 42);
    EXPECT_EQ(nr_tasks(), before);
}

TEST(task, one_that_never_ran_is_stopped_without_running) {
    const task_scene scene;
    int status = 42;
    const auto thread = kthread_create(return_data, &status, "never");
    ASSERT_TRUE(static_cast<bool>(thread));
    EXPECT_EQ(kthread_stop(**thread), EINTR);
}

TEST(task, two_take_turns) {
    const task_scene scene;
    atomic<u32> turn = 0;
    static constexpr u32 turns = 50;
    bool in_order = true;
    const auto player = [&](u32 mine) {
        for (u32 i = 0; i < turns; ++i) {
            while (turn % 2 != mine) yield();
            in_order &= turn == 2 * i + mine;
            turn = turn + 1;
        }
    };
    test_thread even([&] { player(0); });
    test_thread odd([&] { player(1); });
    ASSERT_TRUE(even.made() && odd.made());
    even.start();
    odd.start();
    even.join();
    odd.join();
    EXPECT_EQ(u32{turn}, 2 * turns);
    EXPECT_TRUE(in_order);
}

// Nobody gives the CPU away here: the tick takes it.
TEST(task, who_computes_is_preempted) {
    if (!ticks_come()) SKIP_TEST("there is no tick");
    const task_scene scene;
    atomic<bool> ran = false;
    test_thread other([&] { ran = true; });
    ASSERT_TRUE(other.made());
    wake_up_process(other.task());
    EXPECT_TRUE(spin_until(ran));
    other.join();
}

TEST(task, who_forbids_preemption_is_not_preempted) {
    if (!ticks_come()) SKIP_TEST("there is no tick");
    const task_scene scene;
    atomic<bool> ran = false;
    test_thread other([&] { ran = true; }, NICE_MIN);
    ASSERT_TRUE(other.made());
    preempt_disable();
    wake_up_process(other.task());
    const bool ran_meanwhile = spin_until(ran, 50);
    const bool was_due = need_resched();
    preempt_enable();
    EXPECT_FALSE(ran_meanwhile);
    EXPECT_TRUE(was_due);
    EXPECT_TRUE(u32{ran} == 1);  // at once, in preempt_enable
    other.join();
}

TEST(task, the_higher_priority_runs_first) {
    const task_scene scene;
    u32 order[3] = {}, count = 0;
    test_thread low([&] { order[count++] = 3; }, 10);
    test_thread middle([&] { order[count++] = 2; }, 5);
    test_thread high([&] { order[count++] = 1; }, -10);
    ASSERT_TRUE(low.made() && middle.made() && high.made());
    preempt_disable();
    for (auto* task : {&low.task(), &middle.task(), &high.task()}) wake_up_process(*task);
    preempt_enable();
    low.join();
    middle.join();
    high.join();
    for (u32 i = 0; i < 3; ++i) EXPECT_EQ(order[i], i + 1);
}

TEST(task, the_lowest_priority_runs_beside_a_busy_one) {
    if (!ticks_come()) SKIP_TEST("there is no tick");
    const task_scene scene;
    atomic<bool> ran = false;
    test_thread busy([&] { spin_until(ran); }, -5);
    test_thread patient([&] { ran = true; }, NICE_MAX);
    ASSERT_TRUE(busy.made() && patient.made());
    wake_up_process(patient.task());
    busy.start();
    busy.join();
    EXPECT_TRUE(ran);
    patient.join();
}

TEST(sleep, lasts_at_least_as_long_as_asked_for) {
    const u64 before = uptime_us();
    const u32 ticks_before = jiffies();
    msleep(30);
    EXPECT_GE(uptime_us() - before, 30'000u);
    // In ticks: time passes while an emulator waits for its host, but ticks get lost then.
    EXPECT_LT(jiffies() - ticks_before, 20u);
}

TEST(wait_queue, a_sleeper_is_woken_and_nobody_runs_for_it) {
    const task_scene scene;
    wait_queue_head queue;
    atomic<bool> ready = false, seen = false;
    test_thread sleeper([&] {
        wait_event(queue, [&] { return bool{ready}; });
        seen = true;
    });
    ASSERT_TRUE(sleeper.made());
    sleeper.start();
    while (sleeper.task().state == TASK_RUNNING) yield();
    EXPECT_TRUE(queue.active());
    wake_up(queue);  // too early: it looks, and sleeps on
    while (sleeper.task().state == TASK_RUNNING) yield();
    EXPECT_FALSE(seen);
    ready = true;
    wake_up(queue);
    sleeper.join();
    EXPECT_TRUE(seen);
    EXPECT_FALSE(queue.active());
}

TEST(wait_queue, one_exclusive_sleeper_a_wakeup) {
    const task_scene scene;
    wait_queue_head queue;
    atomic<u32> tickets = 0, entered = 0;
    const auto enter = [&] {
        wait_event_exclusive(queue, [&] { return tickets > 0; });
        tickets = tickets - 1;
        entered = entered + 1;
    };
    test_thread one(enter), two(enter);
    ASSERT_TRUE(one.made() && two.made());
    one.start();
    two.start();
    while (one.task().state == TASK_RUNNING || two.task().state == TASK_RUNNING) yield();
    tickets = 1;
    wake_up(queue);
    one.join();
    EXPECT_EQ(u32{entered}, 1u);
    EXPECT_TRUE(two.task().state == TASK_UNINTERRUPTIBLE);
    tickets = 1;
    wake_up(queue);
    two.join();
    EXPECT_EQ(u32{entered}, 2u);
}

TEST(wait_queue, a_timeout_ends_the_wait) {
    wait_queue_head queue;
    const u32 timers = the_timers().pending_timers();
    EXPECT_EQ(wait_event_timeout(queue, [] { return false; }, 2), 0);
    EXPECT_GT(wait_event_timeout(queue, [] { return true; }, 2), 0);
    EXPECT_FALSE(queue.active());
    EXPECT_EQ(the_timers().pending_timers(), timers);
}

TEST(wait_queue, a_signal_ends_an_interruptible_wait) {
    wait_queue_head queue;
    current_task()->signal_pending = true;
    const auto outcome = wait_event_interruptible(queue, [] { return false; });
    current_task()->signal_pending = false;
    EXPECT_EQ(outcome.error(), ERESTARTSYS);
    EXPECT_FALSE(queue.active());
    EXPECT_TRUE(current_task()->state == TASK_RUNNING);
}

TEST(mutex, excludes_others_however_they_are_preempted) {
    const task_scene scene;
    mutex lock("a test's mutex");
    u32 count = 0, inside = 0;
    bool alone = true;
    const auto work = [&] {
        for (u32 i = 0; i < 40; ++i) {
            const lock_guard held(lock);
            alone &= ++inside == 1;
            yield();
            ++count;
            --inside;
        }
    };
    test_thread a(work), b(work, 5), c(work, -5);
    ASSERT_TRUE(a.made() && b.made() && c.made());
    a.start();
    b.start();
    c.start();
    a.join();
    b.join();
    c.join();
    EXPECT_EQ(count, 120u);
    EXPECT_TRUE(alone);
    EXPECT_FALSE(lock.is_locked());
    lock.check_invariants();
}

TEST(mutex, is_handed_over_in_the_order_of_waiting) {
    const task_scene scene;
    mutex lock("a test's mutex");
    u32 order[2] = {}, count = 0;
    const auto enter = [&](u32 who) {
        const lock_guard held(lock);
        order[count++] = who;
    };
    test_thread first([&] { enter(1); }, 10);
    test_thread second([&] { enter(2); }, -10);
    ASSERT_TRUE(first.made() && second.made());
    lock.lock();
    for (task_struct* task : {&first.task(), &second.task()}) {
        wake_up_process(*task);
        while (task->state == TASK_RUNNING) yield();
    }
    lock.check_invariants();
    preempt_disable();  // a tick would let the first one run, and leave
    lock.unlock();
    EXPECT_FALSE(lock.try_lock());  // it is the first one's, though that has not run
    preempt_enable();
    first.join();
    second.join();
    EXPECT_EQ(order[0], 1u);
    EXPECT_EQ(order[1], 2u);
    EXPECT_FALSE(lock.is_locked());
}

TEST(rw_semaphore, a_writer_is_not_overtaken_by_readers) {
    const task_scene scene;
    rw_semaphore lock("a test's semaphore");
    u32 order[2] = {}, count = 0;
    test_thread writer([&] {
        const write_guard held(lock);
        order[count++] = 1;
    });
    test_thread reader([&] {
        const read_guard held(lock);
        order[count++] = 2;
    });
    ASSERT_TRUE(writer.made() && reader.made());
    lock.down_read();
    for (task_struct* task : {&writer.task(), &reader.task()}) {
        wake_up_process(*task);
        while (task->state == TASK_RUNNING) yield();
    }
    lock.check_invariants();
    EXPECT_FALSE(lock.down_read_trylock());
    lock.up_read();
    writer.join();
    reader.join();
    EXPECT_EQ(order[0], 1u);
    EXPECT_EQ(order[1], 2u);
    EXPECT_FALSE(lock.is_locked());
    lock.check_invariants();
}

TEST(completion, lets_one_through_for_each_time) {
    completion done;
    EXPECT_EQ(done.wait_timeout(1), 0);
    done.complete();
    done.complete();
    EXPECT_TRUE(done.try_wait());
    done.wait();
    EXPECT_FALSE(done.try_wait());
    done.complete_all();
    done.wait();
    done.wait();
    EXPECT_TRUE(done.done());
}
