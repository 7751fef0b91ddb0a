// The name cache. A dentry is a name in a directory: what it stands for, or that it stands
// for nothing (a negative dentry). All paths are walked in here; file systems are asked
// only for names that the cache does not know.
//
//     "/" -----------------------+        d_parent: up, counted
//      | d_subdirs               |
//      v                         |        dentry_hashtable: by parent and name
//     "bin" -> "etc" -> "nosuch" |          bucket i -> "sh" -> "passwd" -> ...
//      |                  d_inode = null
//      v
//     "sh" -> "ls"                        LRU: those that nobody uses, oldest first
//
//            d_alloc           d_hash         the last dput
//     nothing -----> unhashed -------> hashed ------------> hashed, on the LRU
//                       |  ^  d_drop      |                       |
//                 dput  v  +--------------+                       v
//                     nothing <---------------- pruned: too many, or memory is short
//
// I1: a child counts as one user of its parent; so no parent goes before its children.
// I2: hashed dentries of one parent differ in name.
// I3: d_inode is counted by the inode. It changes from null and to null, never to another.
// I4: a dentry is on the LRU exactly while it is hashed and d_count is 0.
// I5: the positive children of a directory stand in d_subdirs in the order of d_offset.
//
// A file system that has its names nowhere else (ramfs) counts as a user of each positive
// dentry, so that none is pruned.
//
// dcache_lock guards all of it: tree, hash, LRU, names and d_inode's changes; it is held
// for moments and never across an allocation. Who holds a reference to a positive dentry,
// or the parent's i_mutex, may read d_inode without. Its place is below i_mutex, above
// slab.
#pragma once

#include "fs/vfs/inode.hpp"
#include "lib/list.hpp"

// As it is stored: short ones in place.
class dentry_name {
public:
    static constexpr u32 DNAME_INLINE_LEN = 36;

    // False: no memory.
    [[nodiscard]] bool set(std::string_view text, u32 hash);
    void release();
    std::string_view view() const {
        return {length_ > DNAME_INLINE_LEN ? own_ : here_, length_};
    }
    u32 hash() const { return hash_; }

private:
    u32 hash_ = 0;
    u32 length_ = 0;
    union {
        char* own_;  // by kmalloc
        char here_[DNAME_INLINE_LEN];
    };
};

struct dentry {
    explicit dentry(super_block& sb) : d_sb(&sb) {}

    atomic<u32> d_count{1};  // from 0 to 1 with dcache_lock only
    bool d_hashed = false;
    relaxed<u32> d_mounted = 0;  // mounts that stand on it
    inode* d_inode = nullptr;
    dentry* d_parent = this;  // of a root: itself
    super_block* d_sb;
    dentry_name d_name;
    u32 d_offset = 0;       // its place in a directory that is listed
    u32 d_next_offset = 2;  // of its own children; 0 and 1 are "." and ".."
    dentry* d_hash_next = nullptr;
    dentry** d_hash_link = nullptr;  // what points at it
    list_head d_child{};
    list_head d_lru{};
    list<dentry, &dentry::d_child> d_subdirs;

    bool is_root() const { return d_parent == this; }
    bool is_negative() const { return d_inode == nullptr; }
};

extern irq_spinlock dcache_lock;

// What stands for the name in the cache's hash.
u32 name_hash(const dentry& parent, std::string_view name);

// ---- references -------------------------------------------------------------------------
// Of one that the caller has a reference to already.
inline dentry* dget(dentry* dentry) {
    dentry->d_count.fetch_add(1, memory_order::relaxed);
    return dentry;
}
void dput(dentry* dentry);
// The parent as it is now, with a reference.
dentry* dget_parent(dentry& dentry);

// ---- life -------------------------------------------------------------------------------
// A child, unhashed and negative, with a reference; null: no memory. The name is at most
// NAME_MAX long.
dentry* d_alloc(dentry& parent, std::string_view name);
// A root; the inode's reference is the dentry's from now on. Null: no memory, and the inode
// is put.
dentry* d_alloc_root(inode* inode);
// Likewise of a file that is in no directory; the name is its whole path, for d_path().
dentry* d_alloc_nameless(inode* inode, std::string_view name);
// Negative becomes positive; the inode's reference is the dentry's.
void d_instantiate(dentry& dentry, inode& inode);
// From now on it is found; no dentry of that name is.
void d_rehash(dentry& dentry);
// ... and not found any more.
void d_drop(dentry& dentry);
// The name is gone: it becomes negative where only the caller uses it, else unhashed. The
// file system has given up its own reference.
void d_delete(dentry& dentry);
// `from` takes the place and the name of `to`, which is unhashed.
void d_move(dentry& from, dentry& to);
// Each takes the place and the name of the other.
void d_exchange(dentry& a, dentry& b);

// With a reference, or null: the cache does not know.
dentry* d_lookup(dentry& parent, std::string_view name);
// Whether `ancestor` is above `dentry`, or is it.
bool is_subdir(const dentry& dentry, const struct dentry& ancestor);
// Whether the directory has no names.
bool simple_empty(const dentry& dir);

// ---- less -------------------------------------------------------------------------------
// Frees up to so many unused dentries, the oldest first; how many it were.
u32 prune_dcache(u32 count);
// The unused children of a directory.
void shrink_dcache_parent(dentry& parent);
// All of them: nobody uses any, and the file system's own references are given up.
void shrink_dcache_for_umount(super_block& sb);

struct dcache_stat {
    u32 nr_dentry, nr_unused, nr_negative;  // nr_negative: of the unused ones
};
dcache_stat dcache_state();

// I1, I2, I4 and I5 of this one and all below.
void check_dentry_tree(const dentry& root);

[[nodiscard]] bool dcache_init();
