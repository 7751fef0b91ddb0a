#include "lib/sync/rw_semaphore.hpp"

#include <test.hpp>

TEST(rw_semaphore, many_may_read) {
    rw_semaphore lock;
    lock.down_read();
    ASSERT_TRUE(lock.down_read_trylock());
    EXPECT_FALSE(lock.down_write_trylock());
    lock.up_read();
    EXPECT_TRUE(lock.is_locked());
    EXPECT_FALSE(lock.down_write_trylock());
    lock.up_read();
    EXPECT_FALSE(lock.is_locked());
}

TEST(rw_semaphore, one_may_write) {
    rw_semaphore lock;
    lock.down_write();
    EXPECT_TRUE(lock.is_write_locked());
    EXPECT_FALSE(lock.down_write_trylock());
    EXPECT_FALSE(lock.down_read_trylock());
    lock.up_write();
    ASSERT_TRUE(lock.down_read_trylock());
    lock.up_read();
}

TEST(rw_semaphore, a_writer_becomes_a_reader) {
    rw_semaphore lock;
    lock.down_write();
    lock.downgrade_write();
    EXPECT_FALSE(lock.is_write_locked());
    EXPECT_FALSE(lock.down_write_trylock());
    ASSERT_TRUE(lock.down_read_trylock());
    lock.up_read();
    lock.up_read();
    EXPECT_FALSE(lock.is_locked());
}

// Who waits is asked again as long as the semaphore is taken.
TEST(rw_semaphore, a_waiter_has_it_when_the_other_goes) {
    struct other final : rw_semaphore::waiting {
        void wait(rw_semaphore& lock) override {
            if (++waits == 2) lock.up_write();
        }
        void wake(rw_semaphore&) override { ++wakes; }
        u32 waits = 0, wakes = 0;
    } other;
    rw_semaphore lock;
    lock.down_write();
    rw_semaphore::set_waiting(&other);
    lock.down_read();
    lock.up_read();
    rw_semaphore::set_waiting(nullptr);
    EXPECT_EQ(other.waits, 2u);
    EXPECT_EQ(other.wakes, 2u);
    EXPECT_FALSE(lock.is_locked());
}
