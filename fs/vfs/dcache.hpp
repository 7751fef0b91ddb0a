// The name cache from the inside: what its three files share. dentry.hpp says what it is.
//
//     dcache.cpp          names and what they stand for; finding them
//     dcache_shrink.cpp   less of them
//     dcache_check.cpp    the invariants
#pragma once

#include "fs/vfs/dentry.hpp"
#include "mm/slab/object_cache.hpp"

namespace dcache {

extern object_cache<dentry> dentries;

using lru_list = list<dentry, &dentry::d_lru>;
extern lru_list unused GUARDED_BY(dcache_lock);  // the oldest first
extern dcache_stat state GUARDED_BY(dcache_lock);

inline constexpr u32 bucket_count = 1024;
extern dentry* dentry_hashtable[bucket_count] GUARDED_BY(dcache_lock);

// Nobody uses it: onto the LRU, as the newest; and off it.
void rest_locked(dentry& dentry) REQUIRES(dcache_lock);
void unrest_locked(dentry& dentry) REQUIRES(dcache_lock);

// Out of everything: only the memory is left, and the two references, which free_dentry()
// gives up with it.
void unlink_locked(dentry& dentry) REQUIRES(dcache_lock);
void free_dentry(dentry& dentry);

// One that nobody uses, from the LRU, and then each parent that nobody uses any more.
void kill_unused(dentry* dead) EXCLUDES(dcache_lock);

}  // namespace dcache
