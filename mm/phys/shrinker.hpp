// Shrinkers: who has pages that nobody needs, and gives them back when there are none.
//
// A cache keeps some memory for the next one who asks. That is right while there is
// enough, and wrong when somebody else gets nothing. So it registers a shrinker, of
// which the page allocator knows only two questions:
//
//     alloc_pages()  nothing free
//         |
//         v  reclaim()          page_reclaimer (page_allocator.hpp)
//     shrinker_list ---> count()  "how many pages could you do without?"
//         |         ---> scan(n)  "give back as many as n", the answer: how many it were
//         v
//     the next shrinker, until enough pages came
//
// How many are enough: SWAP_CLUSTER_MAX, or the block that is wanted, if that is more.
// The allocator comes back as long as pages come and it is not content with them.
//
// R1: shrinkers run with interrupts on and in no interrupt, on behalf of a caller who
//     may wait (__GFP_DIRECT_RECLAIM); for others reclaim() frees nothing.
// R2: what a shrinker allocates never comes back here: reclaim() on a CPU that is in
//     it already frees nothing.
// R3: while one of its functions runs, a shrinker is not taken off the list.
//
// The list's lock is not held while shrinkers work; they lock what is their own.
//
// Left out: a thread that frees pages before they are wanted (Linux's kswapd; wake()
// has nobody to wake), asking the shrinkers one after another for a part of what they
// have (Linux's priorities; here the first one may have to give all), shrinkers for
// each group of tasks.
#pragma once

#include "lib/spinlock.hpp"
#include "mm/phys/page_allocator.hpp"

class shrinker {
public:
    constexpr explicit shrinker(const char* name) : name_(name) {}
    shrinker(const shrinker&) = delete;
    shrinker& operator=(const shrinker&) = delete;

    const char* name() const { return name_; }

    // At most so many pages could be had. A guess will do, but 0 is believed.
    virtual u32 count(gfp_t mask) = 0;
    // Gives `pages` back, or what it can; a few more are welcome. How many it were.
    virtual u32 scan(u32 pages, gfp_t mask) = 0;

protected:
    ~shrinker() = default;

private:
    friend class shrinker_list;
    const char* name_;
    list_head list_{};
    u32 users_ = 0;  // who runs its functions now, under the list's lock
};

class shrinker_list final : public page_reclaimer {
public:
    // Linux's: fewer are not worth the way.
    static constexpr u32 SWAP_CLUSTER_MAX = 32;

    constexpr shrinker_list() = default;
    shrinker_list(const shrinker_list&) = delete;
    shrinker_list& operator=(const shrinker_list&) = delete;

    void add(shrinker& one) EXCLUDES(lock_);
    // Not from within a shrinker. Waits until no CPU is in this one (R3).
    void remove(shrinker& one) EXCLUDES(lock_);

    void wake(const zone&, unsigned) override {}
    u32 reclaim(unsigned order, gfp_t mask) override EXCLUDES(lock_);
    // All that can be had, for whoever wants to see memory without it.
    u32 reclaim_all() EXCLUDES(lock_);

private:
    using shrinkers = list<shrinker, &shrinker::list_>;

    u32 reclaim_up_to(u32 wanted, gfp_t mask) EXCLUDES(lock_);
    shrinker* next_after(shrinker* before) EXCLUDES(lock_);
    void let_go(shrinker& one) EXCLUDES(lock_);

    irq_spinlock lock_{"the list of shrinkers"};
    shrinkers list_ GUARDED_BY(lock_);
};

// The kernel's: its page allocator asks these (mem_init.cpp).
shrinker_list& the_shrinkers();
