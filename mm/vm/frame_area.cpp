#include "mm/vm/frame_area.hpp"

#include "mm/vm/fault_act.hpp"

result<> make_frame_area(vm_area_struct& area, const vm_operations_struct& operations) {
    if (!(area.vm_flags & VM_SHARED)) {
        if (area.vm_flags & VM_WRITE) return err{EACCES};
        area.vm_flags &= ~VM_MAYWRITE;
    }
    area.vm_flags |= VM_PFNMAP | VM_IO | VM_DONTEXPAND | VM_DONTDUMP;
    area.vm_ops = &operations;
    return {};
}

fault_result map_frame(vm_fault& fault) {
    if (!prepare_table(fault)) return fault_result::no_memory;
    const device_frame found = fault.area.vm_ops->frame(fault.area, fault.pgoff);
    page_rights rights = fault.area.vm_page_prot;
    rights.special = true;
    rights.uncached = !found.is_ram;
    const faulted_entry entry(fault);
    if (entry.is_still_none()) entry.fill(entry_for(found.frame, rights));
    return fault_result::done;
}
