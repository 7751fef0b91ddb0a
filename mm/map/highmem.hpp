// Reaching pages of high memory, which have no address of their own (spec C1 to C4).
//
//                       for how long   may sleep   where            how many
//     kmap(page)        as one likes   yes         PKMAP window     LAST_PKMAP, all CPUs
//     kmap_atomic(page) until kunmap   no          fixmap slots     KM_TYPE_NR a CPU
//     page_address()    looks only: the linear map, or what kmap has made
//
// A page of low memory has its address in the linear map, and all of these answer it and
// map nothing.
//
// kmap_atomic forbids preemption until kunmap_atomic: its slots are this CPU's, in the
// manner of a stack. Who maps two unmaps the second first; an interrupt that maps some
// unmaps them before it ends. After unmapping the address faults. It stands in kmap.hpp,
// for sources that run on the host, too. kmap_local_page is another name for it, as it was
// before Linux 5.11: here it forbids preemption, too.
#pragma once

#include "mm/map/kmap.hpp"

// Once init_mm can be added to. False: no memory for two page tables.
[[nodiscard]] bool kmap_init();

inline void* kmap_local_page(const page* page) { return kmap_atomic(page); }
inline void kunmap_local(const void* mapped) { kunmap_atomic(mapped); }

// ---- C2 --------------------------------------------------------------------------------
// Waits while all slots are taken.
void* kmap(const page* page);
void kunmap(const page* page);
// Null: a page of high memory that is not mapped by kmap.
void* page_address(const page* page);
// Takes away what kmap keeps for pages that nobody uses.
void kmap_flush_unused();
