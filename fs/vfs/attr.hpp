// What is known of a file beside its contents, and how that is changed.
#pragma once

#include "fs/vfs/names.hpp"
#include "lib/address.hpp"

// stat, lstat and fstat, after the walk.
void vfs_getattr(const path& where, kstat& stat);
void vfs_statfs(const path& where, kstatfs& out);

// EISDIR; EINVAL: it has no size that could be changed; EFBIG, ENOSPC.
result<> vfs_truncate(inode& inode, u64 size);
// truncate(2): MAY_WRITE, and nobody runs it.
result<> do_truncate(const lookup_origin& from, std::string_view name, s64 size);

// Of the owner, or of root: EPERM. EROFS.
result<> vfs_chmod(inode& inode, u32 mode, const cred& who);
// ~0: leave it. Only root gives files away; set-user-ID bits of programs go.
result<> vfs_chown(inode& inode, u32 uid, u32 gid, const cred& who);
// Null: leave it.
result<> vfs_utimes(inode& inode, const timespec64* atime, const timespec64* mtime,
                    const cred& who);
