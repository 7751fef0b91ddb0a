#include "fs/vfs/attr.hpp"

#include "fs/vfs/caller.hpp"
#include "mm/cache/memory_contents.hpp"

namespace {

result<> may_change(const inode& inode, const cred& who) {
    if (inode.i_sb->is_readonly()) return err{EROFS};
    if (who.uid != 0 && who.uid != inode.i_uid) return err{EPERM};
    return {};
}

}  // namespace

void vfs_getattr(const path& where, kstat& stat) {
    const inode& inode = where.inode();
    stat = {.dev = inode.i_sb->s_dev,
            .ino = inode.i_ino,
            .mode = inode.i_mode,
            .nlink = inode.i_nlink,
            .uid = inode.i_uid,
            .gid = inode.i_gid,
            .rdev = inode.i_rdev,
            .blksize = PAGE_SIZE,
            .size = inode.size(),
            .blocks = 0,
            .atime = inode.i_atime,
            .mtime = inode.i_mtime,
            .ctime = inode.i_ctime};
    if (inode.i_op->getattr) inode.i_op->getattr(inode, stat);
}

void vfs_statfs(const path& where, kstatfs& out) {
    const super_block& sb = *where.dentry->d_sb;
    out = {.type = sb.s_magic,
           .bsize = PAGE_SIZE,
           .namelen = NAME_MAX,
           .flags = sb.s_flags,
           .blocks = 0,
           .bfree = 0,
           .bavail = 0,
           .files = 0,
           .ffree = 0};
    if (sb.s_op.statfs) sb.s_op.statfs(sb, out);
}

namespace {

result<> within_limit(u64 size) {
    if (size <= file_size_limit()) return {};
    tell_file_too_large();
    return err{EFBIG};
}

}  // namespace

result<> limit_write(u64 pos, iov_iter& from) {
    const u64 limit = file_size_limit();
    if (limit == ~u64{0}) return {};
    if (pos >= limit) {
        tell_file_too_large();
        return err{EFBIG};
    }
    from.truncate(static_cast<size_t>(min_of(limit - pos, u64{MAX_RW_COUNT})));
    return {};
}

void file_remove_privs(inode& inode) {
    if (caller_is_root()) return;
    inode.i_mode &= ~u32{S_ISUID};
    if (inode.i_mode & S_IXGRP) inode.i_mode &= ~u32{S_ISGID};
}

result<> vfs_truncate(inode& inode, u64 size) {
    if (inode.is_dir()) return err{EISDIR};
    if (!S_ISREG(inode.i_mode) || !inode.i_op->truncate) return err{EINVAL};
    lock_guard held(inode.i_mutex);
    if (size > inode.size())
        if (const result<> may = within_limit(size); !may) return may;
    file_remove_privs(inode);
    const result<> cut = inode.i_op->truncate(inode, size);
    if (cut) touch_mtime_ctime(inode);
    return cut;
}

result<> vfs_fallocate(open_file& file, u32 mode, s64 start, s64 length) {
    inode& inode = *file.f_inode;
    if (start < 0 || length <= 0) return err{EINVAL};
    if (mode & ~u32{FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE}) return err{EOPNOTSUPP};
    if ((mode & ~u32{FALLOC_FL_KEEP_SIZE}) && !(mode & FALLOC_FL_KEEP_SIZE))
        return err{EOPNOTSUPP};
    if (!(file.f_mode & FMODE_WRITE)) return err{EBADF};
    if (S_ISFIFO(inode.i_mode)) return err{ESPIPE};
    if (inode.is_dir()) return err{EISDIR};
    if (!S_ISREG(inode.i_mode)) return err{ENODEV};
    const u64 end = static_cast<u64>(start) + static_cast<u64>(length);
    if (end > memory_contents::MAX_LFS_FILESIZE) return err{EFBIG};
    if (!inode.i_op->fallocate) return err{EOPNOTSUPP};
    lock_guard held(inode.i_mutex);
    if (!(mode & FALLOC_FL_KEEP_SIZE) && end > inode.size())
        if (const result<> may = within_limit(end); !may) return may;
    file_remove_privs(inode);
    const result<> done = inode.i_op->fallocate(inode, mode, static_cast<u64>(start), end);
    if (done) touch_mtime_ctime(inode);
    return done;
}

result<> do_truncate(const lookup_origin& from, std::string_view name, s64 size) {
    if (size < 0) return err{EINVAL};
    const result<path> found = path_lookup(from, name, LOOKUP_FOLLOW);
    if (!found) return err{found.error()};
    const held_path file(*found);
    inode& inode = file->inode();
    if (inode.is_dir()) return err{EISDIR};
    if (!S_ISREG(inode.i_mode)) return err{EINVAL};
    if (const result<> may = inode_permission(inode, from.who, MAY_WRITE); !may) return may;
    if (const result<> writes = get_write_access(inode); !writes) return writes;
    const result<> cut = vfs_truncate(inode, static_cast<u64>(size));
    put_write_access(inode);
    return cut;
}

result<> vfs_chmod(inode& inode, u32 mode, const cred& who) {
    lock_guard held(inode.i_mutex);
    if (const result<> may = may_change(inode, who); !may) return may;
    mode &= S_IALLUGO;
    if (who.uid != 0 && who.gid != inode.i_gid) mode &= ~u32{S_ISGID};
    inode.i_mode = (inode.i_mode & S_IFMT) | mode;
    inode.i_ctime = current_time();
    return {};
}

result<> vfs_chown(inode& inode, u32 uid, u32 gid, const cred& who) {
    if (inode.i_sb->is_readonly()) return err{EROFS};
    lock_guard held(inode.i_mutex);
    const bool keeps_owner = uid == ~u32{0} || uid == inode.i_uid;
    const bool keeps_group = gid == ~u32{0} || gid == inode.i_gid || gid == who.gid;
    if (who.uid != 0 && !(who.uid == inode.i_uid && keeps_owner && keeps_group))
        return err{EPERM};
    if (!inode.is_dir()) {
        inode.i_mode &= ~u32{S_ISUID};
        if (inode.i_mode & S_IXGRP) inode.i_mode &= ~u32{S_ISGID};
    }
    if (uid != ~u32{0}) inode.i_uid = uid;
    if (gid != ~u32{0}) inode.i_gid = gid;
    inode.i_ctime = current_time();
    return {};
}

result<> vfs_utimes(inode& inode, const timespec64* atime, const timespec64* mtime,
                    const cred& who) {
    lock_guard held(inode.i_mutex);
    if (const result<> may = may_change(inode, who); !may) return may;
    if (atime) inode.i_atime = *atime;
    if (mtime) inode.i_mtime = *mtime;
    inode.i_ctime = current_time();
    return {};
}
