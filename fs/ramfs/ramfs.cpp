#include "fs/vfs/char_device.hpp"
#include "fs/ramfs/ramfs_inode.hpp"

#include "lib/string.hpp"
#include "mm/slab/kmalloc.hpp"
#include "mm/slab/object_cache.hpp"

namespace {

constinit object_cache<ramfs_inode> inodes("shmem_inode_cache");

// Each name takes memory: those beside the first count as files do.
u32 charged_for(const inode& inode) { return inode.is_dir() ? 1 : max_of(u32{inode.i_nlink}, 1u); }

void free_link_text(const inode& inode) {
    if (inode.is_link()) kfree(inode.i_link);
}

// ---- names ------------------------------------------------------------------------------
// A directory's names are in the cache and nowhere else: what it does not know, there is
// not.

result<> lookup(inode&, dentry&) { return {}; }

// Makes the name stand for the inode, whose reference it takes; ramfs is a user of it.
void add_name(inode& dir, dentry& name, inode& file) {
    d_instantiate(name, file);
    dget(&name);
    touch_mtime_ctime(dir);
}

void remove_name(inode& dir, dentry& name) {
    inode& file = *name.d_inode;
    file.i_nlink -= 1;
    if (file.i_nlink > 0) of(*file.i_sb).give_back_inodes(1);
    touch_mtime_ctime(dir);
    file.i_ctime = dir.i_ctime;
    dput(&name);
}

// For a name in the directory, of which nobody knows yet.
result<ramfs_inode*> new_inode(inode& dir, const cred& who, u32 mode) {
    const result<ramfs_inode*> made = new_ramfs_inode(*dir.i_sb, mode);
    if (made) init_owner(**made, dir, who);
    return made;
}

result<> mknod(inode& dir, dentry& name, const cred& who, u32 mode, u32 device) {
    const result<ramfs_inode*> made = new_inode(dir, who, mode);
    if (!made) return err{made.error()};
    (*made)->i_rdev = device;
    add_name(dir, name, **made);
    return {};
}

result<> create(inode& dir, dentry& name, const cred& who, u32 mode) {
    return mknod(dir, name, who, mode, 0);
}

// A directory has two names, its own and "."; its parent has one more, "..".
result<> mkdir(inode& dir, dentry& name, const cred& who, u32 mode) {
    const result<ramfs_inode*> made = new_inode(dir, who, S_IFDIR | mode);
    if (!made) return err{made.error()};
    (*made)->i_nlink = 2;
    dir.i_nlink += 1;
    add_name(dir, name, **made);
    return {};
}

result<> symlink(inode& dir, dentry& name, const cred& who, std::string_view target) {
    char* const text = static_cast<char*>(kmalloc(target.size() + 1, GFP_KERNEL));
    if (!text) return err{ENOMEM};
    memcpy(text, target.data(), target.size());
    text[target.size()] = '\0';
    const result<ramfs_inode*> made = new_inode(dir, who, S_IFLNK | S_IRWXUGO);
    if (!made) {
        kfree(text);
        return err{made.error()};
    }
    (*made)->i_link = text;
    add_name(dir, name, **made);
    return {};
}

result<> link(inode& file, inode& dir, dentry& name) {
    if (file.i_nlink > 0 && !of(*file.i_sb).charge_inode()) return err{ENOSPC};
    file.i_nlink += 1;
    add_name(dir, name, *igrab(&file));
    file.i_ctime = dir.i_ctime;
    return {};
}

result<> unlink(inode& dir, dentry& name) {
    remove_name(dir, name);
    return {};
}

result<> rmdir(inode& dir, dentry& name) {
    if (!simple_empty(name)) return err{ENOTEMPTY};
    name.d_inode->i_nlink -= 1;
    dir.i_nlink -= 1;
    remove_name(dir, name);
    return {};
}

result<> rename(inode& old_dir, dentry& from, inode& new_dir, dentry& to) {
    const bool is_dir = from.d_inode->is_dir();
    if (!to.is_negative()) {
        const result<> gone = is_dir ? rmdir(new_dir, to) : unlink(new_dir, to);
        if (!gone) return gone;
    }
    if (is_dir && &old_dir != &new_dir) {
        old_dir.i_nlink -= 1;
        new_dir.i_nlink += 1;
    }
    touch_mtime_ctime(old_dir);
    touch_mtime_ctime(new_dir);
    from.d_inode->i_ctime = old_dir.i_ctime;
    return {};
}

// Nothing is replaced, but directories may change parents.
result<> exchange(inode& old_dir, dentry& from, inode& new_dir, dentry& to) {
    if (from.d_inode->is_dir() != to.d_inode->is_dir() && &old_dir != &new_dir) {
        inode& gives = from.d_inode->is_dir() ? old_dir : new_dir;
        inode& takes = from.d_inode->is_dir() ? new_dir : old_dir;
        gives.i_nlink -= 1;
        takes.i_nlink += 1;
    }
    touch_mtime_ctime(old_dir);
    touch_mtime_ctime(new_dir);
    from.d_inode->i_ctime = to.d_inode->i_ctime = old_dir.i_ctime;
    return {};
}

result<inode*> tmpfile(inode& dir, const cred& who, u32 mode) {
    const result<ramfs_inode*> made = new_inode(dir, who, mode);
    if (!made) return err{made.error()};
    (*made)->i_nlink = 0;
    return *made;
}

// ---- what stat() tells ------------------------------------------------------------------

u64 link_size(const inode& link) { return strlen(link.i_link); }
u64 file_size(const inode& file) { return of(file).contents.size(); }

void file_getattr(const inode& file, kstat& stat) {
    stat.blocks = u64{of(file).contents.i_mapping.nrpages} * (PAGE_SIZE / 512);
}

result<> file_truncate(inode& file, u64 size) {
    const result<> cut = of(file).contents.truncate(size);
    if (cut) of(file).uncharge();
    return cut;
}

result<> file_fallocate(inode& inode, u32 mode, u64 start, u64 end) {
    ramfs_inode& file = of(inode);
    result<> done;
    if (mode & FALLOC_FL_PUNCH_HOLE) {
        file.contents.punch_hole(start, end);
    } else {
        // What lies behind the end would never be given back.
        if (mode & FALLOC_FL_KEEP_SIZE) end = min_of(end, file.contents.size());
        if (start < end) done = file.contents.allocate(start, end);
    }
    file.uncharge();
    return done;
}

constexpr inode_operations dir_operations = {.lookup = lookup,
                                             .create = create,
                                             .mkdir = mkdir,
                                             .mknod = mknod,
                                             .symlink = symlink,
                                             .link = link,
                                             .unlink = unlink,
                                             .rmdir = rmdir,
                                             .rename = rename,
                                             .exchange = exchange,
                                             .tmpfile = tmpfile};
constexpr inode_operations link_operations = {.size = link_size};
constexpr inode_operations file_operations_of_names = {
    .size = file_size,
    .truncate = file_truncate,
    .fallocate = file_fallocate,
    .getattr = file_getattr};
constexpr inode_operations device_operations = {};

}  // namespace

bool ramfs_inode_init() { return inodes.init(); }

// ---- inodes and their pages (I1) --------------------------------------------------------

ramfs_inode::ramfs_inode(super_block& sb, u32 mode) : inode(sb, mode) {
    contents.i_mapping.a_ops = &pages_are_counted;
    switch (mode & S_IFMT) {
        case S_IFDIR:
            i_op = &dir_operations;
            i_fop = &ramfs_dir_operations;
            break;
        case S_IFLNK: i_op = &link_operations; break;
        case S_IFREG:
            i_op = &file_operations_of_names;
            i_fop = &ramfs_file_operations;
            i_mapping = &contents.i_mapping;
            break;
        default:
            i_op = &device_operations;
            i_fop = special_file_operations(mode);
            break;
    }
}

constinit const address_space_operations ramfs_inode::pages_are_counted = {
    .readpage = [](address_space& mapping, page& page) -> result<> {
        memory_contents& contents = *static_cast<memory_contents*>(mapping.host);
        ramfs_inode& file = *container_of<&ramfs_inode::contents>(&contents);
        if (!of(*file.i_sb).charge_page()) return err{ENOSPC};
        file.charged_.fetch_add(1, memory_order::relaxed);
        clear_highpage(&page);
        return {};
    },
};

void ramfs_inode::uncharge() {
    const u32 charged = charged_.load(memory_order::relaxed);
    const u32 pages = contents.i_mapping.nrpages;
    if (charged <= pages) return;
    charged_.fetch_sub(charged - pages, memory_order::relaxed);
    of(*i_sb).give_back_pages(charged - pages);
}

result<ramfs_inode*> new_ramfs_inode(super_block& sb, u32 mode) {
    ramfs_super& super = of(sb);
    if (!super.charge_inode()) return err{ENOSPC};
    if (ramfs_inode* const made = inodes.alloc(GFP_KERNEL, sb, mode)) return made;
    super.give_back_inodes(1);
    return err{ENOMEM};
}

void destroy_ramfs_inode(inode& gone) {
    ramfs_inode& file = of(gone);
    truncate_inode_pages(file.contents.i_mapping, 0);
    file.uncharge();
    of(*gone.i_sb).give_back_inodes(charged_for(gone));
    free_link_text(gone);
    inodes.free(&file);
}
