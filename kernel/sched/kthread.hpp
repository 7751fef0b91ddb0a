// Kernel threads: tasks that run a function of the kernel's, with no address space of
// their own (task.hpp).
//
//     auto thread = kthread_run(flush_pages, &disk, "pdflush");    runs, now or soon
//     ...
//     int status = kthread_stop(**thread);                         what it returned
//
//     int flush_pages(void* disk) {
//         while (!kthread_should_stop()) { ... sleep ... }
//         return 0;
//     }
//
// A thread that nobody stops just returns. One that somebody will stop must not return
// before it is asked to: the pointer is good for as long as the thread runs.
#pragma once

#include "kernel/sched/task.hpp"

// It does not run before wake_up_process(). ENOMEM; EAGAIN: too many tasks. May sleep. The
// name is kept, up to 15 characters of it.
result<task_struct*> kthread_create(int (*function)(void*), void* data, std::string_view name);
result<task_struct*> kthread_run(int (*function)(void*), void* data, std::string_view name);

// For the thread: it is to return.
bool kthread_should_stop();
// Waits until it has, and is gone. What it returned. If it never ran, it does not: EINTR.
int kthread_stop(task_struct& thread);

// The current task ends here; its exit_code says how.
[[noreturn]] void do_exit();
