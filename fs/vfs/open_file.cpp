#include "fs/vfs/open_file.hpp"

#include "fs/vfs/attr.hpp"
#include "fs/vfs/file_lock.hpp"
#include "mm/slab/kmalloc.hpp"
#include "mm/slab/object_cache.hpp"

namespace {

constinit object_cache<open_file> filp("filp");

open_file& of(file& file) { return static_cast<open_file&>(file); }
const open_file& of(const file& file) { return static_cast<const open_file&>(file); }

void release(file& closed) {
    open_file& file = of(closed);
    forget_file_locks(*file.f_inode, &file);
    if (file.f_ops && file.f_ops->release) file.f_ops->release(file);
    if (file.writes_counted) put_write_access(*file.f_inode);
    path_put(file.f_path);
    filp.free(&file);
}

// Its whole path, from the root of all mounts.
size_t write_name(const file& named, text_sink& out) {
    char* const buffer = static_cast<char*>(kmalloc(PATH_MAX, GFP_KERNEL));
    if (!buffer) return 0;
    const result<std::string_view> path = d_path(of(named).f_path, {}, buffer, PATH_MAX);
    const size_t length = path ? path->size() : 0;
    if (path) out.write(*path);
    kfree(buffer);
    return length;
}

result<> map_file(file& mapped, vm_area_struct& area) {
    const open_file& file = of(mapped);
    if (file.f_ops && file.f_ops->mmap) return file.f_ops->mmap(mapped, area);
    if (!file.f_mapping) return err{ENODEV};
    return {};
}

constexpr file_operations mapped_operations = {
    .release = release,
    .size = [](const file& file) { return of(file).f_inode->size(); },
    .name = write_name,
    .mmap = map_file,
};

constexpr u32 mode_of(u32 flags) {
    if (flags & O_PATH) return FMODE_PATH;
    const u32 access = flags & O_ACCMODE;
    return (access != O_WRONLY ? FMODE_READ : 0) | (access != O_RDONLY ? FMODE_WRITE : 0) |
           (flags & O_APPEND ? FMODE_APPEND : 0);
}

constexpr u32 wanted_access(u32 flags) {
    const u32 mode = mode_of(flags);
    return (mode & FMODE_READ ? MAY_READ : 0) | (mode & FMODE_WRITE ? MAY_WRITE : 0) |
           (flags & O_TRUNC ? MAY_WRITE : 0);
}

}  // namespace

bool open_file_init() { return filp.init(); }

open_file::open_file(const path& where, inode& what, u32 flags)
    : f_path(where), f_inode(&what), f_ops(what.i_fop) {
    f_mode = mode_of(flags);
    f_flags = flags & ~u32{O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC};
    f_mapping = what.i_mapping;
    f_op = &mapped_operations;
    i_ino = what.i_ino;
    s_dev = what.i_sb->s_dev;
}

namespace {

constexpr open_file_operations none = {};

result<> begin(open_file& file) {
    inode& inode = *file.f_inode;
    if (file.f_mode & FMODE_PATH) {
        file.f_ops = &none;
        file.f_mapping = nullptr;
        return {};
    }
    if (file.f_mode & FMODE_WRITE && S_ISREG(inode.i_mode)) {
        if (const result<> writes = get_write_access(inode); !writes) return writes;
        file.writes_counted = true;
    }
    if (!file.f_ops) return err{ENXIO};
    return file.f_ops->open ? file.f_ops->open(inode, file) : result<>{};
}

}  // namespace

result<open_file*> alloc_file(const path& where, u32 flags) {
    open_file* const made = filp.alloc(GFP_KERNEL, where, where.inode(), flags);
    if (!made) {
        path_put(where);
        return err{ENOMEM};
    }
    if (const result<> begun = begin(*made); !begun) {
        made->f_ops = nullptr;  // what was not opened is not released
        fput(made);
        return err{begun.error()};
    }
    made->f_flags &= ~u32{O_NOCTTY};  // only f_ops->open looks at it
    return made;
}

result<open_file*> alloc_nameless_file(vfsmount& mount, inode* inode, std::string_view name,
                                       u32 flags) {
    dentry* const known_as = d_alloc_nameless(inode, name);
    if (!known_as) return err{ENOMEM};
    mount.mnt_count.fetch_add(1, memory_order::relaxed);
    return alloc_file({&mount, known_as}, flags);
}

// ---- open -------------------------------------------------------------------------------

namespace {

// The last name, made if there is none and it may be. `created`: it was. Its reference.
result<dentry*> lookup_open(path_walk& walk, const lookup_origin& from, u32 flags, u32 mode,
                            bool& created) {
    inode& dir = walk.dir();
    const result<dentry*> known = walk.lookup_last();
    if (!known || !(*known)->is_negative()) return known;
    dput(*known);
    if (!(flags & O_CREAT)) return err{ENOENT};
    lock_guard held(dir.i_mutex);
    const result<dentry*> found = walk.lookup_last_locked();
    if (!found || !(*found)->is_negative()) return found;
    result<> made = may_create(dir, **found, from.who);
    if (made && !dir.i_op->create) made = err{EACCES};
    if (made)
        made = dir.i_op->create(dir, **found, from.who,
                                S_IFREG | (mode & S_IALLUGO & ~from.umask));
    created = static_cast<bool>(made);
    if (created) return found;
    dput(*found);
    return err{made.error()};
}

// Linux's may_open: of what is there.
result<> may_open(const inode& inode, const cred& who, u32 flags) {
    switch (inode.i_mode & S_IFMT) {
        case S_IFLNK: return err{ELOOP};
        case S_IFDIR:
            if (wanted_access(flags) & MAY_WRITE) return err{EISDIR};
            break;
        case S_IFSOCK: return err{ENXIO};
        default: break;
    }
    return inode_permission(inode, who, wanted_access(flags));
}

// The walk ends at what is to be opened.
result<> walk_to_open(path_walk& walk, const lookup_origin& from, u32 flags, u32 mode,
                      bool& created) {
    for (;;) {
        if (walk.kind() != path_walk::LAST_NORM) {
            walk.step_to_special();
            return flags & O_CREAT ? result<>(err{EISDIR}) : result<>{};
        }
        if (flags & O_CREAT && walk.slashes()) return err{EISDIR};
        const result<dentry*> last = lookup_open(walk, from, flags, mode, created);
        if (!last) return err{last.error()};
        const bool must_be_new = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
        if (must_be_new && !created) {
            dput(*last);
            return err{EEXIST};
        }
        const bool follow = !(flags & O_NOFOLLOW) || walk.slashes();
        if (!(*last)->d_inode->is_link() || !follow) {
            walk.step_to(*last);
            return {};
        }
        const result<bool> jumped = walk.follow_last(*last);
        if (!jumped) return err{jumped.error()};
        if (*jumped) return {};
    }
}

result<> truncate_opened(open_file& file) {
    if (!S_ISREG(file.f_inode->i_mode)) return {};
    if (const result<> may = get_write_access(*file.f_inode); !may) return may;
    const result<> done = vfs_truncate(*file.f_inode, 0);
    put_write_access(*file.f_inode);
    return done;
}

// A file without a name, in the file system of a directory.
result<open_file*> open_tmpfile(const lookup_origin& from, std::string_view name, u32 flags,
                                u32 mode) {
    if ((flags & O_TMPFILE) != O_TMPFILE || flags & O_CREAT) return err{EINVAL};
    if (!(wanted_access(flags) & MAY_WRITE)) return err{EINVAL};
    const result<path> found = path_lookup(from, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY);
    if (!found) return err{found.error()};
    const held_path where(*found);
    inode& dir = where->inode();
    if (const result<> may = inode_permission(dir, from.who, MAY_WRITE | MAY_EXEC); !may)
        return err{may.error()};
    if (!dir.i_op->tmpfile) return err{EOPNOTSUPP};
    const result<inode*> made =
        dir.i_op->tmpfile(dir, from.who, S_IFREG | (mode & S_IALLUGO & ~from.umask));
    if (!made) return err{made.error()};
    inode& file = **made;
    file.i_linkable = !(flags & O_EXCL);
    text_buffer<dentry_name::DNAME_INLINE_LEN> called;
    format_to(called, "/#{} (deleted)", file.i_ino);
    return alloc_nameless_file(*where->mnt, &file, called.view(), flags);
}

}  // namespace

result<open_file*> do_open(const lookup_origin& from, std::string_view name, u32 flags,
                           u32 mode) {
    if (flags & O_PATH) flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW;
    if (flags & O_TMPFILE & ~O_DIRECTORY) return open_tmpfile(from, name, flags, mode);
    if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY)) return err{EINVAL};
    path_walk walk(from);
    if (const result<> walked = walk.to_parent(name); !walked) return err{walked.error()};
    bool created = false;
    if (const result<> there = walk_to_open(walk, from, flags, mode, created); !there)
        return err{there.error()};

    const inode& what = walk.dir();
    if (flags & O_CREAT && what.is_dir()) return err{EISDIR};
    if ((flags & O_DIRECTORY || walk.slashes()) && !what.is_dir()) return err{ENOTDIR};
    if (created) flags &= ~u32{O_TRUNC};
    else if (flags & O_PATH) return alloc_file(walk.release(), flags);
    else if (const result<> may = may_open(what, from.who, flags); !may)
        return err{may.error()};

    const result<open_file*> opened = alloc_file(walk.release(), flags);
    if (!opened || !(flags & O_TRUNC)) return opened;
    if (const result<> cut = truncate_opened(**opened); !cut) {
        fput(*opened);
        return err{cut.error()};
    }
    return opened;
}

result<open_file*> open_exec(const lookup_origin& from, std::string_view name) {
    const result<path> found = path_lookup(from, name, LOOKUP_FOLLOW);
    if (!found) return err{found.error()};
    held_path program(*found);
    inode& what = program->inode();
    if (!S_ISREG(what.i_mode)) return err{EACCES};
    if (const result<> may = inode_permission(what, from.who, MAY_EXEC); !may)
        return err{may.error()};
    const result<open_file*> opened = alloc_file(program.release(), O_RDONLY);
    if (!opened) return opened;
    if (const result<> quiet = deny_write_access(what); !quiet) {
        fput(*opened);
        return err{quiet.error()};
    }
    return opened;
}
