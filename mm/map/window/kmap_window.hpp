// The machine's half of kmap.hpp: the kernel's slots in the fixmap.
#pragma once

#include "arch/i386/tlb.hpp"
#include "lib/sync/preempt.hpp"
#include "mm/map/init_mm.hpp"

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
DECLARE_PER_CPU(u32, kmap_depth);
extern pte_t* fixmap_entries;          // of FIXADDR_START
extern kernel_format::entry kmap_bits;  // what such an entry says besides the frame

constexpr u32 kmap_slot(u32 depth) {
    return FIX_KMAP_BEGIN + smp_processor_id() * KM_TYPE_NR + depth;
}

// Inline, for that is half of what it costs. The depth is raised first: an interrupt takes
// the slots above, and gives them back.
inline void* kmap_atomic_pfn(pfn frame) {
    preempt_disable();
    if (frame.raw() < linear_map_bytes >> PAGE_SHIFT) return phys_to_virt(frame.address());
    const u32 depth = this_cpu_read(kmap_depth);
    kassert(depth < KM_TYPE_NR, "kmap_atomic is nested {} times", depth);
    this_cpu_add(kmap_depth, 1);
    const u32 address = fix_to_virt(kmap_slot(depth));
    kernel_page_table::set(fixmap_entries[kmap_slot(depth)], frame.address().raw() | kmap_bits,
                           address);
    return reinterpret_cast<void*>(address);
}
inline void* kmap_atomic(const page* page) { return kmap_atomic_pfn(page_to_pfn(page)); }
// Any address inside the page will do.
inline void kunmap_atomic(const void* mapped) {
    const u32 address = static_cast<u32>(reinterpret_cast<uintptr_t>(mapped)) & PAGE_MASK;
    if (address >= FIXADDR_START) {
        const u32 slot = kmap_slot(this_cpu_read(kmap_depth) - 1);
        kassert(address == fix_to_virt(slot),
                "kunmap_atomic of {:#x}, the last to be mapped is {:#x}", address,
                fix_to_virt(slot));
        kernel_format::clear(fixmap_entries[slot].raw);
        flush_tlb_local_page(address);
        this_cpu_add(kmap_depth, ~u32{0});
    }
    preempt_enable();
}

// Whole pages: word by word, without a look at alignment.
inline void copy_page(void* to, const void* from) {
    u32 words = PAGE_SIZE / sizeof(u32);
    asm volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
}
