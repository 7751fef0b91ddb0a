// The file system of pipes without names: inodes for fstat(), and nothing to walk to.
#include "fs/pipe/pipe.hpp"
#include "mm/slab/object_cache.hpp"

namespace {

constinit object_cache<inode> inodes("pipefs_inode");
constinit object_cache<super_block> supers("pipefs_super");
constinit vfsmount* pipe_mnt = nullptr;

constexpr inode_operations no_names = {};
constexpr super_operations operations = {
    .destroy_inode = [](inode& gone) {
        if (gone.i_pipe) free_pipe(gone.i_pipe);
        inodes.free(&gone);
    },
    .put_super = [](super_block& sb) { supers.free(&sb); }};

inode* new_inode(super_block& sb, u32 mode) {
    inode* const made = inodes.alloc(GFP_KERNEL, sb, mode);
    if (!made) return nullptr;
    made->i_op = &no_names;
    if (S_ISFIFO(mode)) made->i_fop = &pipe_operations;
    return made;
}

result<super_block*> mount(const file_system_type& type, std::string_view) {
    super_block* const sb = supers.alloc(GFP_KERNEL, type, operations, PIPEFS_MAGIC);
    if (!sb) return err{ENOMEM};
    inode* const root = new_inode(*sb, S_IFDIR | 0555);
    if (root) sb->s_root = d_alloc_root(root);
    if (sb->s_root) return sb;
    supers.free(sb);
    return err{ENOMEM};
}

// Not registered: nobody else mounts it.
constexpr file_system_type pipefs = {.name = "pipefs", .mount = mount};

}  // namespace

bool pipe_init() {
    if (!inodes.init() || !supers.init() || !pipe_info_init()) return false;
    const result<vfsmount*> mounted = kern_mount(pipefs, "");
    if (mounted) pipe_mnt = *mounted;
    return static_cast<bool>(mounted);
}

result<pipe_ends> create_pipe(const cred& who, u32 flags) {
    inode* const made = new_inode(*pipe_mnt->mnt_sb, S_IFIFO | 0600);
    if (!made) return err{ENOMEM};
    made->i_uid = who.uid;
    made->i_gid = who.gid;
    text_buffer<dentry_name::DNAME_INLINE_LEN> name;
    format_to(name, "pipe:[{}]", made->i_ino);
    const result<open_file*> writer =
        alloc_nameless_file(*pipe_mnt, made, name.view(), flags | O_WRONLY);
    if (!writer) return err{writer.error()};
    const result<open_file*> reader =
        alloc_file(path_get((*writer)->f_path), (flags & ~u32{O_DIRECT}) | O_RDONLY);
    if (reader) return pipe_ends{*reader, *writer};
    fput(*writer);
    return err{reader.error()};
}
