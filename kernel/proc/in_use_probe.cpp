// /proc/loci/in_use: how many there are of all that comes and goes, for programs that
// compare it before and behind some hardship. What is only kept because it might be wanted
// again goes first: names, dead tasks, kernel stacks, page tables, addresses of vmalloc's.
//
//     pages N         frames that are somebody's; not those of caches and of the kernel's
//                     page tables, which keep some (mm/phys/page_conserved_test.cpp)
//     vmalloc N       areas
//     tasks N
//     CACHE N         objects in use, of those that were handed out and not given back
//
// All is counted before the text is made, which takes memory itself.
#include "fs/vfs/dentry.hpp"
#include "kernel/sched/task.hpp"
#include "lib/proc_file.hpp"
#include "mm/map/kernel_stack.hpp"
#include "mm/map/vmalloc.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/phys/vmstat.hpp"
#include "mm/slab/cache_list.hpp"
#include "mm/slab/slab_debug.hpp"
#include "mm/vm/clean_tables.hpp"

namespace {

constexpr u32 most_caches = 128;

void let_go() {
    prune_dcache(~u32{0});
    reap_dead_tasks();
    drain_kernel_stacks();
    drain_clean_tables();
    the_vmalloc_space().purge();
}

u32 pages_in_use() {
    return the_page_allocator().census().in_use - vm_counters.slab_reclaimable -
           vm_counters.slab_unreclaimable - vm_counters.kernel_page_tables;
}

// What caches have of their own, more of it where they are busy, is not somebody's.
bool is_counted(const kmem_cache& cache) { return !(cache.flags & SLAB_NOLEAKTRACE); }

void show_in_use(text_sink& out) {
    let_go();
    u32 live[most_caches];
    u32 caches = 0;
    for (kmem_cache* cache = next_cache(nullptr); cache && caches < most_caches;
         cache = next_cache(cache))
        live[caches++] = is_counted(*cache) ? slab_nr_live(*cache) : 0;
    const u32 pages = pages_in_use(), areas = the_vmalloc_space().stats().areas;
    format_to(out, "pages {}\nvmalloc {}\ntasks {}\n", pages, areas, nr_tasks());
    kmem_cache* cache = next_cache(nullptr);
    for (u32 i = 0; i < caches && cache; ++i, cache = next_cache(cache))
        if (live[i] > 0) format_to(out, "{} {}\n", cache->name, live[i]);
}

// Linux has no folder of that name.
REGISTER(proc_file, test_in_use_file) = {
    .path = "loci/in_use", .mode = 0400, .show = show_in_use};

}  // namespace
