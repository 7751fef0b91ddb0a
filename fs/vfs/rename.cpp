// Renaming: the one operation on two directories, and on a name that may stand for
// something.
#include "fs/vfs/names.hpp"

namespace {

// Both directories of a rename, locked: the one above the other first, and across
// directories no other rename meanwhile, so that what is above what stays as it is.
class locked_directories {
public:
    locked_directories(dentry& a, dentry& b) NO_THREAD_SAFETY_ANALYSIS : a_(a), b_(b) {
        if (&a == &b) {
            a.d_inode->i_mutex.lock();
            return;
        }
        a.d_sb->s_vfs_rename_mutex.lock();
        const bool b_is_above = is_subdir(a, b);
        (b_is_above ? b : a).d_inode->i_mutex.lock();
        (b_is_above ? a : b).d_inode->i_mutex.lock();
    }
    ~locked_directories() NO_THREAD_SAFETY_ANALYSIS {
        a_.d_inode->i_mutex.unlock();
        if (&a_ == &b_) return;
        b_.d_inode->i_mutex.unlock();
        a_.d_sb->s_vfs_rename_mutex.unlock();
    }
    locked_directories(const locked_directories&) = delete;
    locked_directories& operator=(const locked_directories&) = delete;

private:
    dentry& a_;
    dentry& b_;
};

class held_dentry {
public:
    explicit held_dentry(dentry* taken) : dentry_(taken) {}
    ~held_dentry() { dput(dentry_); }
    held_dentry(const held_dentry&) = delete;
    held_dentry& operator=(const held_dentry&) = delete;
    dentry& operator*() const { return *dentry_; }
    dentry* operator->() const { return dentry_; }

private:
    dentry* dentry_;
};

result<> move(inode& old_dir, dentry& from, inode& new_dir, dentry& to) {
    const result<> renamed = old_dir.i_op->rename(old_dir, from, new_dir, to);
    if (renamed) d_move(from, to);
    return renamed;
}

// The names are looked up, the directories are locked.
result<> vfs_rename(inode& old_dir, dentry& from, inode& new_dir, dentry& to,
                    const cred& who) {
    inode& source = *from.d_inode;
    inode* const target = to.d_inode;
    if (&source == target) return {};
    const bool is_dir = source.is_dir();
    if (const result<> may = may_delete(old_dir, from, is_dir, who); !may) return may;
    const result<> may_arrive =
        target ? may_delete(new_dir, to, is_dir, who) : may_create(new_dir, to, who);
    if (!may_arrive) return may_arrive;
    if (!old_dir.i_op->rename) return err{EPERM};
    // Its ".." changes.
    if (is_dir && &old_dir != &new_dir)
        if (const result<> may = inode_permission(source, who, MAY_WRITE); !may) return may;
    if (from.d_mounted > 0 || to.d_mounted > 0) return err{EBUSY};
    if (!target) return move(old_dir, from, new_dir, to);
    // Nothing is made in what is about to go, and its names are counted.
    igrab(target);
    result<> moved;
    {
        lock_guard held(target->i_mutex);
        if (is_dir) shrink_dcache_parent(to);
        moved = to.d_mounted > 0 ? result<>(err{EBUSY}) : move(old_dir, from, new_dir, to);
        if (moved && is_dir) target->i_dead = true;
    }
    iput(target);
    return moved;
}

// RENAME_EXCHANGE: both names stay, and stand for what the other one did.
result<> vfs_exchange(inode& old_dir, dentry& from, inode& new_dir, dentry& to,
                      const cred& who) {
    inode& source = *from.d_inode;
    inode& target = *to.d_inode;
    if (&source == &target) return {};
    if (const result<> may = may_delete(old_dir, from, source.is_dir(), who); !may)
        return may;
    if (const result<> may = may_delete(new_dir, to, target.is_dir(), who); !may)
        return may;
    if (!old_dir.i_op->exchange) return err{EINVAL};
    if (&old_dir != &new_dir)
        for (const inode* const one : {&source, &target})
            if (one->is_dir())
                if (const result<> may = inode_permission(*one, who, MAY_WRITE); !may)
                    return may;
    if (from.d_mounted > 0 || to.d_mounted > 0) return err{EBUSY};
    const result<> done = old_dir.i_op->exchange(old_dir, from, new_dir, to);
    if (done) d_exchange(from, to);
    return done;
}

}  // namespace

result<> do_rename(const lookup_origin& old_from, std::string_view old_name,
                   const lookup_origin& new_from, std::string_view new_name, u32 flags) {
    const bool exchange = flags & RENAME_EXCHANGE;
    if (flags & ~u32{RENAME_NOREPLACE | RENAME_EXCHANGE}) return err{EINVAL};
    if (exchange && flags & RENAME_NOREPLACE) return err{EINVAL};
    path_walk old_walk(old_from), new_walk(new_from);
    if (const result<> walked = old_walk.to_parent(old_name); !walked) return walked;
    if (const result<> walked = new_walk.to_parent(new_name); !walked) return walked;
    if (old_walk.at().mnt != new_walk.at().mnt) return err{EXDEV};
    if (old_walk.kind() != path_walk::LAST_NORM) return err{EBUSY};
    if (new_walk.kind() != path_walk::LAST_NORM)
        return err{flags & RENAME_NOREPLACE ? EEXIST : EBUSY};
    dentry& old_parent = *old_walk.at().dentry;
    dentry& new_parent = *new_walk.at().dentry;
    if (old_parent.d_sb->is_readonly()) return err{EROFS};

    const locked_directories locked(old_parent, new_parent);
    const result<dentry*> old_found = old_walk.lookup_last_locked();
    if (!old_found) return err{old_found.error()};
    const held_dentry from(*old_found);
    if (from->is_negative()) return err{ENOENT};
    const result<dentry*> new_found = new_walk.lookup_last_locked();
    if (!new_found) return err{new_found.error()};
    const held_dentry to(*new_found);
    if (flags & RENAME_NOREPLACE && !to->is_negative()) return err{EEXIST};
    if (exchange) {
        if (to->is_negative()) return err{ENOENT};
        if (!to->d_inode->is_dir() && new_walk.slashes()) return err{ENOTDIR};
        if (is_subdir(new_parent, *from)) return err{EINVAL};
        if (is_subdir(old_parent, *to)) return err{EINVAL};
        if (!from->d_inode->is_dir() && old_walk.slashes()) return err{ENOTDIR};
        return vfs_exchange(old_walk.dir(), *from, new_walk.dir(), *to, old_from.who);
    }
    if (!from->d_inode->is_dir() && (old_walk.slashes() || new_walk.slashes()))
        return err{ENOTDIR};
    // A directory does not go into itself, nor in the place of one that it is in.
    if (is_subdir(new_parent, *from)) return err{EINVAL};
    if (is_subdir(old_parent, *to)) return err{ENOTEMPTY};
    return vfs_rename(old_walk.dir(), *from, new_walk.dir(), *to, old_from.who);
}
