// I1 to I5 of anon_vma.hpp. Every anon_vma of a forest has an area in its tree, and every
// such area hangs in the root's tree, too: so whoever goes through the areas of one
// anon_vma, and what they are connected to, meets all its descendants.
#include "mm/cache/anon_vma.hpp"

namespace {

template <class Visit>
void for_each_chain(const struct anon_vma& anon_vma, Visit visit) {
    for (struct anon_vma_chain* at = anon_vma.rb_root.first(); at; at = anon_vma_tree::next(*at))
        visit(*at);
}

// Each anon_vma that any area of this one's is connected to, once: where the area is the
// first one of its tree.
template <class Visit>
void for_each_relative(const struct anon_vma& anon_vma, Visit visit) {
    for_each_chain(anon_vma, [&](const struct anon_vma_chain& of_ours) {
        for (const struct anon_vma_chain& chain : of_ours.vma->anon_vma_chain)
            if (chain.anon_vma->rb_root.first() == &chain) visit(*chain.anon_vma);
    });
}

bool is_on_chain(const rmap_area& area, const struct anon_vma* wanted) {
    for (const struct anon_vma_chain& chain : area.anon_vma_chain)
        if (chain.anon_vma == wanted) return true;
    return false;
}

void check_chain(const rmap_area& area) {
    const auto id = [](const void* pointer) { return pointer; };
    kassert(!area.anon_vma || is_on_chain(area, area.anon_vma),
            "anon_vma I3: {:p} of the area at {:#x} is not on its chain", id(area.anon_vma),
            area.vm_start);
    for (const struct anon_vma_chain& chain : area.anon_vma_chain) {
        const struct anon_vma& anon_vma = *chain.anon_vma;
        kassert(chain.vma == &area, "anon_vma I1: {:p} is on the chain of {:p}",
                id(chain.vma), id(&area));
        kassert(anon_vma.root == area.anon_vma_chain.front().anon_vma->root,
                "anon_vma I1: the area at {:#x} has roots {:p} and {:p}", area.vm_start,
                id(anon_vma.root), id(area.anon_vma_chain.front().anon_vma->root));
        kassert(is_on_chain(area, anon_vma.parent),
                "anon_vma I3: the area at {:#x} has {:p}, and not its parent {:p}",
                area.vm_start, id(&anon_vma), id(anon_vma.parent));
        u32 times = 0;
        for_each_chain(anon_vma, [&](const struct anon_vma_chain& at) {
            times += at.vma == &area;
        });
        kassert(times == 1, "anon_vma I2: the area at {:#x} is {} times in the tree of {:p}",
                area.vm_start, times, id(&anon_vma));
    }
}

void check_counts(const struct anon_vma& anon_vma) {
    u32 active = 0, children = 0, references = 1;
    for_each_chain(anon_vma, [&](const struct anon_vma_chain& chain) {
        active += chain.vma->anon_vma == &anon_vma;
    });
    for_each_relative(anon_vma, [&](const struct anon_vma& other) {
        children += other.parent == &anon_vma;
        references += other.root == &anon_vma && &other != &anon_vma;
    });
    kassert(active == anon_vma.num_active_vmas,
            "anon_vma I4: num_active_vmas {}, areas whose anon_vma it is {}",
            anon_vma.num_active_vmas, active);
    kassert(children == anon_vma.num_children,
            "anon_vma I4: num_children {}, anon_vmas whose parent it is {}",
            anon_vma.num_children, children);
    kassert(anon_vma.refcount.load() >= references,
            "anon_vma I5: refcount {}, and {} count on it", anon_vma.refcount.load(),
            references);
}

}  // namespace

void check_anon_vmas(const rmap_area& area) {
    if (area.anon_vma_chain.empty()) {
        kassert(!area.anon_vma, "anon_vma I3: the area at {:#x} has no chain", area.vm_start);
        return;
    }
    const struct anon_vma& root = *area.anon_vma_chain.front().anon_vma->root;
    lock_guard held(area.anon_vma_chain.front().anon_vma->root->lock);
    for_each_chain(root, [](const struct anon_vma_chain& chain) { check_chain(*chain.vma); });
    for_each_relative(root, [](const struct anon_vma& anon_vma) {
        anon_vma.rb_root.check_invariants();
        check_counts(anon_vma);
    });
}
