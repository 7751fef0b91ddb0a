// I1 to I4 of mm_types.hpp, by name.
#include "mm/cache/anon_vma.hpp"
#include "mm/cache/file.hpp"
#include "mm/vm/accounting.hpp"
#include "mm/vm/vma_merge.hpp"

namespace {

struct sums {
    u32 areas = 0, total_vm = 0, data_vm = 0, exec_vm = 0, stack_vm = 0, locked_vm = 0;

    void add(const vm_area_struct& area) {
        const u32 pages = area.pages();
        ++areas;
        total_vm += pages;
        if (is_exec_mapping(area.vm_flags)) exec_vm += pages;
        else if (is_stack_mapping(area.vm_flags)) stack_vm += pages;
        else if (is_data_mapping(area.vm_flags)) data_vm += pages;
        if (area.vm_flags & VM_LOCKED) locked_vm += pages;
    }
};

void check_area(const mm_struct& mm, const vm_area_struct& area, const vm_area_struct* prev) {
    kassert(area.vm_mm == &mm, "vma I1: {:#x} is another space's", area.vm_start);
    kassert(area.vm_prev == prev, "vma I1: before {:#x} is {}, not {}", area.vm_start,
            area.vm_prev, prev);
    kassert(area.vm_start < area.vm_end && area.vm_end <= TASK_SIZE &&
                is_aligned(area.vm_start | area.vm_end, PAGE_SIZE),
            "vma I1: an area {:#x}-{:#x}", area.vm_start, area.vm_end);
    kassert(!prev || prev->vm_end <= area.vm_start, "vma I1: {:#x}-{:#x} and {:#x} overlap",
            prev ? prev->vm_start : 0, prev ? prev->vm_end : 0, area.vm_start);
    kassert(!(area.vm_flags & VM_LOCKONFAULT) || area.vm_flags & VM_LOCKED,
            "vma I4: {:#x} is locked on faults, and not counted", area.vm_start);
}

// Never an area of the space twice, nor one of a file in no i_mmap: the file knows each.
void check_file(const vm_area_struct& area) {
    if (!area.vm_file || !area.vm_file->f_mapping) return;
    u32 found = 0;
    for_each_area(*area.vm_file->f_mapping, area.vm_pgoff, vma_last_pgoff(area),
                  [&](rmap_area& other) { found += &other == &area; });
    kassert(found == 1, "i_mmap has the area at {:#x} {} times", area.vm_start, found);
}

}  // namespace

void check_areas(mm_struct& mm) {
    mm.mm_rb.check_invariants();  // its I6 is our I2
    sums counted;
    const vm_area_struct* prev = nullptr;
    auto in_tree = mm.mm_rb.begin();
    for (vm_area_struct* area = mm.mmap; area; prev = area, area = area->vm_next, ++in_tree) {
        check_area(mm, *area, prev);
        kassert(in_tree != mm.mm_rb.end() && &*in_tree == area,
                "vma I1: list and tree differ at {:#x}", area->vm_start);
        check_file(*area);
        check_anon_vmas(*area);
        counted.add(*area);
    }
    kassert(in_tree == mm.mm_rb.end(), "vma I1: the tree has more than the list");
    const u32 end = prev ? prev->vm_end : 0;
    kassert(end == mm.highest_vm_end, "vma I2: areas end at {:#x}, highest_vm_end is {:#x}",
            end, mm.highest_vm_end);
    kassert(counted.areas == mm.map_count, "vma I1: {} areas, map_count is {}", counted.areas,
            mm.map_count);
    kassert(counted.total_vm == mm.total_vm && counted.locked_vm == mm.locked_vm,
            "vma I4: {} pages, {} locked; counted as {} and {}", counted.total_vm,
            counted.locked_vm, mm.total_vm, mm.locked_vm);
    kassert(counted.data_vm == mm.data_vm && counted.exec_vm == mm.exec_vm &&
                counted.stack_vm == mm.stack_vm,
            "vma I4: data {}, exec {}, stack {}; counted as {}, {}, {}", counted.data_vm,
            counted.exec_vm, counted.stack_vm, mm.data_vm, mm.exec_vm, mm.stack_vm);
}
