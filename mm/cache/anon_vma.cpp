#include "mm/cache/anon_vma.hpp"

#include "mm/cache/cache_init.hpp"
#include "mm/slab/object_cache.hpp"

constinit irq_spinlock anon_vma_lifetime{"anon_vma_lifetime"};

namespace {

constinit object_cache<struct anon_vma> anon_vmas("anon_vma");
constinit object_cache<struct anon_vma_chain> chains("anon_vma_chain");

// Two threads may fault in one area for the first time, each on its CPU.
constinit irq_spinlock prepare_lock{"anon_vma_prepare"};

void connect_locked(rmap_area& area, struct anon_vma& anon_vma,
                    struct anon_vma_chain& chain) {
    chain.vma = &area;
    chain.anon_vma = &anon_vma;
    area.anon_vma_chain.push_front(chain);
    anon_vma.rb_root.insert(chain);
}

void free_chains(anon_vma_chain_list& list) {
    while (struct anon_vma_chain* const chain = list.pop_front()) chains.free(chain);
}

bool alloc_chains(anon_vma_chain_list& list, size_t count) {
    for (; count > 0; --count) {
        struct anon_vma_chain* const chain = chains.alloc(GFP_KERNEL, nullptr, nullptr);
        if (!chain) {
            free_chains(list);
            return false;
        }
        list.push_back(*chain);
    }
    return true;
}

// Nobody makes pages in it any more, and a second child would not know its pages from
// those of the first.
bool is_reusable(const struct anon_vma& anon_vma) {
    return anon_vma.num_active_vmas == 0 && anon_vma.num_children < 2;
}

}  // namespace

bool anon_vma_init() { return anon_vmas.init() && chains.init(); }

result<> anon_vma_prepare(rmap_area& area, struct anon_vma* mergeable) {
    if (area.anon_vma) return {};
    struct anon_vma_chain* chain = chains.alloc(GFP_KERNEL, nullptr, nullptr);
    if (!chain) return err{ENOMEM};
    struct anon_vma* const chosen = mergeable ? mergeable : anon_vmas.alloc(GFP_KERNEL);
    if (!chosen) {
        chains.free(chain);
        return err{ENOMEM};
    }
    {
        lock_guard one_at_a_time(prepare_lock);
        if (!area.anon_vma) {
            lock_guard held(chosen->root->lock);
            connect_locked(area, *chosen, *chain);
            ++chosen->num_active_vmas;
            area.anon_vma = chosen;
            return {};
        }
    }
    chains.free(chain);
    if (!mergeable) anon_vmas.free(chosen);
    return {};
}

result<> anon_vma_clone(rmap_area& dst, const rmap_area& src) {
    if (src.anon_vma_chain.empty()) return {};
    anon_vma_chain_list spare;
    if (!alloc_chains(spare, src.anon_vma_chain.count())) {
        dst.anon_vma = nullptr;
        return err{ENOMEM};
    }
    lock_guard held(src.anon_vma_chain.front().anon_vma->root->lock);
    // From the last one, so that the copy has them in the same order.
    const anon_vma_chain_list& model = src.anon_vma_chain;
    for (const auto* from = model.last(); from; from = model.prev(*from)) {
        struct anon_vma& anon_vma = *from->anon_vma;
        connect_locked(dst, anon_vma, *spare.pop_front());
        if (!dst.anon_vma && is_reusable(anon_vma)) dst.anon_vma = &anon_vma;
    }
    if (dst.anon_vma) ++dst.anon_vma->num_active_vmas;
    return {};
}

result<> anon_vma_fork(rmap_area& child, const rmap_area& parent) {
    child.anon_vma = nullptr;
    if (!parent.anon_vma) return {};
    if (const result<> cloned = anon_vma_clone(child, parent); !cloned) return cloned;
    if (child.anon_vma) return {};  // an abandoned one
    struct anon_vma_chain* const chain = chains.alloc(GFP_KERNEL, nullptr, nullptr);
    struct anon_vma* const own =
        chain ? anon_vmas.alloc(GFP_KERNEL, parent.anon_vma) : nullptr;
    if (!own) {
        if (chain) chains.free(chain);
        unlink_anon_vmas(child);
        return err{ENOMEM};
    }
    lock_guard held(own->root->lock);
    own->root->refcount.fetch_add(1, memory_order::relaxed);
    ++own->parent->num_children;
    ++own->num_active_vmas;
    connect_locked(child, *own, *chain);
    child.anon_vma = own;
    return {};
}

void unlink_anon_vmas(rmap_area& area) {
    if (area.anon_vma_chain.empty()) return;
    // Those that become empty stay on the chain: the lock is in one of them, perhaps.
    {
        lock_guard held(area.anon_vma_chain.front().anon_vma->root->lock);
        for (struct anon_vma_chain& chain : area.anon_vma_chain.safe()) {
            struct anon_vma& anon_vma = *chain.anon_vma;
            anon_vma.rb_root.erase(chain);
            if (anon_vma.rb_root.empty()) {
                --anon_vma.parent->num_children;
                continue;
            }
            anon_vma_chain_list::erase(chain);
            chains.free(&chain);
        }
        if (area.anon_vma) --area.anon_vma->num_active_vmas;
        area.anon_vma = nullptr;
    }
    while (struct anon_vma_chain* const chain = area.anon_vma_chain.pop_front()) {
        const struct anon_vma& emptied = *chain->anon_vma;
        kassert(emptied.num_children == 0 && emptied.num_active_vmas == 0,
                "anon_vma I4: an empty one has {} children and {} areas that use it",
                emptied.num_children, emptied.num_active_vmas);
        put_anon_vma(chain->anon_vma);
        chains.free(chain);
    }
}

// ---- references -------------------------------------------------------------------------

bool get_anon_vma_unless_zero(struct anon_vma& anon_vma) {
    u32 count = anon_vma.refcount.load(memory_order::relaxed);
    while (count > 0)
        if (anon_vma.refcount.compare_exchange_strong(count, count + 1)) return true;
    return false;
}

void put_anon_vma(struct anon_vma* anon_vma) {
    const u32 before = anon_vma->refcount.fetch_sub(1, memory_order::acq_rel);
    kassert(before > 0, "anon_vma I5: {:p} is put once too often",
            static_cast<const void*>(anon_vma));
    if (before > 1) return;
    struct anon_vma* const root = anon_vma->root;
    {
        lock_guard held(anon_vma_lifetime);
        anon_vmas.free(anon_vma);
    }
    if (root != anon_vma) put_anon_vma(root);
}
