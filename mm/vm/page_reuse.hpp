// Whom a page belongs to, which decides over copying.
#pragma once

#include "mm/vm/mm_types.hpp"

// Anonymous, and the caller's page table is all that refers to it: nobody else can read
// what is written to it. The caller holds page_table_lock, and its entry shows the page.
inline bool is_exclusive(const page& page) { return PageAnon(page) && page_count(page) == 1; }

// The first write to each page of the area is to be seen.
inline bool wants_write_notice(const vm_area_struct& area) {
    return (area.vm_flags & (VM_SHARED | VM_WRITE)) == (VM_SHARED | VM_WRITE) &&
           area.vm_ops && area.vm_ops->page_mkwrite;
}
