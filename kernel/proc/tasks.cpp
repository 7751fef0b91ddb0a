// What fs/proc asks of tasks (fs/proc/proc_task.hpp).
#include "fs/proc/proc_task.hpp"
#include "fs/vfs/files_struct.hpp"
#include "kernel/sched/task.hpp"

namespace {

// The lowest number that is wanted: of all tasks from `from` on.
template <class Wanted>
u32 lowest(u32 from, Wanted wanted) {
    u32 found = 0;
    const lock_guard held(tasklist_lock);
    each_task_locked([&](const task_struct& task) {
        if (task.pid < max_of(from, 1u) || !wanted(task)) return;
        if (found == 0 || task.pid < found) found = task.pid;
    });
    return found;
}

// Its table of descriptors, with a reference; null: it has none any more.
files_struct* get_files(task_struct& task) {
    const lock_guard held(task.alloc_lock);
    if (task.files) task.files->get();
    return task.files;
}

}  // namespace

task_struct* proc_get_task(u32 tid) { return tid == 0 ? nullptr : find_get_task(tid); }
void proc_put_task(task_struct& task) { put_task_struct(task); }

proc_task_facts proc_facts(const task_struct& task) {
    const u32 tgid = task.tgid ? task.tgid : task.pid;
    return {task.pid, tgid, {task.cred.euid, task.cred.egid}};
}
proc_task_facts proc_self() { return proc_facts(*current_task()); }

bool proc_may_look(const task_struct& task) {
    const task_struct& me = *current_task();
    if (&task == &me || me.cred.uid == 0) return true;
    const task_cred& theirs = task.cred;
    const auto all_are = [](u32 mine, u32 real, u32 effective, u32 saved) {
        return mine == real && mine == effective && mine == saved;
    };
    return all_are(me.cred.uid, theirs.ruid, theirs.euid, theirs.suid) &&
           all_are(me.cred.gid, theirs.rgid, theirs.egid, theirs.sgid);
}

u32 proc_next_program(u32 from) {
    return lowest(from, [](const task_struct& task) {
        return task.tgid == 0 || task.tgid == task.pid;
    });
}
u32 proc_next_thread(u32 tgid, u32 from) {
    return lowest(from, [&](const task_struct& task) {
        return task.tgid == tgid || task.pid == tgid;
    });
}

result<u32> proc_next_descriptor(task_struct& task, u32 from) {
    files_struct* const files = get_files(task);
    if (!files) return err{EBADF};
    const u32 fd = files->next_open(from);
    const bool found = fd < files->max_fds();
    files->put();
    if (!found) return err{EBADF};
    return fd;
}

result<proc_descriptor> proc_describe(task_struct& task, u32 fd) {
    files_struct* const files = get_files(task);
    if (!files) return err{EBADF};
    open_file* const file = files->fget(fd);
    files->put();
    if (!file) return err{ENOENT};
    const proc_descriptor open{path_get(file->f_path), file->f_mode, file->f_pos, file->f_flags};
    fput(file);
    return open;
}
