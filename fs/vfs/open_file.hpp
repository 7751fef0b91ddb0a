// An open file with a name: what a descriptor stands for. mm/cache's file is its base, so
// mappings keep it open as descriptors do.
//
//     fd table --+
//     vm_file  --+--> open_file   f_pos, f_flags     of this opening
//                        | f_path: mount and dentry   what it was opened as
//                        v
//                      inode      pages, size         of the file itself
#pragma once

#include "fs/vfs/iov_iter.hpp"
#include "fs/vfs/namei.hpp"

struct dir_context;
struct open_file;
class poll_table;

// f_mode, beside FMODE_READ and FMODE_WRITE.
inline constexpr u32 FMODE_APPEND = 0x100;
inline constexpr u32 FMODE_PATH = 0x4000;  // O_PATH: a place, nothing to be done with

// What null means: read, write EINVAL; llseek ESPIPE; iterate ENOTDIR; mmap ENODEV, unless
// the inode has pages, which are mapped then; ioctl ENOTTY; poll: it never keeps anyone
// waiting.
struct open_file_operations {
    result<> (*open)(inode& inode, open_file& file) = nullptr;
    void (*release)(open_file& file) = nullptr;
    // From `pos`, which moves on. Fewer bytes than asked for where it ends, memory did or a
    // program's buffer is no memory; none of them at all: EFAULT.
    result<size_t> (*read)(open_file& file, iov_iter& to, u64& pos) = nullptr;
    result<size_t> (*write)(open_file& file, iov_iter& from, u64& pos) = nullptr;
    result<u64> (*llseek)(open_file& file, s64 offset, int whence) = nullptr;
    // Names from file.f_pos on, with i_mutex of the directory held.
    result<> (*iterate)(open_file& file, dir_context& context) = nullptr;
    result<> (*mmap)(file& file, vm_area_struct& area) = nullptr;
    result<s32> (*ioctl)(open_file& file, u32 command, u32 argument) = nullptr;
    // What it is ready for now, of POLL...; with a table, the caller is told of changes
    // (poll.hpp).
    u32 (*poll)(open_file& file, poll_table* table) = nullptr;
    // Where it is read next is its own affair: f_pos means nothing, and who waits in read()
    // keeps nobody else waiting for it.
    bool keeps_own_place = false;
    // Who maps it has anonymous memory: it is no file's.
    bool maps_zeroes = false;
};

struct open_file final : file {
    open_file(const path& where, inode& what, u32 flags);

    path f_path;  // its own reference
    inode* f_inode;
    const open_file_operations* f_ops;
    u64 f_pos = 0;                        // under f_pos_lock
    sleeping_lock f_pos_lock{"f_pos"};
    void* private_data = nullptr;         // of f_ops
    u32 f_version = 0;                    // likewise
    bool writes_counted = false;          // get_write_access() is to be undone
};

// Linux's do_sys_open without the descriptor. `flags` as open() has them, O_CLOEXEC unseen.
result<open_file*> do_open(const lookup_origin& from, std::string_view name, u32 flags,
                           u32 mode);
// To be executed: MAY_EXEC, a regular file (EACCES), not on its way to be written (ETXTBSY;
// allow_write_access() when the program is gone).
result<open_file*> open_exec(const lookup_origin& from, std::string_view name);
// One that a file system makes by itself (pipe, memfd); takes over the path's reference.
result<open_file*> alloc_file(const path& where, u32 flags);

// One without a place in any directory: `name` is all of its path. Takes over the inode's
// reference. ENOMEM.
result<open_file*> alloc_nameless_file(vfsmount& mount, inode* inode, std::string_view name,
                                       u32 flags);

// At the file's own place, or at one that is given. EBADF, EINVAL, ESPIPE, EISDIR,
// EFAULT ...
result<size_t> vfs_read(open_file& file, iov_iter to);
result<size_t> vfs_write(open_file& file, iov_iter from);
result<size_t> vfs_pread(open_file& file, iov_iter to, s64 pos);
result<size_t> vfs_pwrite(open_file& file, iov_iter from, s64 pos);
result<u64> vfs_llseek(open_file& file, s64 offset, int whence);

// For f_ops.llseek: of what has a size (SEEK_SET, SEEK_CUR, SEEK_END), up to `most`.
result<u64> generic_llseek(open_file& file, s64 offset, int whence, u64 most);

// ---- what it is called ------------------------------------------------------------------
// The path from `root`, at the end of the buffer; " (deleted)" behind it where that is so.
// ENAMETOOLONG.
result<std::string_view> d_path(const path& where, const path& root, char* buffer,
                                size_t size);

[[nodiscard]] bool open_file_init();
