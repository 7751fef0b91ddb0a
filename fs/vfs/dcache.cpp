#include "fs/vfs/dentry.hpp"

#include "lib/string.hpp"
#include "mm/phys/shrinker.hpp"
#include "mm/slab/kmalloc.hpp"
#include "mm/slab/object_cache.hpp"

constinit irq_spinlock dcache_lock{"dcache_lock"};

namespace {

constinit object_cache<dentry> dentries("dentry");

using lru_list = list<dentry, &dentry::d_lru>;
constinit lru_list unused GUARDED_BY(dcache_lock);  // the oldest first
constinit dcache_stat state GUARDED_BY(dcache_lock){};

constexpr u32 bucket_count = 1024;
constinit dentry* dentry_hashtable[bucket_count] GUARDED_BY(dcache_lock){};

// More unused dentries than this are not worth their memory, even if there is enough.
constexpr u32 most_unused = 2048;

// ---- hash, tree and LRU, with the lock held ---------------------------------------------

void hash_locked(dentry& dentry) REQUIRES(dcache_lock) {
    struct dentry*& bucket = dentry_hashtable[dentry.d_name.hash() % bucket_count];
    dentry.d_hash_next = bucket;
    dentry.d_hash_link = &bucket;
    if (bucket) bucket->d_hash_link = &dentry.d_hash_next;
    bucket = &dentry;
    dentry.d_hashed = true;
}

void unhash_locked(dentry& dentry) REQUIRES(dcache_lock) {
    if (!dentry.d_hashed) return;
    *dentry.d_hash_link = dentry.d_hash_next;
    if (dentry.d_hash_next) dentry.d_hash_next->d_hash_link = dentry.d_hash_link;
    dentry.d_hashed = false;
}

// Nobody uses it: onto the LRU, as the newest; and off it.
void rest_locked(dentry& dentry) REQUIRES(dcache_lock) {
    unused.push_back(dentry);
    state.nr_unused += 1;
    state.nr_negative += dentry.is_negative();
}
void unrest_locked(dentry& dentry) REQUIRES(dcache_lock) {
    lru_list::erase(dentry);
    state.nr_unused -= 1;
    state.nr_negative -= dentry.is_negative();
}

void use_locked(dentry& dentry) REQUIRES(dcache_lock) {
    if (dentry.d_count.fetch_add(1, memory_order::relaxed) == 0) unrest_locked(dentry);
}

// As the last of the children that are positive, which it is or becomes (I5).
void place_locked(dentry& dentry) REQUIRES(dcache_lock) {
    struct dentry& parent = *dentry.d_parent;
    parent.d_subdirs.move_to_back(dentry);
    dentry.d_offset = parent.d_next_offset++;
}

// Out of everything: only the memory is left, and the two references.
void unlink_locked(dentry& dentry) REQUIRES(dcache_lock) {
    unhash_locked(dentry);
    if (!dentry.is_root()) dentry.d_parent->d_subdirs.erase(dentry);
    state.nr_dentry -= 1;
}

void free_dentry(dentry& dentry) {
    if (dentry.d_inode) iput(dentry.d_inode);
    dentry.d_name.release();
    dentries.free(&dentry);
}

// One that nobody uses, from the LRU, and then each parent that nobody uses any more.
void kill_unused(dentry* dead) EXCLUDES(dcache_lock) {
    while (dead) {
        dentry* const parent = dead->is_root() ? nullptr : dead->d_parent;
        free_dentry(*dead);
        if (!parent) return;
        dead = nullptr;
        lock_guard held(dcache_lock);
        if (parent->d_count.fetch_sub(1, memory_order::acq_rel) > 1) return;
        if (parent->d_hashed) return rest_locked(*parent);
        unlink_locked(*parent);
        dead = parent;
    }
}

// The oldest, taken out of everything; or null.
dentry* take_oldest() {
    lock_guard held(dcache_lock);
    dentry* const oldest = unused.first();
    if (!oldest) return nullptr;
    unrest_locked(*oldest);
    unlink_locked(*oldest);
    return oldest;
}

dentry* new_dentry(super_block& sb) {
    dentry* const fresh = dentries.alloc(GFP_KERNEL, sb);
    if (!fresh) return nullptr;
    lock_guard held(dcache_lock);
    state.nr_dentry += 1;
    return fresh;
}

}  // namespace


dcache_stat dcache_state() {
    lock_guard held(dcache_lock);
    return state;
}

// ---- names ------------------------------------------------------------------------------

bool dentry_name::set(std::string_view text, u32 hash) {
    char* to = here_;
    if (text.size() > DNAME_INLINE_LEN) {
        to = static_cast<char*>(kmalloc(text.size(), GFP_KERNEL));
        if (!to) return false;
        own_ = to;
    }
    memcpy(to, text.data(), text.size());
    length_ = static_cast<u32>(text.size());
    hash_ = hash;
    return true;
}

void dentry_name::release() {
    if (length_ > DNAME_INLINE_LEN) kfree(own_);
    length_ = 0;
}

// Fowler, Noll and Vo's hash, begun with the parent.
u32 name_hash(const dentry& parent, std::string_view name) {
    u32 hash = static_cast<u32>(reinterpret_cast<uintptr_t>(&parent) / sizeof(dentry)) ^
               0x811c9dc5;
    for (const char c : name) hash = (hash ^ static_cast<u8>(c)) * 0x01000193;
    return hash ^ hash >> 15;
}

// ---- references -------------------------------------------------------------------------

void dput(dentry* dentry) {
    bool kept, too_many;
    {
        lock_guard held(dcache_lock);
        const u32 before = dentry->d_count.fetch_sub(1, memory_order::acq_rel);
        kassert(before > 0, "dentry {} is put once too often", dentry->d_name.view());
        if (before > 1) return;
        kept = dentry->d_hashed;
        if (kept) rest_locked(*dentry);
        else unlink_locked(*dentry);
        too_many = state.nr_unused > most_unused;
    }
    if (!kept) kill_unused(dentry);
    else if (too_many) prune_dcache(1);
}

dentry* dget_parent(dentry& dentry) {
    lock_guard held(dcache_lock);
    return dget(dentry.d_parent);
}

// ---- life -------------------------------------------------------------------------------

dentry* d_alloc(dentry& parent, std::string_view name) {
    kassert(name.size() <= NAME_MAX, "a name of {} bytes", name.size());
    dentry* const fresh = new_dentry(*parent.d_sb);
    if (!fresh) return nullptr;
    if (!fresh->d_name.set(name, name_hash(parent, name))) {
        lock_guard held(dcache_lock);
        state.nr_dentry -= 1;
        dentries.free(fresh);
        return nullptr;
    }
    lock_guard held(dcache_lock);
    fresh->d_parent = dget(&parent);
    parent.d_subdirs.push_back(*fresh);
    return fresh;
}

dentry* d_alloc_root(inode* inode) {
    dentry* const root = new_dentry(*inode->i_sb);
    if (root) d_instantiate(*root, *inode);
    else iput(inode);
    return root;
}

dentry* d_alloc_nameless(inode* inode, std::string_view name) {
    dentry* const alone = d_alloc_root(inode);
    if (!alone || alone->d_name.set(name, 0)) return alone;
    dput(alone);
    return nullptr;
}

void d_instantiate(dentry& dentry, inode& inode) {
    lock_guard held(dcache_lock);
    kassert(dentry.is_negative(), "dentry I3: {} is made positive twice",
            dentry.d_name.view());
    dentry.d_inode = &inode;
    if (!dentry.is_root()) place_locked(dentry);
}

void d_rehash(dentry& dentry) {
    lock_guard held(dcache_lock);
    kassert(!dentry.d_hashed, "dentry {} is hashed twice", dentry.d_name.view());
    hash_locked(dentry);
}

void d_drop(dentry& dentry) {
    lock_guard held(dcache_lock);
    unhash_locked(dentry);
}

void d_delete(dentry& dentry) {
    inode* gone = nullptr;
    {
        lock_guard held(dcache_lock);
        if (dentry.d_count.load(memory_order::relaxed) == 1) {
            gone = dentry.d_inode;
            dentry.d_inode = nullptr;
        } else {
            unhash_locked(dentry);
        }
    }
    if (gone) iput(gone);
}

void d_move(dentry& from, dentry& to) {
    dentry* old_parent;
    {
        lock_guard held(dcache_lock);
        unhash_locked(from);
        unhash_locked(to);
        const dentry_name name = from.d_name;
        from.d_name = to.d_name;
        to.d_name = name;
        old_parent = from.d_parent;
        from.d_parent = dget(to.d_parent);
        old_parent->d_subdirs.erase(from);
        from.d_parent->d_subdirs.push_back(from);
        place_locked(from);
        hash_locked(from);
    }
    dput(old_parent);
}

void d_exchange(dentry& a, dentry& b) {
    lock_guard held(dcache_lock);
    for (dentry* const one : {&a, &b}) {
        unhash_locked(*one);
        one->d_parent->d_subdirs.erase(*one);
    }
    std::swap(a.d_name, b.d_name);
    std::swap(a.d_parent, b.d_parent);
    for (dentry* const one : {&a, &b}) {
        one->d_parent->d_subdirs.push_back(*one);
        place_locked(*one);
        hash_locked(*one);
    }
}

dentry* d_lookup(dentry& parent, std::string_view name) {
    const u32 hash = name_hash(parent, name);
    lock_guard held(dcache_lock);
    dentry* at = dentry_hashtable[hash % bucket_count];
    for (; at; at = at->d_hash_next) {
        if (at->d_name.hash() != hash || at->d_parent != &parent) continue;
        if (at->d_name.view() != name) continue;
        use_locked(*at);
        return at;
    }
    return nullptr;
}

bool is_subdir(const dentry& dentry, const struct dentry& ancestor) {
    lock_guard held(dcache_lock);
    const struct dentry* at = &dentry;
    while (at != &ancestor) {
        if (at->is_root()) return false;
        at = at->d_parent;
    }
    return true;
}

bool simple_empty(const dentry& dir) {
    lock_guard held(dcache_lock);
    for (const dentry& child : dir.d_subdirs)
        if (!child.is_negative() && child.d_hashed) return false;
    return true;
}

// ---- less -------------------------------------------------------------------------------

u32 prune_dcache(u32 count) {
    u32 freed = 0;
    for (; freed < count; ++freed) {
        dentry* const oldest = take_oldest();
        if (!oldest) break;
        kill_unused(oldest);
    }
    return freed;
}

namespace {

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

void shrink_dcache_parent(dentry& parent) {
    while (dentry* const child = take_unused_child(parent)) kill_unused(child);
}

void shrink_dcache_for_umount(super_block& sb) {
    for (dentry* at = sb.s_root; at;) {
        dentry* const leaf = lowest_below(at);
        at = take_leaf(*leaf);
        free_dentry(*leaf);
    }
    sb.s_root = nullptr;
}

// ---- invariants -------------------------------------------------------------------------

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
