// Locks on files: agreements among programs, which bind nobody else.
//
//     fcntl(F_SETLK)      of a range, of a task's descriptors; gone when it closes any
//                         descriptor of the file
//     fcntl(F_OFD_SETLK)  of a range, owned by one opening
//     flock()             of the whole file, owned by one opening; sees only its like
//
// I1: locks of one kind and file whose ranges meet are all for reading, or of one owner.
// I2: ranges of one owner, file and kind do not meet; those of one type do not even touch.
// I3: i_locks of an inode is the number of locks on it; who has one has the file open.
//
// All locks are in one list, under one mutex: there are few. Who waits looks again whenever
// any lock goes. Left out: EDEADLK; two who wait for each other are ended by a signal.
#pragma once

#include "fs/vfs/inode.hpp"

struct file_lock {
    enum kind_of_lock : u8 { record, whole };
    enum type_of_lock : u8 { read, write, none };
    static constexpr u64 to_the_end = ~u64{0} >> 1;

    kind_of_lock kind = record;
    type_of_lock type = none;
    const void* owner = nullptr;
    u32 pid = 0;  // 0: of an opening, not of a task
    u64 start = 0, end = to_the_end;  // both included

    const inode* file = nullptr;  // the rest is file_lock.cpp's
    list_head all{};
};

// EAGAIN: somebody else's lock is in the way; with `wait`, ERESTARTSYS instead. ENOMEM.
result<> set_file_lock(inode& file, const file_lock& wanted, bool wait);
// What is in the way of it; of type `none`: nothing.
file_lock test_file_lock(const inode& file, const file_lock& wanted);
// All that the owner has on it. Quick where there are none.
void forget_file_locks(inode& file, const void* owner);
