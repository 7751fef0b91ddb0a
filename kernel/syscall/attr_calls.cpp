// What is changed of files beside their contents: modes, owners, times, sizes.
#include "fs/vfs/attr.hpp"
#include "kernel/syscall/files.hpp"

namespace {

using user_text = user_ptr<const char>;

const cred& me() { return current_task()->cred; }

// One change of the file that a name leads to.
template <class Change>
syscall_result at_name(s32 dirfd, user_text name, u32 flags, Change change) {
    user_path at;
    if (const result<> ready = at.take(dirfd, name, flags); !ready) return ready;
    const result<path> found = at.lookup(flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW);
    if (!found) return err{found.error()};
    const held_path place(*found);
    return change(place->inode());
}

template <class Change>
syscall_result at_descriptor(u32 fd, Change change) {
    const held_file file(fd);
    if (!file) return err{EBADF};
    return change(*file->f_inode);
}

auto mode_changer(u32 mode) {
    return [mode](inode& inode) { return vfs_chmod(inode, mode, me()); };
}
auto owner_changer(u32 uid, u32 gid) {
    return [=](inode& inode) { return vfs_chown(inode, uid, gid, me()); };
}

// Of the calls with ids of 16 bits, where -1 says "leave it".
constexpr u32 wide(u32 id) { return (id & 0xffff) == 0xffff ? ~u32{0} : id & 0xffff; }

}  // namespace

SYSCALL_DEFINE(15, chmod, user_text name, u32 mode) {
    return at_name(AT_FDCWD, name, 0, mode_changer(mode));
}
SYSCALL_DEFINE(94, fchmod, u32 fd, u32 mode) {
    return at_descriptor(fd, mode_changer(mode));
}
SYSCALL_DEFINE(306, fchmodat, s32 dirfd, user_text name, u32 mode) {
    return at_name(dirfd, name, 0, mode_changer(mode));
}

SYSCALL_DEFINE(16, lchown16, user_text name, u32 uid, u32 gid) {
    return at_name(AT_FDCWD, name, AT_SYMLINK_NOFOLLOW,
                   owner_changer(wide(uid), wide(gid)));
}
SYSCALL_DEFINE(182, chown16, user_text name, u32 uid, u32 gid) {
    return at_name(AT_FDCWD, name, 0, owner_changer(wide(uid), wide(gid)));
}
SYSCALL_DEFINE(95, fchown16, u32 fd, u32 uid, u32 gid) {
    return at_descriptor(fd, owner_changer(wide(uid), wide(gid)));
}
SYSCALL_DEFINE(198, lchown32, user_text name, u32 uid, u32 gid) {
    return at_name(AT_FDCWD, name, AT_SYMLINK_NOFOLLOW, owner_changer(uid, gid));
}
SYSCALL_DEFINE(212, chown32, user_text name, u32 uid, u32 gid) {
    return at_name(AT_FDCWD, name, 0, owner_changer(uid, gid));
}
SYSCALL_DEFINE(207, fchown32, u32 fd, u32 uid, u32 gid) {
    return at_descriptor(fd, owner_changer(uid, gid));
}
SYSCALL_DEFINE(298, fchownat, s32 dirfd, user_text name, u32 uid, u32 gid, u32 flags) {
    if (flags & ~u32{AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH}) return err{EINVAL};
    return at_name(dirfd, name, flags, owner_changer(uid, gid));
}

// ---- times ------------------------------------------------------------------------------

namespace {

struct time_pair32 {
    s32 atime, atime_part, mtime, mtime_part;
};
struct [[gnu::packed, gnu::aligned(4)]] time_pair64 {
    s64 atime, atime_part, mtime, mtime_part;
};

// Two times, each of them, or now, or as it was.
class wanted_times {
public:
    static constexpr u32 UTIME_NOW = 0x3fffffff, UTIME_OMIT = 0x3ffffffe;

    // EINVAL: there are not so many parts in a second. `part`: nanoseconds in each.
    result<> set(u32 which, s64 seconds, s64 parts, u32 part, bool special) {
        if (special && parts == UTIME_NOW) return {};
        asked_now_ = false;
        if (special && parts == UTIME_OMIT) {
            omitted_[which] = true;
            return {};
        }
        if (parts < 0 || parts >= 1000000000 / part) return err{EINVAL};
        times_[which] = {seconds, static_cast<u32>(parts) * part};
        return {};
    }
    template <class Pair>
    result<> take(user_ptr<const Pair> told, u32 part, bool special) {
        if (!told) return {};
        Pair both;
        if (copy_from_user(&both, told, sizeof both) != 0) return err{EFAULT};
        const result<> first = set(0, both.atime, both.atime_part, part, special);
        if (!first) return first;
        return set(1, both.mtime, both.mtime_part, part, special);
    }
    result<> apply(inode& inode) const {
        if (omitted_[0] && omitted_[1]) return {};
        // Who may write may say "now"; any other time is the owner's to say.
        if (asked_now_ && me().uid != inode.i_uid)
            if (const result<> may = inode_permission(inode, me(), MAY_WRITE); !may)
                return may;
        const cred who = asked_now_ ? cred{} : me();
        return vfs_utimes(inode, omitted_[0] ? nullptr : &times_[0],
                          omitted_[1] ? nullptr : &times_[1], who);
    }

private:
    timespec64 times_[2] = {current_time(), current_time()};
    bool omitted_[2] = {};
    bool asked_now_ = true;  // for both
};

template <class Pair>
syscall_result set_times(s32 dirfd, user_text name, user_ptr<const Pair> told, u32 flags,
                         u32 part, bool special) {
    wanted_times times;
    if (const result<> taken = times.take(told, part, special); !taken) return taken;
    const auto apply = [&](inode& inode) { return times.apply(inode); };
    // utimensat(fd, null): the descriptor's own file.
    if (special && !name && dirfd != AT_FDCWD)
        return flags ? syscall_result(err{EINVAL})
                     : at_descriptor(static_cast<u32>(dirfd), apply);
    if (flags & ~u32{AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH}) return err{EINVAL};
    return at_name(dirfd, name, flags, apply);
}

}  // namespace

SYSCALL_DEFINE(30, utime, user_text name, user_ptr<const u64> told) {
    struct seconds {
        s32 atime, mtime;
    } both;
    wanted_times times;
    if (told) {
        if (copy_from_user(&both, told, sizeof both) != 0) return err{EFAULT};
        static_cast<void>(times.set(0, both.atime, 0, 1, false));
        static_cast<void>(times.set(1, both.mtime, 0, 1, false));
    }
    return at_name(AT_FDCWD, name, 0, [&](inode& inode) { return times.apply(inode); });
}
SYSCALL_DEFINE(271, utimes, user_text name, user_ptr<const time_pair32> told) {
    return set_times(AT_FDCWD, name, told, 0, 1000, false);
}
SYSCALL_DEFINE(299, futimesat, s32 dirfd, user_text name,
               user_ptr<const time_pair32> told) {
    return set_times(dirfd, name, told, 0, 1000, false);
}
SYSCALL_DEFINE(320, utimensat, s32 dirfd, user_text name, user_ptr<const time_pair32> told,
               u32 flags) {
    return set_times(dirfd, name, told, flags, 1, true);
}
SYSCALL_DEFINE(412, utimensat_time64, s32 dirfd, user_text name,
               user_ptr<const time_pair64> told, u32 flags) {
    return set_times(dirfd, name, told, flags, 1, true);
}

// ---- sizes ------------------------------------------------------------------------------

namespace {

constexpr s64 size_of(u32 low, u32 high) { return static_cast<s64>(u64{high} << 32 | low); }

syscall_result truncate_name(user_text name, s64 size) {
    if (size < 0) return err{EINVAL};
    user_path at;
    if (const result<> ready = at.take(AT_FDCWD, name); !ready) return ready;
    return do_truncate(at.from(), at.name(), size);
}

syscall_result truncate_file(u32 fd, s64 size) {
    if (size < 0) return err{EINVAL};
    const held_file file(fd);
    if (!file) return err{EBADF};
    if (!S_ISREG(file->f_inode->i_mode) || !(file->f_mode & FMODE_WRITE))
        return err{EINVAL};
    return vfs_truncate(*file->f_inode, static_cast<u64>(size));
}

}  // namespace

SYSCALL_DEFINE(92, truncate, user_text name, s32 size) { return truncate_name(name, size); }
SYSCALL_DEFINE(93, ftruncate, u32 fd, s32 size) { return truncate_file(fd, size); }
SYSCALL_DEFINE(193, truncate64, user_text name, u32 low, u32 high) {
    return truncate_name(name, size_of(low, high));
}
SYSCALL_DEFINE(194, ftruncate64, u32 fd, u32 low, u32 high) {
    return truncate_file(fd, size_of(low, high));
}

SYSCALL_DEFINE(324, fallocate, u32 fd, u32 mode, u32 low, u32 high, u32 length_low,
               u32 length_high) {
    const held_file file(fd);
    if (!file) return err{EBADF};
    return vfs_fallocate(*file, mode, size_of(low, high), size_of(length_low, length_high));
}
