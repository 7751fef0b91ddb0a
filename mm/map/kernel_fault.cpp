#include "mm/map/kernel_fault.hpp"

#include "lib/symbol.hpp"
#include "mm/map/kernel_layout.hpp"
#include "mm/map/vmalloc.hpp"

namespace {

std::string_view kind_of(const vm_struct& area) {
    if (area.flags & VM_IOREMAP) return "ioremap";
    if (area.flags & VM_MAP) return "vmap";
    return "vmalloc";
}

void describe_vmalloc(text_sink& out, u32 address) {
    vmalloc_space& space = the_vmalloc_space();
    if (const vm_struct* const area = space.find(address)) {
        format_to(out, "{} {:#010x}, {} of {} KiB", area->is_guard(address)
                  ? "the guard page behind" : "inside the area at", area->va_start,
                  kind_of(*area), (area->size() - area->guard_size()) / 1024);
        if (area->caller) format_to(out, " by {}", code_address{area->caller});
        return;
    }
    out.write(space.was_freed(address) ? "vmalloc memory that was freed"
                                       : "no area of vmalloc");
}

// What is mapped there, but not for this.
void describe_rights(text_sink& out, const kernel_part& part, u32 error_code) {
    if (error_code & PF_FETCH) return format_to(out, "{}, which is not executable", part.name);
    format_to(out, "{}, which is read-only", part.name);
}

}  // namespace

void describe_kernel_fault(text_sink& out, u32 address, u32 error_code) {
    if (error_code & PF_RESERVED) return out.write("a page table with reserved bits set");
    if (address < PAGE_SIZE) return out.write("a null pointer");
    if (address < PAGE_OFFSET) return out.write("a user's address, without copy_from_user");
    if (const kernel_part* const part = linear_part(address))
        return describe_rights(out, *part, error_code);
    if (address < vmalloc_start()) return out.write("the gap behind the linear map");
    if (address < VMALLOC_END) return describe_vmalloc(out, address);
    if (address < PKMAP_BASE) return out.write("the gap before kmap's window");
    if (address < FIXADDR_START) return out.write("a page of kmap that is not mapped");
    if (address < FIXADDR_TOP) return out.write("a page of the fixmap that is not mapped");
    out.write("the last page, which is never mapped");
}
