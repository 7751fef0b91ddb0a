// The spinlock: its owner, the interrupt flag, and threads as CPUs that contend.
#include "lib/spinlock.hpp"

#include "host-tests/support/kernel.hpp"

#include <test.hpp>

#include <thread>
#include <vector>

namespace {

// Each test begins as CPU 0 with interrupts on, whatever the last one left.
class spinlock : public testing::Test {
protected:
    void SetUp() override {
        host_cpu = 0;
        local_irq_enable();
    }
    void TearDown() override { SetUp(); }
};

// What the call reports, or nothing.
template <class Call>
std::string complaint(Call call) {
    try {
        call();
    } catch (const kernel_panic& panic) {
        return panic.message;
    }
    return {};
}

}  // namespace

TEST_F(spinlock, knows_whether_this_cpu_holds_it) {
    irq_spinlock lock("the lock");
    EXPECT_FALSE(lock.held_by_this_cpu());
    lock.lock();
    EXPECT_TRUE(lock.held_by_this_cpu());
    lock.assert_held();
    host_cpu = 1;
    EXPECT_FALSE(lock.held_by_this_cpu());
    EXPECT_THROW(lock.assert_held(), kernel_panic);
    host_cpu = 0;
    lock.unlock();
    EXPECT_FALSE(lock.held_by_this_cpu());
    EXPECT_THROW(lock.assert_held(), kernel_panic);
    EXPECT_STREQ(lock.name(), "the lock");
}

TEST_F(spinlock, reports_being_taken_twice_by_name) {
    irq_spinlock lock("zone DMA");
    lock.lock();
    const std::string report = complaint([&] { lock.lock(); });
    EXPECT_NE(report.find("zone DMA"), std::string::npos) << report;
    EXPECT_TRUE(lock.held_by_this_cpu());
    lock.unlock();
}

TEST_F(spinlock, reports_being_released_by_a_stranger_or_by_nobody) {
    irq_spinlock lock("zone DMA");
    EXPECT_THROW(lock.unlock(), kernel_panic);
    lock.lock();
    host_cpu = 3;
    const std::string report = complaint([&] { lock.unlock(); });
    const char* const expected = "zone DMA is released by CPU 3, its owner is 0";
    EXPECT_NE(report.find(expected), std::string::npos) << report;
    host_cpu = 0;
    EXPECT_TRUE(lock.held_by_this_cpu());
    lock.unlock();
}

TEST_F(spinlock, keeps_interrupts_off_and_restores_what_it_found) {
    irq_spinlock outer, inner;
    outer.lock();
    EXPECT_FALSE(irqs_enabled());
    inner.lock();
    EXPECT_FALSE(irqs_enabled());
    inner.unlock();
    EXPECT_FALSE(irqs_enabled());
    outer.unlock();
    EXPECT_TRUE(irqs_enabled());

    local_irq_disable();
    outer.lock();
    outer.unlock();
    EXPECT_FALSE(irqs_enabled());
}

// Hand over hand: the first lock's state travels with that lock.
TEST_F(spinlock, restores_by_lock_when_released_out_of_order) {
    irq_spinlock first, second;
    first.lock();
    second.lock();
    first.unlock();
    EXPECT_TRUE(irqs_enabled());  // why locks are released in reverse
    second.unlock();
    EXPECT_TRUE(irqs_enabled());
}

TEST_F(spinlock, try_lock_takes_it_or_leaves_everything_as_it_was) {
    irq_spinlock lock;
    ASSERT_TRUE(lock.try_lock());
    EXPECT_FALSE(irqs_enabled());
    EXPECT_TRUE(lock.held_by_this_cpu());
    host_cpu = 1;
    local_irq_enable();
    EXPECT_FALSE(lock.try_lock());
    EXPECT_TRUE(irqs_enabled());
    host_cpu = 0;
    local_irq_disable();
    EXPECT_FALSE(lock.try_lock());
    lock.unlock();
    EXPECT_TRUE(irqs_enabled());
}

TEST_F(spinlock, a_guard_holds_it_for_a_scope) {
    irq_spinlock lock;
    {
        lock_guard held(lock);
        EXPECT_TRUE(lock.held_by_this_cpu());
    }
    EXPECT_FALSE(lock.held_by_this_cpu());
    EXPECT_TRUE(irqs_enabled());
}

TEST_F(spinlock, a_panic_can_break_it) {
    irq_spinlock lock;
    lock.lock();
    host_cpu = 2;
    lock.break_lock();
    lock.lock();
    EXPECT_TRUE(lock.held_by_this_cpu());
    lock.unlock();
}

// Also run under -fsanitize=thread, which then proves that the lock orders all that
// is done inside.
TEST_F(spinlock, lets_one_cpu_in_at_a_time) {
    constexpr unsigned cpus = 4, rounds = 2000;
    struct {
        irq_spinlock lock;
        unsigned inside = 0;
        unsigned total = 0;
    } shared;
    std::atomic<unsigned> failures = 0;
    std::vector<std::thread> threads;
    for (unsigned cpu = 0; cpu < cpus; ++cpu) {
        threads.emplace_back([&, cpu] {
            host_cpu = cpu;
            for (unsigned i = 0; i < rounds; ++i) {
                if (i % 8 == 0) {
                    while (!shared.lock.try_lock()) std::this_thread::yield();
                } else {
                    shared.lock.lock();
                }
                if (++shared.inside != 1 || !shared.lock.held_by_this_cpu()) ++failures;
                if (irqs_enabled()) ++failures;
                ++shared.total;
                --shared.inside;
                shared.lock.unlock();
                if (!irqs_enabled()) ++failures;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(shared.total, cpus * rounds);
    EXPECT_EQ(failures, 0u);
}
