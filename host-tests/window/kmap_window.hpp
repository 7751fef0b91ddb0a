// The host's half of kmap.hpp. Every page has an address somewhere, so there is nothing to
// map; but whoever forgets to unmap, or unmaps in the wrong order, is told of it, as he
// would be on a machine.
#pragma once

#include "host-tests/support/kernel_memory.hpp"
#include "lib/assert.hpp"
#include "lib/string.hpp"
#include "lib/sync/preempt.hpp"
#include "mm/phys/page.hpp"

inline constexpr u32 KM_TYPE_NR = 16;

// What this thread has mapped, the last one on top.
struct kmap_stack {
    u32 depth = 0;
    uintptr_t mapped[KM_TYPE_NR] = {};
};
inline thread_local kmap_stack kmap_nesting;

inline void* kmap_atomic_pfn(pfn frame) {
    kassert(kmap_nesting.depth < KM_TYPE_NR, "kmap_atomic is nested {} times",
            kmap_nesting.depth);
    preempt_disable();
    void* const address = frame_contents(frame);
    kmap_nesting.mapped[kmap_nesting.depth++] = reinterpret_cast<uintptr_t>(address);
    return address;
}
inline void* kmap_atomic(const page* page) { return kmap_atomic_pfn(page_to_pfn(page)); }
inline void kunmap_atomic(const void* mapped) {
    const uintptr_t address =
        align_down(reinterpret_cast<uintptr_t>(mapped), uintptr_t{PAGE_SIZE});
    kassert(kmap_nesting.depth > 0, "kunmap_atomic of {:#x}, and nothing is mapped",
            address);
    const uintptr_t last = kmap_nesting.mapped[kmap_nesting.depth - 1];
    kassert(address == last, "kunmap_atomic of {:#x}, the last to be mapped is {:#x}",
            address, last);
    --kmap_nesting.depth;
    preempt_enable();
}

inline void copy_page(void* to, const void* from) { memcpy(to, from, PAGE_SIZE); }
