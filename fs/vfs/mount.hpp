// Mounts: file systems, put together to one tree.
//
//     mount A   /  +-- dev       <- mountpoint of B
//                  |    (covered)
//               B  /  +-- shm    <- mountpoint of C
//
//     a place is a path: in which mount, and which dentry of its file system
//
// I1: mnt_count is the number of paths that are kept in it, and one while it is in the
//     tree. A mount with others standing on it is not unmounted.
// I2: d_mounted of a dentry is the number of mounts that stand on it in the tree.
//
// Left out: binding a directory elsewhere, namespaces, moving and sharing mounts.
#pragma once

#include "fs/vfs/dentry.hpp"

struct vfsmount {
    atomic<u32> mnt_count{1};
    vfsmount* mnt_parent = nullptr;      // null: the root of all
    dentry* mnt_mountpoint = nullptr;
    dentry* mnt_root = nullptr;
    super_block* mnt_sb = nullptr;
    u32 mnt_id = 0;
    list_head mnt_list{};
    char mnt_devname[32] = {};           // what /proc/mounts begins with
};

// A place, without a reference of its own: path_get() and path_put() are explicit.
struct path {
    vfsmount* mnt = nullptr;
    ::dentry* dentry = nullptr;

    ::inode& inode() const { return *dentry->d_inode; }
    bool operator==(const path&) const = default;
};
inline path path_get(const path& path) {
    path.mnt->mnt_count.fetch_add(1, memory_order::relaxed);
    dget(path.dentry);
    return path;
}
void path_put(const path& path);

// A path while it is wanted.
class held_path {
public:
    explicit held_path(const path& taken) : path_(taken) {}
    ~held_path() {
        if (path_.dentry) path_put(path_);
    }
    held_path(const held_path&) = delete;
    held_path& operator=(const held_path&) = delete;

    const path& operator*() const { return path_; }
    const path* operator->() const { return &path_; }
    // Somebody else puts it.
    path release() {
        const path taken = path_;
        path_ = {};
        return taken;
    }

private:
    path path_;
};

// A file system of the type, mounted on nothing: the root of all; the caller puts the path.
// ENODEV: there is no such type; or what the type says.
result<path> mount_root(std::string_view type, std::string_view options);
// The root of all goes. EBUSY: something is mounted on it, or it is in use.
result<> umount_root(vfsmount& root);

// One that is in no tree: of files without names. It never goes.
result<vfsmount*> kern_mount(const file_system_type& type, std::string_view options);

// On a directory, also where something is mounted already, which it covers. ENOTDIR;
// ENOENT: it was removed meanwhile; or as mount_root().
result<> do_mount(std::string_view device, const path& where, std::string_view type,
                  std::string_view options, u32 sb_flags);
// The mount whose root this is; then the path's reference is gone, too. EINVAL: it is no
// such root, or the root of all. EBUSY: others use it.
result<> do_umount(const path& root);

// What is mounted there, or there and so on: the place that one sees. Takes over the path's
// reference, and gives one back.
path follow_mount(const path& at);
// From the root of a mount to where it stands; false: it is the root of all. Likewise.
bool follow_up(path& at);

// In the order in which they were mounted.
void for_each_mount(void (*visit)(const vfsmount& mount, void* context), void* context);

[[nodiscard]] bool mount_init();
