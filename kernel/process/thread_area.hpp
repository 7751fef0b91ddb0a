// Thread-local storage: a program puts descriptors of segments into three places of the GDT,
// and %gs leads to them. Which of them may be there is decided here.
#pragma once

#include "kernel/sched/task.hpp"
#include "mm/vm/user_access.hpp"

// As programs pass it (Linux's user_desc).
struct user_desc {
    u32 entry_number, base_addr, limit;
    u32 flags;  // seg_32bit, contents (2), read_exec_only, limit_in_pages, seg_not_present, useable

    static constexpr u32 seg_32bit = 1, contents = 6, read_exec_only = 8, limit_in_pages = 16,
                         seg_not_present = 32, useable = 64;
    bool empty() const {
        return base_addr == 0 && limit == 0 &&
               ((flags & ~useable) == (read_exec_only | seg_not_present) || flags == 0);
    }
};
static_assert(sizeof(user_desc) == 16);

segment_descriptor descriptor_of(const user_desc& wanted);
// An entry_number of -1 takes a free place, and is told which. EINVAL, ESRCH, EFAULT.
result<> set_thread_area(task_struct& task, user_ptr<user_desc> wanted, bool may_allocate);
