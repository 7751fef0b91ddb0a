// Pages before they are asked for, and the question whether they are there.
#include "mm/cache/file.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/vm/fault.hpp"
#include "mm/vm/user_pages.hpp"

namespace {

bool suffices(pte_entry entry, bool write) {
    return kernel_format::present(entry) && (!write || kernel_format::rights(entry).write);
}

// As the CPU would say it.
u32 error_code_of(pte_entry entry, bool write) {
    const u32 found = kernel_format::present(entry) ? u32{PF_PRESENT} : 0;
    return found | PF_USER | (write ? u32{PF_WRITE} : 0);
}

}  // namespace

result<> populate_range(vm_area_struct& area, u32 start, u32 end, bool write) {
    for (u32 at = start; at < end; at += PAGE_SIZE) {
        for (pte_entry entry; entry = entry_at(*area.vm_mm, at), !suffices(entry, write);) {
            vm_fault fault = fault_at(area, at, error_code_of(entry, write));
            switch (handle_mm_fault(fault)) {
                case fault_result::done: continue;
                case fault_result::no_memory: return err{ENOMEM};
                case fault_result::retry:
                case fault_result::no_right:
                case fault_result::no_area:
                case fault_result::bus_error: return err{EFAULT};
            }
        }
    }
    return {};
}

bool is_in_core(const vm_area_struct& area, u32 address) {
    if (kernel_format::has_frame(entry_at(*area.vm_mm, address))) return true;
    if (area.vm_flags & VM_PFNMAP) return true;
    if (!area.vm_file) return false;
    page* const page =
        find_get_page(*area.vm_file->f_mapping, linear_page_index(area, address));
    if (!page) return false;
    const bool uptodate = PageUptodate(*page);
    put_page(page);
    return uptodate;
}
