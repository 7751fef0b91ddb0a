// What /proc knows of tasks. fs/ stands below kernel/: the calls are declared here and
// defined there (kernel/proc/tasks.cpp), and each file of a task's folder is registered by who
// can show it:
//
//     REGISTER(proc_task_file, stat_file) = {.name = "stat", .show = show_stat};
//
// They stand in the order in which they are linked.
#pragma once

#include "fs/vfs/mount.hpp"
#include "lib/format.hpp"
#include "lib/registry.hpp"
#include "lib/result.hpp"

#include <string_view>

class iov_iter;
struct task_struct;

struct proc_task_file {
    const char* name;
    u32 mode = 0444;
    // Only for who might trace the task: its own user, and root. EACCES.
    bool guarded = false;
    // One of these. ESRCH: there is nothing any more.
    result<> (*show)(text_sink& out, task_struct& task) = nullptr;
    result<size_t> (*read)(task_struct& task, iov_iter& to, u64& pos) = nullptr;
    result<path> (*follow)(task_struct& task) = nullptr;  // with a reference: a symbolic link
    // Beside `show`.
    result<> (*store)(task_struct& task, std::string_view text) = nullptr;
};
DECLARE_REGISTRY(proc_task_file);

struct proc_task_facts {
    u32 tid, tgid;
    cred owner;
};

// A descriptor: what it leads to, with a reference, and how it was opened.
struct proc_descriptor {
    path where;
    u32 f_mode;
    u64 pos;
    u32 flags;
};

// ---- defined by kernel/ -----------------------------------------------------------------
// With a reference; null: there is none.
task_struct* proc_get_task(u32 tid);
void proc_put_task(task_struct& task);
proc_task_facts proc_facts(const task_struct& task);
// The current one.
proc_task_facts proc_self();
// Whether the current task may look into the other.
bool proc_may_look(const task_struct& task);
// The next program by its pid, or thread of one, from that number on; 0: no more.
u32 proc_next_program(u32 from);
u32 proc_next_thread(u32 tgid, u32 from);
// The lowest descriptor that is open, from `from` on. EBADF: no more. ENOENT: not this one.
result<u32> proc_next_descriptor(task_struct& task, u32 from);
result<proc_descriptor> proc_describe(task_struct& task, u32 fd);
