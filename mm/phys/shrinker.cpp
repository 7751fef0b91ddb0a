#include "mm/phys/shrinker.hpp"

#include <cpu/percpu.hpp>
#include "lib/scope_guard.hpp"
#include "lib/sync/preempt.hpp"

namespace {

// Set while this CPU is in a shrinker (R2).
DEFINE_PER_CPU(u32, shrinking);

constinit shrinker_list kernel_shrinkers;

// R1, R2. While booting interrupts are off, but nobody was interrupted.
bool may_shrink(gfp_t mask) {
    return gfp_may_wait(mask) && !this_cpu_read(shrinking) &&
           !(in_atomic() && scheduling_possible);
}

}  // namespace

shrinker_list& the_shrinkers() { return kernel_shrinkers; }

void shrinker_list::add(shrinker& one) {
    lock_guard held(lock_);
    list_.push_back(one);
}

void shrinker_list::remove(shrinker& one) {
    kassert(!this_cpu_read(shrinking), "shrinker {} is removed from within one", one.name_);
    for (;; cpu_relax()) {
        lock_guard held(lock_);
        if (one.users_ > 0) continue;
        shrinkers::erase(one);
        return;
    }
}

// Holds the one behind `before` (null: the first one), and lets go of that.
shrinker* shrinker_list::next_after(shrinker* before) {
    lock_guard held(lock_);
    shrinker* const next = before ? list_.next(*before) : list_.first();
    if (before) --before->users_;
    if (next) ++next->users_;
    return next;
}

void shrinker_list::let_go(shrinker& one) {
    lock_guard held(lock_);
    --one.users_;
}

u32 shrinker_list::reclaim_up_to(u32 wanted, gfp_t mask) {
    if (!may_shrink(mask)) return 0;
    this_cpu_write(shrinking, 1);
    const scope_guard done([] { this_cpu_write(shrinking, 0); });

    u32 freed = 0;
    shrinker* one = nullptr;
    while (freed < wanted && (one = next_after(one))) {
        const u32 has = one->count(mask);
        if (has > 0) freed += one->scan(min_of(has, wanted - freed), mask);
    }
    if (one) let_go(*one);
    return freed;
}

u32 shrinker_list::reclaim(unsigned order, gfp_t mask) {
    return reclaim_up_to(max_of(SWAP_CLUSTER_MAX, 1u << order), mask);
}

u32 shrinker_list::reclaim_all() { return reclaim_up_to(~0u, GFP_KERNEL); }
