#include "fs/ramfs/memfd.hpp"

#include "fs/ramfs/ramfs_inode.hpp"

namespace {

// Where they lie; nothing else does.
constinit vfsmount* shm_mnt = nullptr;

}  // namespace

bool memfd_init() {
    const result<vfsmount*> mounted =
        kern_mount(*get_fs_type("tmpfs"), "size=0,nr_inodes=0");
    if (mounted) shm_mnt = *mounted;
    return static_cast<bool>(mounted);
}

result<open_file*> open_memfd(std::string_view name, const cred& who) {
    const result<ramfs_inode*> made =
        new_ramfs_inode(*shm_mnt->mnt_sb, S_IFREG | S_IRWXUGO);
    if (!made) return err{made.error()};
    (*made)->i_uid = who.uid;
    (*made)->i_gid = who.gid;
    (*made)->i_nlink = 0;
    text_buffer<NAME_MAX> called;
    format_to(called, "/memfd:{} (deleted)", name);
    return alloc_nameless_file(*shm_mnt, *made, called.view(), O_RDWR | O_LARGEFILE);
}
