#include "mm/slab/slab_merge.hpp"

#include "lib/boot_param.hpp"
#include "lib/log.hpp"
#include "mm/slab/cache_list.hpp"
#include "mm/slab/kmalloc.hpp"
#include "mm/slab/slab_debug.hpp"
#include "mm/slab/slab_strategy.hpp"

namespace {

constinit bool merging_is_off = false;

constexpr slab_flags_t never_merged = SLAB_DEBUG_FLAGS | SLAB_NO_MERGE;
constexpr slab_flags_t same_in_both = SLAB_CACHE_DMA | SLAB_RECLAIM_ACCOUNT;

struct cache_alias {
    list_head list;
    const kmem_cache* cache;
    alias_name name;
};
using alias_list = list<cache_alias, &cache_alias::list>;

constinit irq_spinlock aliases_lock("the other names of caches");
constinit alias_list aliases GUARDED_BY(aliases_lock);

bool is_known(const kmem_cache& cache, std::string_view name) REQUIRES(aliases_lock) {
    for (const cache_alias& alias : aliases)
        if (alias.cache == &cache && alias.name.view() == name) return true;
    return false;
}

// False: there is no memory for a name.
bool add_alias(const kmem_cache& cache, const char* name) {
    const std::string_view text = std::string_view(name).substr(0, longest_alias);
    if (text == cache.name || is_alias_of(cache, text)) return true;
    void* const room = kmalloc(sizeof(cache_alias), GFP_KERNEL);
    if (!room) return false;
    auto* const alias = new (room) cache_alias{};
    alias->cache = &cache;
    alias->name.write(text);
    lock_guard held(aliases_lock);
    aliases.push_back(*alias);
    return true;
}

// The cache's objects are now as large as those of its largest user.
bool fits_and_grows(kmem_cache& cache, void* context) {
    const auto& wish = *static_cast<const merge_wish*>(context);
    if (!can_merge_into(cache, wish)) return false;
    const u32 size = static_cast<u32>(wish.object_size);
    cache.object_size = max_of(cache.object_size, size);
    cache.inuse = max_of(cache.inuse, align_up(size, u32{sizeof(void*)}));
    return true;
}

}  // namespace

bool can_merge_into(const kmem_cache& cache, const merge_wish& wish) {
    const size_t size = wish.slot_size();
    return cache.strategy == &slub_strategy() && !cache.ctor &&
           !((cache.flags | wish.flags) & never_merged) &&
           (cache.flags & same_in_both) == (wish.flags & same_in_both) &&
           size <= cache.size && cache.size - size < sizeof(void*) &&
           is_aligned(size_t{cache.size}, wish.align);
}

kmem_cache* find_mergeable(const char* name, size_t size, size_t align, slab_flags_t flags,
                           slab_ctor ctor) {
    if (merging_is_off || ctor || &the_slab_strategy() != &slub_strategy()) return nullptr;
    merge_wish wish{size, slab_align(size, align, flags),
                    flags | slab_debug_flags(name, flags)};
    kmem_cache* const cache = share_cache_if(fits_and_grows, &wish);
    if (!cache || add_alias(*cache, name)) return cache;
    kmem_cache_destroy(cache);
    return nullptr;
}

bool alias_of(const kmem_cache& cache, u32 index, alias_name& name) {
    lock_guard held(aliases_lock);
    for (const cache_alias& alias : aliases) {
        if (alias.cache != &cache || index-- > 0) continue;
        name = alias.name;
        return true;
    }
    return false;
}

bool is_alias_of(const kmem_cache& cache, std::string_view name) {
    lock_guard held(aliases_lock);
    return is_known(cache, name);
}

void forget_aliases(const kmem_cache& cache) {
    alias_list forgotten;
    {
        lock_guard held(aliases_lock);
        for (cache_alias& alias : aliases.safe()) {
            if (alias.cache != &cache) continue;
            alias_list::erase(alias);
            forgotten.push_back(alias);
        }
    }
    while (cache_alias* const alias = forgotten.pop_front()) kfree(alias);
}

REGISTER(boot_param, slab_nomerge_param) = {
    .name = "slab_nomerge",
    .help = "caches of like size stay apart",
    .set =
        [](std::string_view value) {
            merging_is_off = true;
            return value.empty();
        },
};
