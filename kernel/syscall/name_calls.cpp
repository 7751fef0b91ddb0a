// What is done to names: made, taken away, moved, and where a task stands among them.
#include "fs/vfs/names.hpp"
#include "fs/vfs/readdir.hpp"
#include "kernel/syscall/files.hpp"
#include "kernel/syscall/stat_abi.hpp"

namespace {

using user_text = user_ptr<const char>;

// One call on one name.
template <class Call, class... Args>
syscall_result with_name(s32 dirfd, user_text name, Call call, const Args&... args) {
    user_path at;
    if (const result<> ready = at.take(dirfd, name); !ready) return ready;
    return call(at.from(), at.name(), args...);
}

syscall_result link_at(s32 old_dir, user_text old_name, s32 new_dir, user_text new_name,
                       u32 flags) {
    if (flags & ~u32{AT_SYMLINK_FOLLOW | AT_EMPTY_PATH}) return err{EINVAL};
    // Only root may give a name to what he has no name for.
    if (flags & AT_EMPTY_PATH && current_task()->cred.euid != 0) return err{ENOENT};
    user_path from, to;
    if (const result<> ready = from.take(old_dir, old_name, flags); !ready) return ready;
    if (const result<> ready = to.take(new_dir, new_name); !ready) return ready;
    const result<path> found = from.lookup(flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0);
    if (!found) return err{found.error()};
    const held_path old(*found);
    return link_place(*old, to.from(), to.name());
}

syscall_result rename_at(s32 old_dir, user_text old_name, s32 new_dir, user_text new_name,
                         u32 flags) {
    user_path from, to;
    if (const result<> ready = from.take(old_dir, old_name); !ready) return ready;
    if (const result<> ready = to.take(new_dir, new_name); !ready) return ready;
    return do_rename(from.from(), from.name(), to.from(), to.name(), flags);
}

syscall_result symlink_at(user_text target, s32 dirfd, user_text name) {
    user_name text;
    if (const result<> ready = text.take(target); !ready) return ready;
    user_path at;
    if (const result<> ready = at.take(dirfd, name); !ready) return ready;
    return do_symlink(at.from(), text.view(), at.name());
}

}  // namespace

SYSCALL_DEFINE(9, link, user_text old_name, user_text new_name) {
    return link_at(AT_FDCWD, old_name, AT_FDCWD, new_name, 0);
}
SYSCALL_DEFINE(303, linkat, s32 old_dir, user_text old_name, s32 new_dir,
               user_text new_name, u32 flags) {
    return link_at(old_dir, old_name, new_dir, new_name, flags);
}

SYSCALL_DEFINE(10, unlink, user_text name) { return with_name(AT_FDCWD, name, do_unlink); }
SYSCALL_DEFINE(40, rmdir, user_text name) { return with_name(AT_FDCWD, name, do_rmdir); }
SYSCALL_DEFINE(301, unlinkat, s32 dirfd, user_text name, u32 flags) {
    if (flags & ~u32{AT_REMOVEDIR}) return err{EINVAL};
    return with_name(dirfd, name, flags & AT_REMOVEDIR ? do_rmdir : do_unlink);
}

SYSCALL_DEFINE(38, rename, user_text old_name, user_text new_name) {
    return rename_at(AT_FDCWD, old_name, AT_FDCWD, new_name, 0);
}
SYSCALL_DEFINE(302, renameat, s32 old_dir, user_text old_name, s32 new_dir,
               user_text new_name) {
    return rename_at(old_dir, old_name, new_dir, new_name, 0);
}
SYSCALL_DEFINE(353, renameat2, s32 old_dir, user_text old_name, s32 new_dir,
               user_text new_name, u32 flags) {
    return rename_at(old_dir, old_name, new_dir, new_name, flags);
}

SYSCALL_DEFINE(39, mkdir, user_text name, u32 mode) {
    return with_name(AT_FDCWD, name, do_mkdir, mode);
}
SYSCALL_DEFINE(296, mkdirat, s32 dirfd, user_text name, u32 mode) {
    return with_name(dirfd, name, do_mkdir, mode);
}

SYSCALL_DEFINE(14, mknod, user_text name, u32 mode, u32 device) {
    return with_name(AT_FDCWD, name, do_mknod, mode & 0xffff, decode_device(device));
}
SYSCALL_DEFINE(297, mknodat, s32 dirfd, user_text name, u32 mode, u32 device) {
    return with_name(dirfd, name, do_mknod, mode & 0xffff, decode_device(device));
}

SYSCALL_DEFINE(83, symlink, user_text target, user_text name) {
    return symlink_at(target, AT_FDCWD, name);
}
SYSCALL_DEFINE(304, symlinkat, user_text target, s32 dirfd, user_text name) {
    return symlink_at(target, dirfd, name);
}

// ---- what links say ---------------------------------------------------------------------

namespace {

// As much of the text as fits; it has no zero at its end.
class user_sink final : public text_sink {
public:
    user_sink(user_ptr<char> to, u32 bytes) : room_(iov_iter::of_user(to, bytes)) {}
    void write(std::string_view text) override {
        const size_t wanted = min_of(text.size(), room_.count());
        const size_t copied = room_.copy_to(text.data(), wanted);
        written_ += static_cast<u32>(copied);
        faulted_ = faulted_ || copied < wanted;
    }
    syscall_result outcome() const {
        if (faulted_) return err{EFAULT};
        return written_;
    }

private:
    iov_iter room_;
    u32 written_ = 0;
    bool faulted_ = false;
};

syscall_result readlink_at(s32 dirfd, user_text name, user_ptr<char> buffer, s32 bytes) {
    if (bytes <= 0) return err{EINVAL};
    user_path at;
    if (const result<> ready = at.take(dirfd, name, AT_EMPTY_PATH); !ready) return ready;
    const result<path> found = at.lookup(0);
    if (!found) return err{found.error()};
    const held_path link(*found);
    user_sink told(buffer, static_cast<u32>(bytes));
    const result<> read = read_link(link->inode(), told);
    // An empty name, of what is no link, was no name.
    if (!read && at.name().empty()) return err{ENOENT};
    if (!read) return read;
    return told.outcome();
}

}  // namespace

SYSCALL_DEFINE(85, readlink, user_text name, user_ptr<char> buffer, s32 bytes) {
    return readlink_at(AT_FDCWD, name, buffer, bytes);
}
SYSCALL_DEFINE(305, readlinkat, s32 dirfd, user_text name, user_ptr<char> buffer,
               s32 bytes) {
    return readlink_at(dirfd, name, buffer, bytes);
}

// ---- where a task stands ----------------------------------------------------------------

namespace {

// A directory that the caller may go into.
result<path> directory_at(user_text name) {
    user_path at;
    if (const result<> ready = at.take(AT_FDCWD, name); !ready) return err{ready.error()};
    const result<path> found = at.lookup(LOOKUP_FOLLOW | LOOKUP_DIRECTORY);
    if (!found) return found;
    held_path place(*found);
    const result<> may = inode_permission(place->inode(), current_task()->cred, MAY_EXEC);
    if (!may) return err{may.error()};
    return place.release();
}

}  // namespace

SYSCALL_DEFINE(12, chdir, user_text name) {
    const result<path> to = directory_at(name);
    if (!to) return err{to.error()};
    current_task()->fs->set_pwd(*to);
    return 0;
}

SYSCALL_DEFINE(133, fchdir, u32 fd) {
    const held_file dir(fd, held_file::any);
    if (!dir) return err{EBADF};
    if (!dir->f_inode->is_dir()) return err{ENOTDIR};
    const result<> may = inode_permission(*dir->f_inode, current_task()->cred, MAY_EXEC);
    if (!may) return may;
    current_task()->fs->set_pwd(path_get(dir->f_path));
    return 0;
}

SYSCALL_DEFINE(61, chroot, user_text name) {
    const result<path> to = directory_at(name);
    if (!to) return err{to.error()};
    if (current_task()->cred.euid != 0) {
        path_put(*to);
        return err{EPERM};
    }
    current_task()->fs->set_root(*to);
    return 0;
}

SYSCALL_DEFINE(183, getcwd, user_ptr<char> buffer, u32 bytes) {
    scratch_page page;
    if (!page) return err{ENOMEM};
    fs_struct& fs = *current_task()->fs;
    const held_path root(fs.root()), pwd(fs.pwd());
    if (!pwd->dentry->is_root() && !pwd->dentry->d_hashed) return err{ENOENT};
    const result<std::string_view> text = d_path(*pwd, *root, page.text(), PATH_MAX - 1);
    if (!text) return err{text.error()};
    const u32 length = static_cast<u32>(text->size());
    page.text()[PATH_MAX - 1] = '\0';  // the text ends there
    if (length + 1 > bytes) return err{ERANGE};
    if (copy_to_user(buffer, text->data(), length + 1) != 0) return err{EFAULT};
    return length + 1;
}

SYSCALL_DEFINE(60, umask, u32 mask) { return current_task()->fs->set_umask(mask); }

// ---- what is in a directory -------------------------------------------------------------

SYSCALL_DEFINE(220, getdents64, u32 fd, user_ptr<void> buffer, u32 bytes) {
    const held_file dir(fd);
    if (!dir) return err{EBADF};
    return vfs_getdents64(*dir, iov_iter::of_user(buffer, bytes));
}

SYSCALL_DEFINE(141, getdents, u32 fd, user_ptr<void> buffer, u32 bytes) {
    const held_file dir(fd);
    if (!dir) return err{EBADF};
    return vfs_getdents(*dir, iov_iter::of_user(buffer, bytes));
}

// ---- what the caller may ----------------------------------------------------------------

namespace {

syscall_result access_at(s32 dirfd, user_text name, u32 mode, u32 flags) {
    if (mode & ~7u) return err{EINVAL};
    if (flags & ~u32{AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH}) return err{EINVAL};
    const task_cred& mine = current_task()->cred;
    const cred who = flags & AT_EACCESS ? cred(mine) : cred{mine.ruid, mine.rgid};
    user_path at;
    if (const result<> ready = at.take(dirfd, name, flags); !ready) return ready;
    at.walk_as(who);
    const result<path> found = at.lookup(flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW);
    if (!found) return err{found.error()};
    const held_path place(*found);
    return inode_permission(place->inode(), who, mode);
}

}  // namespace

SYSCALL_DEFINE(33, access, user_text name, u32 mode) {
    return access_at(AT_FDCWD, name, mode, 0);
}
SYSCALL_DEFINE(307, faccessat, s32 dirfd, user_text name, u32 mode) {
    return access_at(dirfd, name, mode, 0);
}
SYSCALL_DEFINE(439, faccessat2, s32 dirfd, user_text name, u32 mode, u32 flags) {
    return access_at(dirfd, name, mode, flags);
}
