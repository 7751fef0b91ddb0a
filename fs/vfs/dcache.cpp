#include "fs/vfs/dcache.hpp"

#include "lib/string.hpp"
#include "mm/slab/kmalloc.hpp"

using namespace dcache;

constinit irq_spinlock dcache_lock{"dcache_lock"};

constinit object_cache<dentry> dcache::dentries("dentry");
constinit lru_list dcache::unused GUARDED_BY(dcache_lock);
constinit dcache_stat dcache::state GUARDED_BY(dcache_lock){};
constinit dentry* dcache::dentry_hashtable[bucket_count] GUARDED_BY(dcache_lock){};

namespace {

// More unused dentries than this are not worth their memory, even if there is enough.
constexpr u32 most_unused = 2048;

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

void use_locked(dentry& dentry) REQUIRES(dcache_lock) {
    if (dentry.d_count.fetch_add(1, memory_order::relaxed) == 0) unrest_locked(dentry);
}

// As the last of the children that are positive, which it is or becomes (I5).
void place_locked(dentry& dentry) REQUIRES(dcache_lock) {
    struct dentry& parent = *dentry.d_parent;
    parent.d_subdirs.move_to_back(dentry);
    dentry.d_offset = parent.d_next_offset++;
}

dentry* new_dentry(super_block& sb) {
    dentry* const fresh = dentries.alloc(GFP_KERNEL, sb);
    if (!fresh) return nullptr;
    lock_guard held(dcache_lock);
    state.nr_dentry += 1;
    return fresh;
}

}  // namespace

void dcache::rest_locked(dentry& dentry) {
    unused.push_back(dentry);
    state.nr_unused += 1;
    state.nr_negative += dentry.is_negative();
}
void dcache::unrest_locked(dentry& dentry) {
    lru_list::erase(dentry);
    state.nr_unused -= 1;
    state.nr_negative -= dentry.is_negative();
}

void dcache::unlink_locked(dentry& dentry) {
    unhash_locked(dentry);
    if (!dentry.is_root()) dentry.d_parent->d_subdirs.erase(dentry);
    state.nr_dentry -= 1;
}

void dcache::free_dentry(dentry& dentry) {
    if (dentry.d_inode) iput(dentry.d_inode);
    dentry.d_name.release();
    dentries.free(&dentry);
}

void dcache::kill_unused(dentry* dead) {
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
