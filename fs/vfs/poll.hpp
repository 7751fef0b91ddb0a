// Polling: waiting until one of many files is ready, for poll() and select().
//
//     poll_table ----> waiter ----> waiter ----> ...     one for each queue of a file
//       task            | entry     | entry
//                       v           v
//                 wait_queue_head  wait_queue_head       in a pipe, a terminal ...
//
//     for each file: mask |= file.f_ops->poll(file, &table)    it calls table.wait(queue)
//     nothing ready? table.sleep(); ask again, without a table
//
// A file's poll() names its queues first and looks at its state then, so that a change
// between the two is not lost; whoever changes the state wakes the queue afterwards.
//
// I1: an entry is on its queue, and its file has a reference for it, as long as the table
//     lives.
// I2: `woken_` is set once any of the queues was woken since the last sleep began.
#pragma once

#include "fs/vfs/open_file.hpp"
#include "lib/sync/wait_queue.hpp"

// What a file that never keeps anyone waiting is ready for.
inline constexpr u32 DEFAULT_POLLMASK = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;

class poll_table {
public:
    poll_table() : task_(current_task()) {}
    ~poll_table();
    poll_table(const poll_table&) = delete;
    poll_table& operator=(const poll_table&) = delete;

    // For a file's poll(): the table's owner is woken with this queue.
    void wait(open_file& file, wait_queue_head& queue);
    // ... for one who wakes nobody: sleep() ends in time to look again.
    void look_again() { looks_again_ = true; }
    // There was no memory for one of the queues: a change could be missed.
    bool failed() const { return failed_; }

    // Until a queue is woken, a signal comes, or so many ticks have passed; the ticks that
    // are left. It may end early.
    s32 sleep(s32 ticks);

private:
    struct waiter {
        wait_queue_entry entry;
        poll_table* table;
        open_file* file;
        wait_queue_head* queue;
    };
    struct more_waiters;
    static constexpr u32 here = 6;

    static void wake(wait_queue_entry& entry);
    waiter* new_waiter();
    static void forget(waiter* waiters, u32 count);

    task_struct* task_;
    atomic<bool> woken_{false};
    bool failed_ = false;
    bool looks_again_ = false;
    u32 used_ = 0;
    more_waiters* more_ = nullptr;
    waiter waiters_[here];
};

// What the file is ready for, POLLERR and POLLHUP included.
inline u32 vfs_poll(open_file& file, poll_table* table) {
    return file.f_ops && file.f_ops->poll ? file.f_ops->poll(file, table)
                                          : DEFAULT_POLLMASK;
}
// For a file's poll(), whose table may be null.
inline void poll_wait(open_file& file, wait_queue_head& queue, poll_table* table) {
    if (table) table->wait(file, queue);
}
