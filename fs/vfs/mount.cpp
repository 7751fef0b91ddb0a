#include "fs/vfs/mount.hpp"

#include "lib/string.hpp"
#include "mm/slab/object_cache.hpp"

namespace {

constinit object_cache<vfsmount> vfsmounts("mnt_cache");

// The tree of mounts. Below dcache_lock comes nothing of it, and it holds no other lock.
constinit irq_spinlock vfsmount_lock{"vfsmount_lock"};
constinit list<vfsmount, &vfsmount::mnt_list> mounts GUARDED_BY(vfsmount_lock);
constinit atomic<u32> last_id{0};

// Who mounts and unmounts, one after another.
constinit sleeping_lock namespace_lock{"the mounts"};

vfsmount* mounted_on_locked(const path& at) REQUIRES(vfsmount_lock) {
    vfsmount* top = nullptr;
    for (vfsmount& mount : mounts)
        if (mount.mnt_parent == at.mnt && mount.mnt_mountpoint == at.dentry) top = &mount;
    return top;
}

result<vfsmount*> new_mount(std::string_view device, const file_system_type& type,
                            std::string_view options) {
    vfsmount* const mount = vfsmounts.alloc(GFP_KERNEL);
    if (!mount) return err{ENOMEM};
    const result<super_block*> sb = type.mount(type, options);
    if (!sb) {
        vfsmounts.free(mount);
        return err{sb.error()};
    }
    mount->mnt_sb = *sb;
    mount->mnt_root = dget((*sb)->s_root);
    mount->mnt_id = last_id.fetch_add(1, memory_order::relaxed) + 1;
    const size_t length = min_of(device.size(), sizeof(mount->mnt_devname) - 1);
    memcpy(mount->mnt_devname, device.data(), length);
    return mount;
}

result<vfsmount*> new_mount(std::string_view device, std::string_view type,
                            std::string_view options) {
    const file_system_type* const found = get_fs_type(type);
    if (!found) return err{ENODEV};
    return new_mount(device, *found, options);
}

void free_mount(vfsmount& mount) {
    dput(mount.mnt_root);
    deactivate_super(*mount.mnt_sb);
    vfsmounts.free(&mount);
}

bool has_mounts_locked(const vfsmount& mount) REQUIRES(vfsmount_lock) {
    for (const vfsmount& other : mounts)
        if (other.mnt_parent == &mount) return true;
    return false;
}

// Out of the tree, if only `users` have it. The place where it stood is the caller's.
result<> take_out(vfsmount& mount, u32 users) {
    lock_guard held(vfsmount_lock);
    if (mount.mnt_count.load(memory_order::acquire) > users || has_mounts_locked(mount))
        return err{EBUSY};
    mounts.erase(mount);
    if (mount.mnt_mountpoint) mount.mnt_mountpoint->d_mounted -= 1;
    return {};
}

}  // namespace

bool mount_init() { return vfsmounts.init(); }

void path_put(const path& path) {
    dput(path.dentry);
    const u32 before = path.mnt->mnt_count.fetch_sub(1, memory_order::acq_rel);
    kassert(before > 1, "mount I1: mount {} is put once too often", path.mnt->mnt_id);
}

result<path> mount_root(std::string_view type, std::string_view options) {
    lock_guard changing(namespace_lock);
    const result<vfsmount*> made = new_mount("rootfs", type, options);
    if (!made) return err{made.error()};
    lock_guard held(vfsmount_lock);
    mounts.push_back(**made);
    return path_get({*made, (*made)->mnt_root});
}

result<vfsmount*> kern_mount(const file_system_type& type, std::string_view options) {
    return new_mount("none", type, options);
}

result<> umount_root(vfsmount& root) {
    lock_guard changing(namespace_lock);
    if (const result<> out = take_out(root, 1); !out) return out;
    free_mount(root);
    return {};
}

result<> do_mount(std::string_view device, const path& where, std::string_view type,
                  std::string_view options, u32 sb_flags) {
    lock_guard changing(namespace_lock);
    if (!where.inode().is_dir()) return err{ENOTDIR};
    const result<vfsmount*> made = new_mount(device, type, options);
    if (!made) return err{made.error()};
    vfsmount& mount = **made;
    mount.mnt_sb->s_flags = sb_flags;
    bool there;
    {
        // Not on what was removed meanwhile.
        lock_guard stays(where.inode().i_mutex);
        there = !where.inode().i_dead;
        if (there) {
            path_get(where);
            lock_guard held(vfsmount_lock);
            mount.mnt_parent = where.mnt;
            mount.mnt_mountpoint = where.dentry;
            mounts.push_back(mount);
            where.dentry->d_mounted += 1;
        }
    }
    if (there) return {};
    free_mount(mount);
    return err{ENOENT};
}

result<> do_umount(const path& root) {
    lock_guard changing(namespace_lock);
    vfsmount& mount = *root.mnt;
    if (root.dentry != mount.mnt_root || !mount.mnt_parent) return err{EINVAL};
    // The caller's path is one of the users.
    if (const result<> out = take_out(mount, 2); !out) return out;
    dput(root.dentry);
    path_put({mount.mnt_parent, mount.mnt_mountpoint});
    free_mount(mount);
    return {};
}

path follow_mount(const path& at) {
    path place = at;
    while (place.dentry->d_mounted > 0) {
        path below{};
        {
            lock_guard held(vfsmount_lock);
            if (vfsmount* const mount = mounted_on_locked(place)) {
                below = path_get({mount, mount->mnt_root});
            }
        }
        if (!below.dentry) break;
        path_put(place);
        place = below;
    }
    return place;
}

bool follow_up(path& at) {
    path above{};
    {
        lock_guard held(vfsmount_lock);
        if (!at.mnt->mnt_parent) return false;
        above = path_get({at.mnt->mnt_parent, at.mnt->mnt_mountpoint});
    }
    path_put(at);
    at = above;
    return true;
}

void for_each_mount(void (*visit)(const vfsmount& mount, void* context), void* context) {
    lock_guard changing(namespace_lock);
    vfsmount* at;
    {
        lock_guard held(vfsmount_lock);
        at = mounts.first();
    }
    while (at) {
        visit(*at, context);
        lock_guard held(vfsmount_lock);
        at = mounts.next(*at);
    }
}
