// What sleeps, over threads that play tasks, and over scripts in which all but one task are
// a function.
#include "host-tests/support/kernel.hpp"
#include "host-tests/support/tasks.hpp"
#include "lib/sync/completion.hpp"
#include "lib/sync/mutex.hpp"
#include "lib/sync/rw_semaphore.hpp"
#include "lib/sync/wait_queue.hpp"

#include <test.hpp>

#include <thread>
#include <vector>

namespace {

// Plays every CPU's task in a thread of its own.
template <class Body>
void as_every_task(Body body) {
    const tasks_of_threads tasks;
    std::vector<std::thread> threads;
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu)
        threads.emplace_back([cpu, &body] {
            host_cpu = cpu;
            body(cpu);
        });
    for (std::thread& thread : threads) thread.join();
}

// clang's analysis knows one user; here another one has it meanwhile.
struct mutex_of_two : private mutex {
    using mutex::check_invariants;
    using mutex::is_locked;
    void lock() NO_THREAD_SAFETY_ANALYSIS { mutex::lock(); }
    void unlock() NO_THREAD_SAFETY_ANALYSIS { mutex::unlock(); }
    bool try_lock() NO_THREAD_SAFETY_ANALYSIS { return mutex::try_lock(); }
};

template <class Act>
void as_cpu(unsigned cpu, Act act) {
    const unsigned before = host_cpu;
    host_cpu = cpu;
    act();
    host_cpu = before;
}

}  // namespace

TEST(wait_alone, to_sleep_without_tasks_is_a_bug) {
    wait_queue_head queue;
    EXPECT_THROW(wait_event(queue, [] { return false; }), kernel_panic);
    set_current_state(TASK_RUNNING);
    completion done;
    EXPECT_THROW(done.wait(), kernel_panic);
    set_current_state(TASK_RUNNING);
}

TEST(wait_alone, a_condition_that_holds_is_no_wait) {
    wait_queue_head queue;
    wait_event(queue, [] { return true; });
    EXPECT_FALSE(queue.active());
}

// A wakeup between the look and the sleep is not lost, and one too early harms nobody.
TEST(wait_script, looks_again_after_each_wakeup) {
    wait_queue_head queue;
    bool ready = false;
    unsigned sleeps = 0;
    const while_it_sleeps others([&] {
        EXPECT_TRUE(queue.active());
        EXPECT_EQ(host_task_state(0), TASK_UNINTERRUPTIBLE);
        ready = ++sleeps == 3;
        wake_up(queue);
    });
    wait_event(queue, [&] { return ready; });
    EXPECT_EQ(sleeps, 3u);
    EXPECT_EQ(host_task_state(0), TASK_RUNNING);
    EXPECT_FALSE(queue.active());
}

TEST(wait_script, a_wakeup_for_interruptible_sleepers_leaves_the_others) {
    wait_queue_head queue;
    bool ready = false;
    unsigned sleeps = 0;
    const while_it_sleeps others([&] {
        ready = true;
        wake_up_interruptible(queue);
        EXPECT_EQ(host_task_state(0), TASK_UNINTERRUPTIBLE);
        wake_up(queue);
        ++sleeps;
    });
    wait_event(queue, [&] { return ready; });
    EXPECT_EQ(sleeps, 1u);
}

TEST(wait_script, a_signal_ends_what_is_interruptible) {
    wait_queue_head queue;
    const while_it_sleeps others([&] {
        host_set_signal_pending(0, true);
        wake_up(queue);
    });
    EXPECT_EQ(wait_event_interruptible(queue, [] { return false; }).error(), ERESTARTSYS);
    host_set_signal_pending(0, false);
    EXPECT_FALSE(queue.active());
}

TEST(wait_script, what_is_killable_ends_by_a_fatal_signal_only) {
    completion done;
    unsigned sleeps = 0;
    const while_it_sleeps others([&] {
        host_set_signal_pending(0, true, ++sleeps == 3);
        try_to_wake_up(*current_task(), TASK_WAKEKILL);
    });
    EXPECT_EQ(done.wait_killable().error(), ERESTARTSYS);
    EXPECT_EQ(sleeps, 3u);
    done.complete();  // what is done is done, killed or not
    EXPECT_TRUE(done.wait_killable());
    host_set_signal_pending(0, false);
}

TEST(wait_script, a_timeout_counts_down_over_early_wakeups) {
    wait_queue_head queue;
    const while_it_sleeps others([&] { wake_up(queue); });
    EXPECT_EQ(wait_event_timeout(queue, [] { return false; }, 5), 0);
    unsigned looks = 0;
    EXPECT_EQ(wait_event_timeout(queue, [&] { return ++looks == 4; }, 5), 3);
    looks = 0;  // true at the very end is true
    EXPECT_EQ(wait_event_timeout(queue, [&] { return ++looks == 7; }, 5), 1);
}

TEST(mutex_misuse, is_told) {
    mutex_of_two lock;
    EXPECT_THROW(lock.unlock(), kernel_panic);
    lock.lock();
    EXPECT_THROW(lock.lock(), kernel_panic);
    EXPECT_FALSE(lock.try_lock());
    as_cpu(1, [&] { EXPECT_THROW(lock.unlock(), kernel_panic); });
    lock.unlock();
    EXPECT_FALSE(lock.is_locked());
}

// While task 0 waits, task 1 leaves: the mutex is 0's before 0 runs.
TEST(mutex_script, is_handed_over) {
    mutex_of_two lock;
    as_cpu(1, [&] { lock.lock(); });
    unsigned sleeps = 0;
    const while_it_sleeps others([&] {
        lock.check_invariants();
        if (++sleeps < 2) return wake_up_process(*current_task()), void();
        as_cpu(1, [&] {
            lock.unlock();
            EXPECT_FALSE(lock.try_lock());
        });
    });
    lock.lock();
    EXPECT_EQ(sleeps, 2u);
    lock.check_invariants();
    lock.unlock();
    EXPECT_FALSE(lock.is_locked());
}

TEST(mutex_threads, one_at_a_time) {
    mutex lock("a test's mutex");
    unsigned long count = 0;
    constexpr unsigned rounds = 2000;
    as_every_task([&](unsigned) {
        for (unsigned i = 0; i < rounds; ++i) {
            const lock_guard held(lock);
            ++count;
        }
    });
    EXPECT_EQ(count, rounds * NR_CPUS);
    lock.check_invariants();
    EXPECT_FALSE(lock.is_locked());
}

TEST(rw_semaphore_threads, writers_alone_readers_together) {
    rw_semaphore lock("a test's semaphore");
    unsigned long a = 0, b = 0;
    std::atomic<unsigned> torn = 0;
    as_every_task([&](unsigned cpu) {
        for (unsigned i = 0; i < 1000; ++i) {
            if (cpu % 4 == 0) {
                const write_guard held(lock);
                ++a;
                ++b;
            } else {
                const read_guard held(lock);
                torn += a != b;
            }
        }
    });
    EXPECT_EQ(a, 2000u);
    EXPECT_EQ(torn, 0u);
    lock.check_invariants();
    EXPECT_FALSE(lock.is_locked());
}

TEST(completion_threads, each_lets_one_through) {
    completion done;
    std::atomic<unsigned> through = 0;
    as_every_task([&](unsigned cpu) {
        for (unsigned i = 0; i < 500; ++i) {
            if (cpu % 2 == 0) {
                done.complete();
            } else {
                done.wait();
                ++through;
            }
        }
    });
    EXPECT_EQ(through, 500 * NR_CPUS / 2);
    EXPECT_FALSE(done.done());
}
