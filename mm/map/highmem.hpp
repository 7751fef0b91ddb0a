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
// unmaps them before it ends. After unmapping the address faults. kmap_local_page is
// another name for it, as it was before Linux 5.11: here it forbids preemption, too.
#pragma once

#include "lib/sync/preempt.hpp"
#include "mm/map/layout.hpp"
#include "mm/phys/page.hpp"

// Once init_mm can be added to. False: no memory for two page tables.
[[nodiscard]] bool kmap_init();

// ---- fixmap (C4): addresses known when the kernel is compiled ------------------------
inline constexpr u32 KM_TYPE_NR = 16;
enum fixed_addresses : u32 {
    FIX_KMAP_BEGIN,
    FIX_KMAP_END = FIX_KMAP_BEGIN + KM_TYPE_NR * NR_CPUS - 1,
    __end_of_fixed_addresses,
};
constexpr u32 fix_to_virt(u32 index) { return FIXADDR_START + (index << PAGE_SHIFT); }
static_assert(fix_to_virt(__end_of_fixed_addresses) <= FIXADDR_TOP);

// ---- C3 --------------------------------------------------------------------------------
void* kmap_atomic_high(const page* page);
void kunmap_atomic_high(u32 address);

inline void* kmap_atomic(const page* page) {
    preempt_disable();
    if (PageHighMem(*page)) return kmap_atomic_high(page);
    return phys_to_virt(page_to_phys(page));
}
// Any address inside the page will do.
inline void kunmap_atomic(const void* mapped) {
    const u32 address = static_cast<u32>(reinterpret_cast<uintptr_t>(mapped));
    if (address >= FIXADDR_START) kunmap_atomic_high(address);
    preempt_enable();
}
inline void* kmap_local_page(const page* page) { return kmap_atomic(page); }
inline void kunmap_local(const void* mapped) { kunmap_atomic(mapped); }

// ---- C2 --------------------------------------------------------------------------------
// Waits while all slots are taken. Null: there is nobody to wait for.
void* kmap(const page* page);
void kunmap(const page* page);
// Null: a page of high memory that is not mapped by kmap.
void* page_address(const page* page);
// Takes away what kmap keeps for pages that nobody uses.
void kmap_flush_unused();
