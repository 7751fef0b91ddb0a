// The one report of an allocation that failed: what was asked, by whom, and how each
// zone stood. At most ten in five seconds; __GFP_NOWARN keeps its caller silent.
#pragma once

#include "mm/phys/gfp.hpp"

class page_allocator;
class zone;

// A block, or, for alloc_contig_pages, so many pages in one piece.
struct failed_request {
    unsigned order = 0;
    u32 pages = 0;
};
void log_allocation_failure(const page_allocator& allocator, const failed_request& what,
                            gfp_t mask, uintptr_t caller);

// "Normal: 3*4kB 2*8kB 0*16kB ... = 28kB", and the zone's marks, as Linux shows them.
void print_zone_state(text_sink& out, const zone& zone);
void print_free_blocks(text_sink& out, const zone& zone);
