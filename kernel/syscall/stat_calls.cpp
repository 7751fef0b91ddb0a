// stat and its like: what is known of a file, in each of the shapes it was ever told in.
#include "fs/vfs/attr.hpp"
#include "kernel/syscall/files.hpp"
#include "kernel/syscall/stat_abi.hpp"

namespace {

result<kstat> stat_of(s32 dirfd, user_ptr<const char> name, u32 flags) {
    user_path at;
    if (const result<> ready = at.take(dirfd, name, flags); !ready)
        return err{ready.error()};
    const result<path> found =
        at.lookup(flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW);
    if (!found) return err{found.error()};
    kstat stat{};
    vfs_getattr(*found, stat);
    path_put(*found);
    return stat;
}

result<kstat> stat_of(u32 fd) {
    const held_file file(fd, held_file::any);
    if (!file) return err{EBADF};
    kstat stat{};
    vfs_getattr(file->f_path, stat);
    return stat;
}

constexpr u32 seconds(const timespec64& time) { return static_cast<u32>(time.tv_sec); }

// What the older shapes have no room for.
bool is_too_new(const kstat& stat) {
    return !is_old_device(stat.dev) || !is_old_device(stat.rdev) || stat.nlink > 0xffff ||
           stat.size > 0x7fffffff;
}

syscall_result tell(const result<kstat>& known, user_ptr<old_stat32> told) {
    if (!known) return err{known.error()};
    const kstat& stat = *known;
    if (is_too_new(stat)) return err{EOVERFLOW};
    return put_user<old_stat32>({.dev = encode_old_device(stat.dev),
                                 .ino = static_cast<u16>(stat.ino),
                                 .mode = static_cast<u16>(stat.mode),
                                 .nlink = static_cast<u16>(stat.nlink),
                                 .uid = low_id(stat.uid),
                                 .gid = low_id(stat.gid),
                                 .rdev = encode_old_device(stat.rdev),
                                 .padding = 0,
                                 .size = static_cast<u32>(stat.size),
                                 .atime = seconds(stat.atime),
                                 .mtime = seconds(stat.mtime),
                                 .ctime = seconds(stat.ctime)},
                                told);
}

syscall_result tell(const result<kstat>& known, user_ptr<stat32> told) {
    if (!known) return err{known.error()};
    const kstat& stat = *known;
    if (is_too_new(stat)) return err{EOVERFLOW};
    return put_user<stat32>({.dev = encode_old_device(stat.dev),
                             .ino = stat.ino,
                             .mode = static_cast<u16>(stat.mode),
                             .nlink = static_cast<u16>(stat.nlink),
                             .uid = low_id(stat.uid),
                             .gid = low_id(stat.gid),
                             .rdev = encode_old_device(stat.rdev),
                             .size = static_cast<u32>(stat.size),
                             .blksize = stat.blksize,
                             .blocks = static_cast<u32>(stat.blocks),
                             .atime = seconds(stat.atime),
                             .atime_nsec = stat.atime.tv_nsec,
                             .mtime = seconds(stat.mtime),
                             .mtime_nsec = stat.mtime.tv_nsec,
                             .ctime = seconds(stat.ctime),
                             .ctime_nsec = stat.ctime.tv_nsec,
                             .unused = {}},
                            told);
}

syscall_result tell(const result<kstat>& known, user_ptr<stat64_abi> told) {
    if (!known) return err{known.error()};
    const kstat& stat = *known;
    return put_user<stat64_abi>({.dev = encode_device(stat.dev),
                                 .padding0 = 0,
                                 .short_ino = stat.ino,
                                 .mode = stat.mode,
                                 .nlink = stat.nlink,
                                 .uid = stat.uid,
                                 .gid = stat.gid,
                                 .rdev = encode_device(stat.rdev),
                                 .padding3 = 0,
                                 .size = static_cast<s64>(stat.size),
                                 .blksize = stat.blksize,
                                 .blocks = stat.blocks,
                                 .atime = seconds(stat.atime),
                                 .atime_nsec = stat.atime.tv_nsec,
                                 .mtime = seconds(stat.mtime),
                                 .mtime_nsec = stat.mtime.tv_nsec,
                                 .ctime = seconds(stat.ctime),
                                 .ctime_nsec = stat.ctime.tv_nsec,
                                 .ino = stat.ino},
                                told);
}

constexpr u32 nofollow = AT_SYMLINK_NOFOLLOW;

}  // namespace

SYSCALL_DEFINE(18, oldstat, user_ptr<const char> name, user_ptr<old_stat32> told) {
    return tell(stat_of(AT_FDCWD, name, 0), told);
}
SYSCALL_DEFINE(84, oldlstat, user_ptr<const char> name, user_ptr<old_stat32> told) {
    return tell(stat_of(AT_FDCWD, name, nofollow), told);
}
SYSCALL_DEFINE(28, oldfstat, u32 fd, user_ptr<old_stat32> told) {
    return tell(stat_of(fd), told);
}

SYSCALL_DEFINE(106, stat, user_ptr<const char> name, user_ptr<stat32> told) {
    return tell(stat_of(AT_FDCWD, name, 0), told);
}
SYSCALL_DEFINE(107, lstat, user_ptr<const char> name, user_ptr<stat32> told) {
    return tell(stat_of(AT_FDCWD, name, nofollow), told);
}
SYSCALL_DEFINE(108, fstat, u32 fd, user_ptr<stat32> told) {
    return tell(stat_of(fd), told);
}

SYSCALL_DEFINE(195, stat64, user_ptr<const char> name, user_ptr<stat64_abi> told) {
    return tell(stat_of(AT_FDCWD, name, 0), told);
}
SYSCALL_DEFINE(196, lstat64, user_ptr<const char> name, user_ptr<stat64_abi> told) {
    return tell(stat_of(AT_FDCWD, name, nofollow), told);
}
SYSCALL_DEFINE(197, fstat64, u32 fd, user_ptr<stat64_abi> told) {
    return tell(stat_of(fd), told);
}

SYSCALL_DEFINE(300, fstatat64, s32 dirfd, user_ptr<const char> name,
               user_ptr<stat64_abi> told, u32 flags) {
    if (flags & ~u32{AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH})
        return err{EINVAL};
    return tell(stat_of(dirfd, name, flags), told);
}

// ---- statx ------------------------------------------------------------------------------

namespace {

constexpr statx_time told_time(const timespec64& time) {
    return {time.tv_sec, time.tv_nsec, 0};
}

}  // namespace

SYSCALL_DEFINE(383, statx, s32 dirfd, user_ptr<const char> name, u32 flags, u32 mask,
               user_ptr<statx_abi> told) {
    constexpr u32 STATX_BASIC_STATS = 0x7ff, STATX_RESERVED = 1u << 31,
                  AT_STATX_SYNC = 0x6000;
    if (mask & STATX_RESERVED || (flags & AT_STATX_SYNC) == AT_STATX_SYNC ||
        flags & ~u32{AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC})
        return err{EINVAL};
    const result<kstat> known = stat_of(dirfd, name, flags);
    if (!known) return err{known.error()};
    const kstat& stat = *known;
    statx_abi all{};
    all.mask = STATX_BASIC_STATS;
    all.blksize = stat.blksize;
    all.nlink = stat.nlink;
    all.uid = stat.uid;
    all.gid = stat.gid;
    all.mode = static_cast<u16>(stat.mode);
    all.ino = stat.ino;
    all.size = stat.size;
    all.blocks = stat.blocks;
    all.atime = told_time(stat.atime);
    all.ctime = told_time(stat.ctime);
    all.mtime = told_time(stat.mtime);
    all.rdev_major = MAJOR(stat.rdev);
    all.rdev_minor = MINOR(stat.rdev);
    all.dev_major = MAJOR(stat.dev);
    all.dev_minor = MINOR(stat.dev);
    return put_user<statx_abi>(all, told);
}

// ---- statfs -----------------------------------------------------------------------------

namespace {

result<kstatfs> statfs_of(user_ptr<const char> name) {
    user_path at;
    if (const result<> ready = at.take(AT_FDCWD, name); !ready) return err{ready.error()};
    const result<path> found = at.lookup(LOOKUP_FOLLOW);
    if (!found) return err{found.error()};
    kstatfs state;
    vfs_statfs(*found, state);
    path_put(*found);
    return state;
}

result<kstatfs> statfs_of(u32 fd) {
    const held_file file(fd, held_file::any);
    if (!file) return err{EBADF};
    kstatfs state;
    vfs_statfs(file->f_path, state);
    return state;
}

// ST_VALID says that the flags are told at all; ST_RDONLY is SB_RDONLY.
constexpr u32 ST_VALID = 0x20;

template <class Shape>
syscall_result tell_fs(const result<kstatfs>& known, user_ptr<Shape> told) {
    if (!known) return err{known.error()};
    const kstatfs& state = *known;
    Shape all{};
    using count = decltype(all.blocks + 0);
    all.type = state.type;
    all.bsize = all.frsize = state.bsize;
    all.blocks = static_cast<count>(state.blocks);
    all.bfree = static_cast<count>(state.bfree);
    all.bavail = static_cast<count>(state.bavail);
    all.files = static_cast<count>(state.files);
    all.ffree = static_cast<count>(state.ffree);
    all.namelen = state.namelen;
    all.flags = state.flags | ST_VALID;
    return put_user<Shape>(all, told);
}

}  // namespace

SYSCALL_DEFINE(99, statfs, user_ptr<const char> name, user_ptr<statfs32> told) {
    return tell_fs(statfs_of(name), told);
}
SYSCALL_DEFINE(100, fstatfs, u32 fd, user_ptr<statfs32> told) {
    return tell_fs(statfs_of(fd), told);
}
SYSCALL_DEFINE(268, statfs64, user_ptr<const char> name, u32 bytes,
               user_ptr<statfs64_abi> told) {
    if (bytes != sizeof(statfs64_abi)) return err{EINVAL};
    return tell_fs(statfs_of(name), told);
}
SYSCALL_DEFINE(269, fstatfs64, u32 fd, u32 bytes, user_ptr<statfs64_abi> told) {
    if (bytes != sizeof(statfs64_abi)) return err{EINVAL};
    return tell_fs(statfs_of(fd), told);
}
