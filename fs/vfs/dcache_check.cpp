#include "fs/vfs/dcache.hpp"

using namespace dcache;

namespace {

bool is_found_locked(const dentry& wanted) REQUIRES(dcache_lock) {
    const dentry* at = dentry_hashtable[wanted.d_name.hash() % bucket_count];
    while (at && at != &wanted) at = at->d_hash_next;
    return at != nullptr;
}

bool is_unused_locked(const dentry& wanted) REQUIRES(dcache_lock) {
    for (const dentry& one : unused)
        if (&one == &wanted) return true;
    return false;
}

void check_one_locked(const dentry& dentry) REQUIRES(dcache_lock) {
    const std::string_view name = dentry.d_name.view();
    const u32 users = dentry.d_count.load(memory_order::relaxed);
    u32 children = 0, last_offset = 1;
    for (const struct dentry& child : dentry.d_subdirs) {
        ++children;
        kassert(child.d_parent == &dentry, "dentry I1: {} is not the parent of {}", name,
                child.d_name.view());
        if (child.is_negative()) continue;
        kassert(child.d_offset > last_offset, "dentry I5: in {}, {} stands at {} behind {}",
                name, child.d_name.view(), child.d_offset, last_offset);
        last_offset = child.d_offset;
    }
    kassert(users >= children, "dentry I1: {} has {} children, and {} users", name,
            children, users);
    kassert(dentry.d_hashed == is_found_locked(dentry), "dentry I2: {} is hashed: {}", name,
            dentry.d_hashed);
    kassert((users == 0) == is_unused_locked(dentry), "dentry I4: {} has {} users", name,
            users);
}

// The next one, parents first; null behind the last below `top`.
const dentry* next_in_tree_locked(const dentry* at, const dentry& top)
    REQUIRES(dcache_lock) {
    if (const dentry* const child = at->d_subdirs.first()) return child;
    for (; at != &top; at = at->d_parent)
        if (const dentry* const next = at->d_parent->d_subdirs.next(*at)) return next;
    return nullptr;
}

}  // namespace

void check_dentry_tree(const dentry& root) {
    lock_guard held(dcache_lock);
    for (const dentry* at = &root; at; at = next_in_tree_locked(at, root))
        check_one_locked(*at);
}
