// What is seen of all caches at once: slabinfo, slabtop.
//
//     slabinfo - version: 2.1
//     # name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> ...
//     kmalloc-64           120    128     64   64    1 : tunables    0    0    0 : slabdata ...
//     # kmalloc-64 is also: filp
//
// These are the lines of Linux 6.1's /proc/slabinfo, to the letter (mem_files.hpp, F1),
// and like it longer than 80 columns; slabtop -o shows the same narrower. Behind a
// cache that others were merged into (slab_merge.hpp) their names follow. That line is
// ours, but a comment like the second one, which those who read the file pass over.
//
//     active_objs   in use, or free on a CPU's list or stack: nobody else's
//     num_objs      slots there are
//     objsize       of a slot, with what debugging added
//     limit         of a CPU's stack, batchcount half of it (strategy slab; 0 for slub)
//     active_slabs  with an active object in them. Linux's slub says num_slabs, for it
//                   does not look; Loci does.
#pragma once

#include "mm/slab/slab_strategy.hpp"

void print_slabinfo(text_sink& out);

// A cache at one moment.
struct cache_facts {
    explicit cache_facts(kmem_cache& cache);
    cache_facts() = default;

    const char* name = "";
    u32 size = 0;     // of a slot
    u32 objects = 0;  // in a slab
    u32 slab_pages = 0;
    u32 stack_limit = 0;
    slab_counts counts{};

    u32 pages() const { return counts.total_slabs * slab_pages; }
};
void print_slabinfo_header(text_sink& out);
void print_slabinfo_line(text_sink& out, const cache_facts& cache);
