// Less names: the oldest that nobody uses, those of one directory, or a file system's all.
#include "fs/vfs/dcache.hpp"
#include "fs/vfs/sleeping_lock.hpp"
#include "mm/phys/shrinker.hpp"

using namespace dcache;

namespace {

// Between a name's leaving the LRU and the end of its inode, nothing holds its file system but
// this: who prunes has the lock, and so has who takes a file system's last names.
constinit sleeping_lock pruning{"the pruning of names"};

// The oldest, taken out of everything; or null.
dentry* take_oldest() {
    lock_guard held(dcache_lock);
    dentry* const oldest = unused.first();
    if (!oldest) return nullptr;
    unrest_locked(*oldest);
    unlink_locked(*oldest);
    return oldest;
}

dentry* take_unused_child(dentry& parent) {
    lock_guard held(dcache_lock);
    for (dentry& child : parent.d_subdirs) {
        if (child.d_count.load(memory_order::relaxed) > 0) continue;
        unrest_locked(child);
        unlink_locked(child);
        return &child;
    }
    return nullptr;
}

// Where the way down ends: something without children.
dentry* lowest_below(dentry* at) {
    lock_guard held(dcache_lock);
    while (dentry* const child = at->d_subdirs.first()) at = child;
    return at;
}

// Nobody but the file system uses it, and nothing is below it. The parent, or null.
dentry* take_leaf(dentry& leaf) {
    lock_guard held(dcache_lock);
    const u32 users = leaf.d_count.load(memory_order::relaxed);
    kassert(users <= 1, "{} is unmounted, and {} of it has {} users", leaf.d_sb->s_type.name,
            leaf.d_name.view(), users);
    if (users == 0 && leaf.d_hashed) unrest_locked(leaf);
    unlink_locked(leaf);
    if (leaf.is_root()) return nullptr;
    dentry& parent = *leaf.d_parent;
    const bool unused_now = parent.d_count.fetch_sub(1, memory_order::relaxed) == 1;
    if (unused_now && parent.d_hashed) rest_locked(parent);
    return &parent;
}

}  // namespace

// Not while somebody else does: he may wait for this one's memory.
u32 prune_dcache(u32 count) {
    if (!pruning.try_lock()) return 0;
    u32 freed = 0;
    for (; freed < count; ++freed) {
        dentry* const oldest = take_oldest();
        if (!oldest) break;
        kill_unused(oldest);
    }
    pruning.unlock();
    return freed;
}

void shrink_dcache_parent(dentry& parent) {
    while (dentry* const child = take_unused_child(parent)) kill_unused(child);
}

void shrink_dcache_for_umount(super_block& sb) {
    lock_guard held(pruning);
    for (dentry* at = sb.s_root; at;) {
        dentry* const leaf = lowest_below(at);
        at = take_leaf(*leaf);
        free_dentry(*leaf);
    }
    sb.s_root = nullptr;
}

// ---- when memory is short ---------------------------------------------------------------

namespace {

// Pages are wanted, and names can be given: as many of them as lie in so many pages. Which
// pages that empties is the slab's business.
class dcache_shrinker final : public shrinker {
public:
    constexpr dcache_shrinker() : shrinker("dentry") {}

    u32 count(gfp_t) override { return dcache_state().nr_unused / names_a_page; }
    u32 scan(u32 pages, gfp_t) override {
        prune_dcache(pages * names_a_page);
        return kmem_cache_shrink(dentries.get());
    }

private:
    static constexpr u32 names_a_page = PAGE_SIZE / sizeof(dentry);
};

constinit dcache_shrinker names_nobody_uses;

}  // namespace

bool dcache_init() {
    if (!dentries.init()) return false;
    the_shrinkers().add(names_nobody_uses);
    return true;
}
