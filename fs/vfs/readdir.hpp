// Listing directories: getdents64.
#pragma once

#include "fs/vfs/open_file.hpp"

// Takes names until it has no more room.
struct dir_context {
    // False: there is no room; the name is to come again.
    virtual bool emit(std::string_view name, u64 offset_of_next, u32 ino, u8 type) = 0;

protected:
    ~dir_context() = default;
};

// struct linux_dirent64 after struct linux_dirent64, as programs have it; how many bytes.
//
//     d_ino 8 | d_off 8 | d_reclen 2 | d_type 1 | d_name ... \0 | to a multiple of 8
//
// EBADF, ENOTDIR; ENOENT: it was removed; EINVAL: not even one fits; EFAULT.
result<size_t> vfs_getdents64(open_file& dir, iov_iter to);
// struct linux_dirent, of the older call:
//
//     d_ino 4 | d_off 4 | d_reclen 2 | d_name ... \0 | to a multiple of 4; last d_type
result<size_t> vfs_getdents(open_file& dir, iov_iter to);

// For f_ops.iterate of a file system whose names are in the cache alone: "." and "..", then
// the children in the order of d_offset, from f_pos on.
result<> dcache_readdir(open_file& dir, dir_context& context);
// Where a listing goes on: 0 is the beginning.
result<u64> dcache_dir_llseek(open_file& dir, s64 offset, int whence);
