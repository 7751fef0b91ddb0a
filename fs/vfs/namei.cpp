#include "fs/vfs/namei.hpp"

namespace {

std::string_view without_slashes(std::string_view text) {
    while (!text.empty() && text[0] == '/') text.remove_prefix(1);
    return text;
}

// Whether a cached name may be believed; one that may not leaves the cache, and is put.
bool still_holds(inode& dir, dentry* found) {
    if (!dir.i_op->revalidate || dir.i_op->revalidate(dir, *found)) return true;
    d_drop(*found);
    dput(found);
    return false;
}

// With i_mutex held: from the cache, or from the file system.
result<dentry*> lookup_locked(inode& dir, dentry& parent, std::string_view name) {
    if (dentry* const found = d_lookup(parent, name))
        if (still_holds(dir, found)) return found;
    if (dir.i_dead) return err{ENOENT};
    dentry* const fresh = d_alloc(parent, name);
    if (!fresh) return err{ENOMEM};
    const result<> looked = dir.i_op->lookup(dir, *fresh);
    if (looked) {
        d_rehash(*fresh);
        return fresh;
    }
    dput(fresh);
    return err{looked.error()};
}

result<dentry*> lookup_child(inode& dir, dentry& parent, std::string_view name) {
    if (name.size() > NAME_MAX) return err{ENAMETOOLONG};
    if (dentry* const found = d_lookup(parent, name))
        if (still_holds(dir, found)) return found;
    lock_guard held(dir.i_mutex);
    return lookup_locked(dir, parent, name);
}

}  // namespace

path_walk::~path_walk() {
    while (depth_ > 0) pop_link();
    if (at_.dentry) path_put(at_);
}

path path_walk::release() {
    const path end = at_;
    at_ = {};
    return end;
}

void path_walk::go_to(const path& place) {
    const path next = path_get(place);
    if (at_.dentry) path_put(at_);
    at_ = next;
}

result<> path_walk::to_parent(std::string_view name) {
    if (name.empty()) return err{ENOENT};
    if (name.size() >= PATH_MAX) return err{ENAMETOOLONG};
    go_to(name[0] == '/' ? from_.root : from_.at);
    rest_ = name;
    return walk_names();
}

// Names until the last one, which is left in last_.
result<> path_walk::walk_names() {
    for (;;) {
        rest_ = without_slashes(rest_);
        if (rest_.empty()) {
            if (depth_ == 0) {
                kind_ = LAST_ROOT;
                return {};
            }
            rest_ = saved_[depth_ - 1].rest;
            pop_link();
            continue;
        }
        if (!dir().is_dir()) return err{ENOTDIR};
        if (const result<> may = inode_permission(dir(), from_.who, MAY_EXEC); !may)
            return may;
        const std::string_view name = rest_.substr(0, rest_.find('/'));
        rest_.remove_prefix(name.size());
        if (!more_follows()) {
            last_ = name;
            slashes_ = slashes_ || !rest_.empty();
            kind_ = name == "." ? LAST_DOT : name == ".." ? LAST_DOTDOT : LAST_NORM;
            return {};
        }
        if (const result<> stepped = step(name); !stepped) return stepped;
    }
}

bool path_walk::more_follows() const {
    if (!without_slashes(rest_).empty()) return true;
    for (u32 i = 0; i < depth_; ++i)
        if (!without_slashes(saved_[i].rest).empty()) return true;
    return false;
}

// One name that is not the last: it must lead to a directory.
result<> path_walk::step(std::string_view name) {
    if (name == ".") return {};
    if (name == "..") {
        go_up();
        return {};
    }
    const result<dentry*> found = lookup_child(dir(), *at_.dentry, name);
    if (!found) return err{found.error()};
    if ((*found)->is_negative()) {
        dput(*found);
        return err{ENOENT};
    }
    if (!(*found)->d_inode->is_link()) {
        step_to(*found);
    } else {
        const result<bool> jumped = push_link(*found, rest_);
        if (!jumped) return err{jumped.error()};
        if (!*jumped) return {};
    }
    if (dir().is_dir()) return {};
    return err{ENOTDIR};
}

// Up to where the mount stands first, if this is its root; never above the walk's own root.
void path_walk::go_up() {
    while (at_ != from_.root) {
        if (at_.dentry != at_.mnt->mnt_root) {
            dentry* const parent = dget_parent(*at_.dentry);
            dput(at_.dentry);
            at_.dentry = parent;
            break;
        }
        if (!follow_up(at_)) break;
    }
    at_ = follow_mount(at_);
}

// ---- symbolic links ---------------------------------------------------------------------

// The link's reference is taken over. Its text comes next, then `rest`; or, if true, it led
// to a place at once, where the walk stands now.
result<bool> path_walk::push_link(dentry* link, std::string_view rest) {
    const path standing = path_get({at_.mnt, link});
    dput(link);
    held_path kept(standing);
    if (links_++ >= MAXSYMLINKS) return err{ELOOP};
    inode& inode = kept->inode();
    if (inode.i_op->follow) {
        const result<path> led = inode.i_op->follow(inode);
        if (!led) return err{led.error()};
        path_put(at_);
        at_ = *led;
        return true;
    }
    rest_ = inode.i_link;
    if (rest_.empty()) return err{ENOENT};
    if (rest_[0] == '/') go_to(from_.root);
    saved_[depth_++] = {rest, kept.release()};
    return false;
}

void path_walk::pop_link() { path_put(saved_[--depth_].link); }

result<bool> path_walk::follow_last(dentry* link) {
    const result<bool> jumped = push_link(link, {});
    if (!jumped || *jumped) return jumped;
    if (const result<> walked = walk_names(); !walked) return err{walked.error()};
    return false;
}

// ---- the last name ----------------------------------------------------------------------

result<dentry*> path_walk::lookup_last() { return lookup_child(dir(), *at_.dentry, last_); }

result<dentry*> path_walk::lookup_last_locked() {
    if (last_.size() > NAME_MAX) return err{ENAMETOOLONG};
    return lookup_locked(dir(), *at_.dentry, last_);
}

void path_walk::step_to(dentry* last) {
    const path next = path_get({at_.mnt, last});
    dput(last);
    path_put(at_);
    at_ = follow_mount(next);
}

void path_walk::step_to_special() {
    if (kind_ == LAST_DOTDOT) go_up();
}

result<path> path_lookup(const lookup_origin& from, std::string_view name, u32 flags) {
    path_walk walk(from);
    if (const result<> walked = walk.to_parent(name); !walked) return err{walked.error()};
    for (;;) {
        if (walk.kind() != path_walk::LAST_NORM) {
            walk.step_to_special();
            break;
        }
        const result<dentry*> last = walk.lookup_last();
        if (!last) return err{last.error()};
        if ((*last)->is_negative()) {
            dput(*last);
            return err{ENOENT};
        }
        if (!(*last)->d_inode->is_link() || !(flags & LOOKUP_FOLLOW || walk.slashes())) {
            walk.step_to(*last);
            break;
        }
        const result<bool> jumped = walk.follow_last(*last);
        if (!jumped) return err{jumped.error()};
        if (*jumped) break;
    }
    if ((flags & LOOKUP_DIRECTORY || walk.slashes()) && !walk.dir().is_dir())
        return err{ENOTDIR};
    return walk.release();
}
