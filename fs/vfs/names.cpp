#include "fs/vfs/names.hpp"

namespace {

// The last name of a path, with its directory locked: where names are made and taken away.
class last_name {
public:
    explicit last_name(const lookup_origin& from) : walk(from) {}
    ~last_name() NO_THREAD_SAFETY_ANALYSIS {
        if (name) dput(name);
        if (locked_) walk.dir().i_mutex.unlock();
    }
    last_name(const last_name&) = delete;
    last_name& operator=(const last_name&) = delete;

    // Locks the directory and looks the name up.
    result<> look_up() NO_THREAD_SAFETY_ANALYSIS {
        walk.dir().i_mutex.lock();
        locked_ = true;
        const result<dentry*> found = walk.lookup_last_locked();
        if (!found) return err{found.error()};
        name = *found;
        return {};
    }
    // For something new, a directory or not (Linux's filename_create).
    result<> to_be_made(std::string_view path, bool is_dir) {
        if (const result<> walked = walk.to_parent(path); !walked) return walked;
        if (walk.kind() != path_walk::LAST_NORM) return err{EEXIST};
        if (const result<> found = look_up(); !found) return found;
        if (!name->is_negative()) return err{EEXIST};
        if (walk.slashes() && !is_dir) return err{ENOENT};
        return {};
    }

    path_walk walk;
    dentry* name = nullptr;

private:
    bool locked_ = false;
};

// What every call does that makes one file, once it is known that there is none.
template <class Operation, class... Args>
result<> make_name(last_name& last, const cred& who, Operation operation,
                   const Args&... args) {
    inode& dir = last.walk.dir();
    if (const result<> may = may_create(dir, *last.name, who); !may) return may;
    if (!operation) return err{EPERM};
    return operation(dir, *last.name, who, args...);
}

// Nothing is written to what can't be, before it is known what there is.
result<> want_write(const path_walk& walk) {
    return walk.at().dentry->d_sb->is_readonly() ? result<>(err{EROFS}) : result<>{};
}

// A directory that others' files may not be removed from: /tmp.
bool check_sticky(const inode& dir, const inode& victim, const cred& who) {
    return !(dir.i_mode & S_ISVTX) || who.uid == 0 || who.uid == victim.i_uid ||
           who.uid == dir.i_uid;
}

}  // namespace

result<> may_create(const inode& dir, const dentry& name, const cred& who) {
    if (!name.is_negative()) return err{EEXIST};
    if (dir.i_dead) return err{ENOENT};
    return inode_permission(dir, who, MAY_WRITE | MAY_EXEC);
}

result<> may_delete(const inode& dir, const dentry& victim, bool is_dir, const cred& who) {
    if (victim.is_negative()) return err{ENOENT};
    if (const result<> may = inode_permission(dir, who, MAY_WRITE | MAY_EXEC); !may)
        return may;
    if (!check_sticky(dir, *victim.d_inode, who)) return err{EPERM};
    if (is_dir && !victim.d_inode->is_dir()) return err{ENOTDIR};
    if (!is_dir && victim.d_inode->is_dir()) return err{EISDIR};
    if (dir.i_dead) return err{ENOENT};
    return {};
}

// ---- making -----------------------------------------------------------------------------

result<> do_mknod(const lookup_origin& from, std::string_view name, u32 mode, u32 device) {
    if ((mode & S_IFMT) == 0) mode |= S_IFREG;
    if (S_ISDIR(mode)) return err{EPERM};
    if (!S_ISREG(mode) && !S_ISCHR(mode) && !S_ISBLK(mode) && !S_ISFIFO(mode) &&
        !S_ISSOCK(mode))
        return err{EINVAL};
    last_name last(from);
    if (const result<> ready = last.to_be_made(name, false); !ready) return ready;
    const u32 wanted = mode & ~from.umask;
    const inode_operations& asked = *last.walk.dir().i_op;
    if (S_ISREG(mode)) return make_name(last, from.who, asked.create, wanted);
    if ((S_ISCHR(mode) || S_ISBLK(mode)) && from.who.uid != 0) return err{EPERM};
    return make_name(last, from.who, asked.mknod, wanted, device);
}

result<> do_mkdir(const lookup_origin& from, std::string_view name, u32 mode) {
    last_name last(from);
    if (const result<> ready = last.to_be_made(name, true); !ready) return ready;
    const u32 wanted = mode & (S_IRWXUGO | S_ISVTX) & ~from.umask;
    return make_name(last, from.who, last.walk.dir().i_op->mkdir, wanted);
}

result<> do_symlink(const lookup_origin& from, std::string_view target,
                    std::string_view name) {
    if (target.empty()) return err{ENOENT};
    if (target.size() >= PATH_MAX) return err{ENAMETOOLONG};
    last_name last(from);
    if (const result<> ready = last.to_be_made(name, false); !ready) return ready;
    return make_name(last, from.who, last.walk.dir().i_op->symlink, target);
}

result<> do_link(const lookup_origin& old_from, std::string_view old_name,
                 const lookup_origin& new_from, std::string_view new_name, u32 flags) {
    if (flags & ~u32{AT_SYMLINK_FOLLOW}) return err{EINVAL};
    const result<path> found = path_lookup(
        old_from, old_name, flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0);
    if (!found) return err{found.error()};
    const held_path old(*found);
    return link_place(*old, new_from, new_name);
}

result<> link_place(const path& old, const lookup_origin& new_from,
                    std::string_view new_name) {
    last_name last(new_from);
    if (const result<> ready = last.to_be_made(new_name, false); !ready) return ready;
    if (old.mnt != last.walk.at().mnt) return err{EXDEV};
    inode& file = old.inode();
    inode& dir = last.walk.dir();
    if (const result<> may = may_create(dir, *last.name, new_from.who); !may) return may;
    if (!dir.i_op->link || file.is_dir()) return err{EPERM};
    lock_guard held(file.i_mutex);
    if (file.i_nlink == 0 && !file.i_linkable) return err{ENOENT};
    const result<> linked = dir.i_op->link(file, dir, *last.name);
    if (linked) file.i_linkable = false;
    return linked;
}

// ---- taking away ------------------------------------------------------------------------

result<> do_unlink(const lookup_origin& from, std::string_view name) {
    last_name last(from);
    if (const result<> walked = last.walk.to_parent(name); !walked) return walked;
    if (last.walk.kind() != path_walk::LAST_NORM) return err{EISDIR};
    if (const result<> may = want_write(last.walk); !may) return may;
    if (const result<> found = last.look_up(); !found) return found;
    dentry& victim = *last.name;
    if (victim.is_negative()) return err{ENOENT};
    if (last.walk.slashes()) return err{victim.d_inode->is_dir() ? EISDIR : ENOTDIR};
    inode& dir = last.walk.dir();
    if (const result<> may = may_delete(dir, victim, false, from.who); !may) return may;
    if (!dir.i_op->unlink) return err{EPERM};
    if (victim.d_mounted > 0) return err{EBUSY};
    {
        lock_guard held(victim.d_inode->i_mutex);  // its names are counted
        if (const result<> gone = dir.i_op->unlink(dir, victim); !gone) return gone;
    }
    d_delete(victim);
    return {};
}

result<> do_rmdir(const lookup_origin& from, std::string_view name) {
    last_name last(from);
    if (const result<> walked = last.walk.to_parent(name); !walked) return walked;
    switch (last.walk.kind()) {
        case path_walk::LAST_NORM: break;
        case path_walk::LAST_DOT: return err{EINVAL};
        case path_walk::LAST_DOTDOT: return err{ENOTEMPTY};
        case path_walk::LAST_ROOT: return err{EBUSY};
    }
    if (const result<> may = want_write(last.walk); !may) return may;
    if (const result<> found = last.look_up(); !found) return found;
    dentry& victim = *last.name;
    inode& dir = last.walk.dir();
    if (const result<> may = may_delete(dir, victim, true, from.who); !may) return may;
    if (!dir.i_op->rmdir) return err{EPERM};
    {
        inode& gone = *victim.d_inode;
        lock_guard held(gone.i_mutex);
        if (victim.d_mounted > 0) return err{EBUSY};
        shrink_dcache_parent(victim);
        if (const result<> removed = dir.i_op->rmdir(dir, victim); !removed) return removed;
        gone.i_dead = true;
        igrab(&gone);
    }
    inode* const gone = victim.d_inode;
    d_delete(victim);
    iput(gone);
    return {};
}

// ---- symbolic links ---------------------------------------------------------------------

result<> do_readlink(const lookup_origin& from, std::string_view name, text_sink& out) {
    const result<path> found = path_lookup(from, name, 0);
    if (!found) return err{found.error()};
    const held_path link(*found);
    return read_link(link->inode(), out);
}

result<> read_link(inode& inode, text_sink& out) {
    if (!inode.is_link()) return err{EINVAL};
    if (inode.i_op->readlink) return inode.i_op->readlink(inode, out);
    out.write(inode.i_link);
    return {};
}
