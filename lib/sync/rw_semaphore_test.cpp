#include "lib/sync/rw_semaphore.hpp"

#include <test.hpp>

namespace {

// What clang's analysis calls a mistake of one user is done here by two in turns: it is
// not shown the lock.
struct semaphore_of_two : private rw_semaphore {
    using rw_semaphore::check_invariants;
    using rw_semaphore::is_locked;
    using rw_semaphore::is_write_locked;
    void down_read() NO_THREAD_SAFETY_ANALYSIS { rw_semaphore::down_read(); }
    void up_read() NO_THREAD_SAFETY_ANALYSIS { rw_semaphore::up_read(); }
    void down_write() NO_THREAD_SAFETY_ANALYSIS { rw_semaphore::down_write(); }
    void up_write() NO_THREAD_SAFETY_ANALYSIS { rw_semaphore::up_write(); }
    void downgrade_write() { rw_semaphore::downgrade_write(); }
    bool down_read_trylock() NO_THREAD_SAFETY_ANALYSIS {
        return rw_semaphore::down_read_trylock();
    }
    bool down_write_trylock() NO_THREAD_SAFETY_ANALYSIS {
        return rw_semaphore::down_write_trylock();
    }
};

}  // namespace

TEST(rw_semaphore, many_may_read) {
    semaphore_of_two lock;
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
    semaphore_of_two lock;
    lock.down_write();
    EXPECT_TRUE(lock.is_write_locked());
    EXPECT_FALSE(lock.down_write_trylock());
    EXPECT_FALSE(lock.down_read_trylock());
    lock.up_write();
    ASSERT_TRUE(lock.down_read_trylock());
    lock.up_read();
}

TEST(rw_semaphore, a_writer_becomes_a_reader) {
    semaphore_of_two lock;
    lock.down_write();
    lock.downgrade_write();
    EXPECT_FALSE(lock.is_write_locked());
    EXPECT_FALSE(lock.down_write_trylock());
    ASSERT_TRUE(lock.down_read_trylock());
    lock.up_read();
    lock.up_read();
    EXPECT_FALSE(lock.is_locked());
    lock.check_invariants();
}
