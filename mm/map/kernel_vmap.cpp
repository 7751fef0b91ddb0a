// The kernel's vmalloc space: from behind the linear map and its gap to PKMAP, over the
// tables of init_mm.
#include "mm/map/kernel_vmap.hpp"

#include "arch/i386/cpu_features.hpp"
#include "arch/i386/paging/boot_tables.hpp"
#include "mm/map/kernel_layout.hpp"
#include "mm/map/kernel_stack.hpp"
#include "mm/map/vmalloc.hpp"
#include "mm/phys/page_alloc.hpp"

namespace {

// What boot has mapped lies in the window's upper part and stays there.
constinit vm_struct early_areas[boot_mappings_max];

void take_over(vm_struct& area, u32 address, u32 bytes, u64 phys, u32 flags) {
    area.va_start = address;
    area.va_end = address + bytes + PAGE_SIZE;
    area.flags = flags | VM_STATIC;
    area.phys_addr = phys;
    vm_area_add_early(&area);
}

void take_over_boot_window() {
    vm_struct* next = early_areas;
    for (const boot_mapping& mapping : boot_window_close())
        take_over(*next++, mapping.address, mapping.bytes, mapping.start.raw(),
                  mapping.use == boot_use::stack ? VM_MAP | VM_STACK : VM_IOREMAP);
}

}  // namespace

bool vmalloc_init() {
    take_over_boot_window();
    kernel_stacks_init();
    // What the first areas need is there from the beginning.
    return init_mm.populate(vmalloc_start(), 4 * MiB >> PAGE_SHIFT) &&
           the_vmalloc_space().init({.start = vmalloc_start(),
                                     .end = VMALLOC_END,
                                     .tables = &init_mm,
                                     .pages = &the_page_allocator(),
                                     .phys_end = u64{1} << boot_decisions().phys_bits});
}
