// The rest of /proc/PID: where a task is, what it is called, its limits and its mounts.
#include "fs/proc/proc_task.hpp"
#include "fs/vfs/files_struct.hpp"
#include "kernel/proc/task_facts.hpp"
#include "mm/slab/kmalloc.hpp"
#include "mm/vm/mm.hpp"

namespace {

fs_struct* get_fs(task_struct& task) {
    const lock_guard held(task.alloc_lock);
    if (task.fs) task.fs->get();
    return task.fs;
}

result<path> place_of(task_struct& task, path (fs_struct::*which)()) {
    fs_struct* const fs = get_fs(task);
    if (!fs) return err{ENOENT};
    const path place = (fs->*which)();
    fs->put();
    return place;
}
result<path> follow_cwd(task_struct& task) { return place_of(task, &fs_struct::pwd); }
result<path> follow_root(task_struct& task) { return place_of(task, &fs_struct::root); }

result<path> follow_exe(task_struct& task) {
    const held_mm mm(task);
    if (!mm || !mm->exe_file) return err{ENOENT};
    return path_get(static_cast<open_file*>(mm->exe_file)->f_path);
}

result<> show_comm(text_sink& out, task_struct& task) {
    format_to(out, "{}\n", task.comm);
    return {};
}
result<> store_comm(task_struct& task, std::string_view name) {
    if (task.tgid != current_task()->tgid) return err{EINVAL};
    set_task_comm(task, name);
    return {};
}

// ---- limits -----------------------------------------------------------------------------

constexpr struct {
    const char* name;
    const char* unit;
} limits[RLIM_NLIMITS] = {
    {"Max cpu time", "seconds"},       {"Max file size", "bytes"},
    {"Max data size", "bytes"},        {"Max stack size", "bytes"},
    {"Max core file size", "bytes"},   {"Max resident set", "bytes"},
    {"Max processes", "processes"},    {"Max open files", "files"},
    {"Max locked memory", "bytes"},    {"Max address space", "bytes"},
    {"Max file locks", "locks"},       {"Max pending signals", "signals"},
    {"Max msgqueue size", "bytes"},    {"Max nice priority", ""},
    {"Max realtime priority", ""},     {"Max realtime timeout", "us"},
};

struct limit_value {
    u32 value;
};
void format_value(text_sink& out, const format_spec&, const limit_value& limit) {
    if (limit.value == RLIM_INFINITY) format_to(out, "{:<20}", "unlimited");
    else format_to(out, "{:<20}", limit.value);
}

result<> show_limits(text_sink& out, task_struct& task) {
    rlimit rlim[RLIM_NLIMITS];
    {
        const lock_guard held(tasklist_lock);
        if (!task.signal) return err{ESRCH};
        for (u32 i = 0; i < RLIM_NLIMITS; ++i) rlim[i] = task.signal->rlim[i];
    }
    format_to(out, "{:<25} {:<20} {:<20} {:<10}\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    for (u32 i = 0; i < RLIM_NLIMITS; ++i)
        format_to(out, "{:<25} {} {} {:<10}\n", limits[i].name, limit_value{rlim[i].cur},
                  limit_value{rlim[i].max}, limits[i].unit);
    return {};
}

// ---- mounts -----------------------------------------------------------------------------

struct mounts_printer {
    text_sink& out;
    const path& root;
    char* buffer;
};

void show_mount(const vfsmount& mount, void* context) {
    const mounts_printer& to = *static_cast<const mounts_printer*>(context);
    path place{const_cast<vfsmount*>(&mount), mount.mnt_root};
    const result<std::string_view> name = d_path(place, to.root, to.buffer, PATH_MAX);
    const super_block& sb = *mount.mnt_sb;
    format_to(to.out, "{} {} {} {}", mount.mnt_devname, name ? *name : "?", sb.s_type.name,
              sb.is_readonly() ? "ro" : "rw");
    if (sb.s_op.show_options) sb.s_op.show_options(sb, to.out);
    to.out.write(" 0 0\n");
}

result<> show_mounts(text_sink& out, task_struct& task) {
    const result<path> root = follow_root(task);
    if (!root) return err{EINVAL};
    const held_path kept(*root);
    char* const buffer = static_cast<char*>(kmalloc(PATH_MAX, GFP_KERNEL));
    if (!buffer) return err{ENOMEM};
    mounts_printer to{out, *kept, buffer};
    for_each_mount(show_mount, &to);
    kfree(buffer);
    return {};
}

}  // namespace

REGISTER(proc_task_file, exe_task_file) = {.name = "exe", .follow = follow_exe};
REGISTER(proc_task_file, cwd_task_file) = {.name = "cwd", .follow = follow_cwd};
REGISTER(proc_task_file, root_task_file) = {.name = "root", .follow = follow_root};
REGISTER(proc_task_file, comm_task_file) = {
    .name = "comm", .mode = 0644, .show = show_comm, .store = store_comm};
REGISTER(proc_task_file, limits_task_file) = {.name = "limits", .show = show_limits};
REGISTER(proc_task_file, mounts_task_file) = {.name = "mounts", .show = show_mounts};
