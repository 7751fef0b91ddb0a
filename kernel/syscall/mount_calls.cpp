// mount, umount, and files that have no place in what is mounted.
#include "fs/ramfs/memfd.hpp"
#include "kernel/syscall/files.hpp"

namespace {

constexpr u32 MS_RDONLY = 1, MS_REMOUNT = 32, MS_BIND = 4096, MS_MOVE = 8192;
constexpr u32 MS_UNBINDABLE = 1u << 17, MS_PRIVATE = 1u << 18, MS_SLAVE = 1u << 19,
              MS_SHARED = 1u << 20;
// Between trees that are moved, bound or shared: there are none.
constexpr u32 of_many_trees =
    MS_BIND | MS_MOVE | MS_UNBINDABLE | MS_PRIVATE | MS_SLAVE | MS_SHARED;

bool may_mount() { return current_task()->cred.euid == 0; }

// A string that may be missing; what it says is empty then.
result<> take_optional(user_name& text, user_ptr<const char> from) {
    return from ? text.take(from, true) : result<>{};
}

result<> mount_at(const path& where, std::string_view device, std::string_view type,
                  std::string_view options, u32 flags) {
    if (flags & of_many_trees) return err{EINVAL};
    const u32 sb_flags = flags & MS_RDONLY ? SB_RDONLY : 0;
    if (flags & MS_REMOUNT) {
        if (where.dentry != where.mnt->mnt_root) return err{EINVAL};
        where.mnt->mnt_sb->s_flags = sb_flags;
        return {};
    }
    if (type.empty()) return err{EINVAL};
    return do_mount(device, where, type, options, sb_flags);
}

syscall_result umount_name(user_ptr<const char> name, u32 flags) {
    constexpr u32 MNT_EXPIRE = 4, UMOUNT_NOFOLLOW = 8, known = 15;
    if (flags & ~known) return err{EINVAL};
    if (!may_mount()) return err{EPERM};
    // A mount that nobody uses is not looked for: who wants one gone asks for that.
    if (flags & MNT_EXPIRE) return err{EINVAL};
    user_path at;
    if (const result<> ready = at.take(AT_FDCWD, name); !ready) return ready;
    const result<path> found = at.lookup(flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW);
    if (!found) return err{found.error()};
    const result<> gone = do_umount(*found);
    if (!gone) path_put(*found);
    return gone;
}

}  // namespace

SYSCALL_DEFINE(21, mount, user_ptr<const char> device, user_ptr<const char> name,
               user_ptr<const char> type, u32 flags, user_ptr<const char> options) {
    user_name device_text, type_text, options_text;
    if (const result<> taken = take_optional(type_text, type); !taken) return taken;
    if (const result<> taken = take_optional(device_text, device); !taken) return taken;
    if (const result<> taken = take_optional(options_text, options); !taken) return taken;
    user_path at;
    if (const result<> ready = at.take(AT_FDCWD, name); !ready) return ready;
    const result<path> found = at.lookup(LOOKUP_FOLLOW);
    if (!found) return err{found.error()};
    const held_path where(*found);
    if (!may_mount()) return err{EPERM};
    return mount_at(*where, device_text.view(), type_text.view(), options_text.view(),
                    flags);
}

SYSCALL_DEFINE(22, umount, user_ptr<const char> name) { return umount_name(name, 0); }
SYSCALL_DEFINE(52, umount2, user_ptr<const char> name, u32 flags) {
    return umount_name(name, flags);
}

// Without seals, and so without who asks for them; without huge pages.
SYSCALL_DEFINE(356, memfd_create, user_ptr<const char> name, u32 flags) {
    constexpr u32 MFD_CLOEXEC = 1;
    constexpr u32 longest = NAME_MAX - 6;  // "memfd:"
    if (flags & ~MFD_CLOEXEC) return err{EINVAL};
    user_name text;
    if (const result<> taken = text.take(name, true); !taken)
        return err{taken.error() == ENAMETOOLONG ? EINVAL : taken.error()};
    if (text.view().size() > longest) return err{EINVAL};
    return install_file(open_memfd(text.view(), current_task()->cred), flags & MFD_CLOEXEC);
}
