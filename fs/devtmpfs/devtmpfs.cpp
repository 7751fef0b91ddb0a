#include "fs/devtmpfs/devtmpfs.hpp"

#include "fs/ramfs/ramfs.hpp"
#include "fs/vfs/char_device.hpp"

namespace {

constexpr cred root{};

// Below the names: at the time of the mount there is no place to walk to yet.
template <class Make>
result<> add(dentry& dir, std::string_view name, Make make) {
    inode& where = *dir.d_inode;
    lock_guard held(where.i_mutex);
    if (dentry* const there = d_lookup(dir, name)) {
        const bool taken = !there->is_negative();
        if (!taken) d_drop(*there);
        dput(there);
        if (taken) return {};
    }
    dentry* const fresh = d_alloc(dir, name);
    if (!fresh) return err{ENOMEM};
    const result<> made = make(where, *fresh);
    if (made) d_rehash(*fresh);
    dput(fresh);
    return made;
}

result<> add_link(dentry& dir, std::string_view name, std::string_view target) {
    return add(dir, name, [&](inode& where, dentry& fresh) {
        return where.i_op->symlink(where, fresh, root, target);
    });
}

result<> add_directory(dentry& dir, std::string_view name, u32 mode) {
    return add(dir, name, [&](inode& where, dentry& fresh) {
        return where.i_op->mkdir(where, fresh, root, mode);
    });
}

result<> populate(dentry& dir) {
    for (const char_device* const device : registered<char_device>()) {
        if (device->is_there && !device->is_there()) continue;
        const result<> made = add(dir, device->name, [&](inode& where, dentry& fresh) {
            return where.i_op->mknod(where, fresh, root, S_IFCHR | device->mode,
                                     device->device);
        });
        if (!made) return made;
    }
    constexpr struct {
        const char *name, *target;
    } links[] = {{"fd", "/proc/self/fd"},
                 {"stdin", "/proc/self/fd/0"},
                 {"stdout", "/proc/self/fd/1"},
                 {"stderr", "/proc/self/fd/2"}};
    for (const auto& link : links)
        if (const result<> made = add_link(dir, link.name, link.target); !made) return made;
    if (const result<> made = add_directory(dir, "shm", 01777); !made) return made;
    return add_directory(dir, "pts", 0755);
}

result<super_block*> mount(const file_system_type& type, std::string_view options) {
    const result<super_block*> made =
        mount_tmpfs(type, options.empty() ? "mode=755" : options);
    if (!made) return made;
    if (const result<> filled = populate(*(*made)->s_root); !filled) {
        deactivate_super(**made);
        return err{filled.error()};
    }
    return made;
}

}  // namespace

result<> populate_dev(const path& root) { return populate(*root.dentry); }

REGISTER(file_system_type, devtmpfs_type) = {.name = "devtmpfs", .mount = mount};
