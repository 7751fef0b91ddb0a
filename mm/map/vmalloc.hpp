// The kernel's calls for memory that is contiguous in addresses only, over the kernel's
// own vmalloc_space (vmalloc_space.hpp has the theory).
//
//     vmalloc(size)   vzalloc(size)   __vmalloc(size, mask)        vfree(address)
//     vmap(pages, count, flags, rights)                            vunmap(address)
//     ioremap(phys, size)   ioremap_cache(phys, size)              iounmap(address)
//     vmalloc_to_page(address)   vmalloc_to_pfn(address)
//     is_vmalloc_addr(address)   find_vm_area(address)
//
// All may sleep, and return null when there is none; null may be freed. vfree() and
// vunmap() may be called in an interrupt, too.
#pragma once

#include "arch/i386/ioremap.hpp"
#include "mm/map/vmalloc_space.hpp"

// As Linux calls them. What the CPU does not know of, the tables leave out.
inline constexpr page_rights PAGE_KERNEL{.write = true, .global = true, .no_execute = true};
inline constexpr page_rights PAGE_KERNEL_EXEC{.write = true, .global = true};
inline constexpr page_rights PAGE_KERNEL_RO{.global = true, .no_execute = true};
inline constexpr page_rights PAGE_KERNEL_NOCACHE{
    .write = true, .global = true, .uncached = true, .no_execute = true, .special = true};
inline constexpr page_rights PAGE_KERNEL_DEVICE{
    .write = true, .global = true, .no_execute = true, .special = true};

extern vmalloc_space kernel_vmalloc_space;
inline vmalloc_space& the_vmalloc_space() { return kernel_vmalloc_space; }

void* vmalloc(size_t size);
void* vzalloc(size_t size);
void* __vmalloc(size_t size, gfp_t mask);
// At a multiple of `align`, a power of two.
void* __vmalloc_node(size_t size, u32 align, gfp_t mask);
void vfree(const void* address);

// Flags: 0, or VM_NO_GUARD. The pages stay the caller's.
void* vmap(page* const* pages, u32 count, u32 flags, page_rights rights);
void vunmap(const void* address);

// ioremap(), ioremap_cache(), iounmap(): arch/i386/ioremap.hpp, whose needs they meet.

inline u32 vmalloc_address(const volatile void* address) {
    return static_cast<u32>(reinterpret_cast<uintptr_t>(address));
}
inline bool is_vmalloc_addr(const void* address) {
    return the_vmalloc_space().contains(vmalloc_address(address));
}
// Null: nothing is mapped there, or no RAM.
inline page* vmalloc_to_page(const void* address) {
    return the_vmalloc_space().page_of(vmalloc_address(address));
}
inline pfn vmalloc_to_pfn(const void* address) { return page_to_pfn(vmalloc_to_page(address)); }
inline vm_struct* find_vm_area(const void* address) {
    return the_vmalloc_space().find(vmalloc_address(address));
}
// What boot has mapped in the window; before vmalloc_init().
inline void vm_area_add_early(vm_struct* area) { the_vmalloc_space().add_early(*area); }
