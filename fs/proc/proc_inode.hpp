// /proc (spec F11): a file system whose files are answers.
//
//     /  -- files and folders of lib/proc_file.hpp       made of their paths
//        -- self, thread-self, mounts                    links
//        -- PID/  -- files of proc_task_file
//                 -- task/TID/  -- the same
//                 -- fd/N, fdinfo/N
//
// Nothing of it is kept: an inode is made when its name is looked up, and says what it stands
// for; the text is made when it is read. So names of the cache must be asked again each time
// (revalidate): a task may be gone, or have come.
//
// I1: an inode keeps a number of a task, not the task: who is gone answers ESRCH.
// I2: numbers of inodes tell kind, task and entry, so the same file has the same one each time.
//
// Left out: mem, ns, attr and most that is not memory's or ps'.
#pragma once

#include "fs/proc/proc_task.hpp"
#include "fs/vfs/readdir.hpp"
#include "lib/proc_file.hpp"

enum class proc_kind : u8 {
    folder,       // of files: `prefix` is its path, "" the root
    file,         // `file`
    self,         // `text`: where it leads
    mounts,
    task_folder,  // PID, or TID below task/
    task_entry,   // `entry` of task `tid`
    threads,      // task/
    descriptors,  // fd/
    descriptor,   // fd/N
    infos,        // fdinfo/
    info,         // fdinfo/N
};

struct proc_inode final : inode {
    proc_inode(super_block& sb, u32 mode, proc_kind kind);

    const proc_kind kind;
    bool is_thread = false;  // below task/
    u32 tid = 0;
    u32 fd = 0;
    std::string_view prefix;
    const proc_file* file = nullptr;
    const proc_task_file* entry = nullptr;
    char text[32] = {};
};
inline proc_inode& of(inode& inode) { return static_cast<proc_inode&>(inode); }
inline const proc_inode& of(const inode& inode) { return static_cast<const proc_inode&>(inode); }

result<proc_inode*> new_proc_inode(super_block& sb, u32 mode, proc_kind kind);

// ---- names ------------------------------------------------------------------------------
// A registered file's part of the path below a folder; `is_folder`: more comes behind it.
struct proc_name {
    std::string_view name;
    bool is_folder;
};
// Of the i-th file, if it is below the folder.
std::optional<proc_name> name_below(std::string_view folder, const proc_file& file);
std::optional<u32> parse_task_number(std::string_view name);

extern const inode_operations proc_dir_inode_operations;
extern const open_file_operations proc_dir_operations;
extern const open_file_operations proc_text_operations;

[[nodiscard]] bool proc_init();
