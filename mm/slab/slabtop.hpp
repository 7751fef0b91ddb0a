// slabtop: which caches have the most pages.
//
// The sums count all caches, the table shows as many as the screen has room for.
#pragma once

#include "mm/slab/slabinfo.hpp"

struct cache_sums {
    u32 caches = 0, active_caches = 0;  // active: with an object in use
    u32 objects = 0, active_objects = 0;
    u32 slabs = 0, active_slabs = 0;
    u64 bytes = 0, active_bytes = 0;

    void add(const cache_facts& cache);
};

// The first few of all that were added, by pages; of equals, the first come.
class largest_caches {
public:
    static constexpr unsigned most = 16;

    void add(const cache_facts& cache);
    std::span<const cache_facts> all() const { return {caches_, count_}; }

private:
    cache_facts caches_[most];
    unsigned count_ = 0;
};

void print_slabtop(text_sink& out, const cache_sums& sums, const largest_caches& largest);
