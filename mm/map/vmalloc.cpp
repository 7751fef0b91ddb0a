#include "mm/map/vmalloc.hpp"

constinit vmalloc_space kernel_vmalloc_space;

#define CALLER reinterpret_cast<uintptr_t>(__builtin_return_address(0))

namespace {

[[gnu::always_inline]] inline void* alloc_from(size_t size, u32 align, gfp_t mask,
                                               uintptr_t caller) {
    const u32 address = kernel_vmalloc_space.alloc(size, align, mask, PAGE_KERNEL, caller);
    return reinterpret_cast<void*>(uintptr_t{address});
}

void* remap(phys_addr phys, size_t size, page_rights rights, uintptr_t caller) {
    return reinterpret_cast<void*>(
        uintptr_t{kernel_vmalloc_space.remap(phys.raw(), size, rights, caller)});
}

}  // namespace

void* vmalloc(size_t size) { return alloc_from(size, PAGE_SIZE, GFP_KERNEL, CALLER); }
void* vzalloc(size_t size) {
    return alloc_from(size, PAGE_SIZE, GFP_KERNEL | __GFP_ZERO, CALLER);
}
void* __vmalloc(size_t size, gfp_t mask) { return alloc_from(size, PAGE_SIZE, mask, CALLER); }
void* __vmalloc_node(size_t size, u32 align, gfp_t mask) {
    return alloc_from(size, align, mask, CALLER);
}
void vfree(const void* address) {
    kernel_vmalloc_space.free(vmalloc_address(address), VM_ALLOC, "vfree");
}

void* vmap(page* const* pages, u32 count, u32 flags, page_rights rights) {
    return reinterpret_cast<void*>(
        uintptr_t{kernel_vmalloc_space.map(pages, count, flags, rights, CALLER)});
}
void vunmap(const void* address) {
    kernel_vmalloc_space.free(vmalloc_address(address), VM_MAP, "vunmap");
}

void* ioremap(phys_addr phys, size_t size) {
    return remap(phys, size, PAGE_KERNEL_NOCACHE, CALLER);
}
void* ioremap_cache(phys_addr phys, size_t size) {
    return remap(phys, size, PAGE_KERNEL_DEVICE, CALLER);
}
void iounmap(const volatile void* address) {
    kernel_vmalloc_space.free(vmalloc_address(address) & PAGE_MASK, VM_IOREMAP, "iounmap");
}
