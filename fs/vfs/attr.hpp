// What is known of a file beside its contents, and how that is changed.
#pragma once

#include "fs/vfs/names.hpp"
#include "fs/vfs/open_file.hpp"
#include "lib/address.hpp"

// stat, lstat and fstat, after the walk.
void vfs_getattr(const path& where, kstat& stat);
void vfs_statfs(const path& where, kstatfs& out);

// EISDIR; EINVAL: it has no size that could be changed; EFBIG, ENOSPC.
result<> vfs_truncate(inode& inode, u64 size);
// For a file system's write(): no more than the caller's RLIMIT_FSIZE allows. EFBIG.
result<> limit_write(u64 pos, iov_iter& from);
// With i_mutex, before the contents change: who may write to a program does not become its
// owner by that. Root may keep the bits.
void file_remove_privs(inode& inode);
// `mode` of FALLOC_FL_KEEP_SIZE and FALLOC_FL_PUNCH_HOLE. As fallocate() has them.
result<> vfs_fallocate(open_file& file, u32 mode, s64 start, s64 length);
// truncate(2): MAY_WRITE, and nobody runs it.
result<> do_truncate(const lookup_origin& from, std::string_view name, s64 size);

// Of the owner, or of root: EPERM. EROFS.
result<> vfs_chmod(inode& inode, u32 mode, const cred& who);
// ~0: leave it. Only root gives files away; set-user-ID bits of programs go.
result<> vfs_chown(inode& inode, u32 uid, u32 gid, const cred& who);
// Null: leave it.
result<> vfs_utimes(inode& inode, const timespec64* atime, const timespec64* mtime,
                    const cred& who);
