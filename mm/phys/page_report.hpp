// What the page allocator finds wrong with a page, and how that is told.
//
// A detector never stops the machine: it tells the reporter, and the allocator goes
// on without the page. Tests put a reporter of their own in place and count.
#pragma once

#include "mm/phys/gfp.hpp"

enum class page_bug : u8 {
    double_free,       // the page is free already
    reserved,          // never given out
    inside_block,      // not the first page of what was given out
    wrong_order,
    still_in_use,      // locked, on the LRU, a slab ...
    still_mapped,      // by a page table, or part of a mapping
    refcount_underflow,
    outside,           // no page of this allocator
    clobbered,         // marks changed while it was free
    use_after_free,    // contents changed while it was free
    wrong_count,       // free_contig_pages of another number than allocated
};
const char* page_bug_name(page_bug bug);

// Who had it last, with dear checks (DEBUG=1).
struct page_owner {
    uintptr_t allocated_by;  // 0: not since boot
    uintptr_t freed_by;
    gfp_t mask;
};

struct page_report {
    page_bug bug;
    pfn frame;
    const page* where;
    unsigned order;      // as the caller said
    uintptr_t caller;
    const page_owner* owner;  // or null
};

using page_reporter = void (*)(const page_report&);
// Into the log: what, which page and its state, who had it, a backtrace.
void report_bad_page(const page_report& report);
