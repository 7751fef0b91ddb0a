// One area takes from its neighbours, or gives: what must stay right meanwhile are the
// list and the tree of the space, its holes, the file's i_mmap and the anon_vmas.
#include "mm/cache/file.hpp"
#include "mm/cache/rmap.hpp"
#include "mm/slab/object_cache.hpp"
#include "mm/vm/accounting.hpp"
#include "mm/vm/vma_merge.hpp"

namespace {

constinit object_cache<vm_area_struct> vm_areas("vm_area_struct");

address_space* mapping_of(const vm_area_struct& area) {
    return area.vm_file ? area.vm_file->f_mapping : nullptr;
}

// Pages of an area that is overlapped will be the growing one's: it must be connected to
// all that they are.
bool take_over_anon_vma(vm_area_struct& area, vm_area_struct* first, u32 end) {
    if (area.anon_vma) return true;
    for (vm_area_struct* at = first; at && at->vm_start < end; at = at->vm_next) {
        if (at == &area || !at->anon_vma) continue;
        area.anon_vma = at->anon_vma;
        return static_cast<bool>(anon_vma_clone(area, *at));
    }
    return true;
}

// The neighbours, if [start, end) of the area reaches into them.
vm_area_struct* first_overlapped(vm_area_struct& area, u32 start) {
    vm_area_struct* first = &area;
    while (first->vm_prev && first->vm_prev->vm_end > start) first = first->vm_prev;
    return first;
}

vm_area_struct* met_in_part(vm_area_struct& area, u32 start, u32 end) {
    for (vm_area_struct* at = area.vm_next; at && at->vm_start < end; at = at->vm_next)
        if (end < at->vm_end) return at;
    for (vm_area_struct* at = area.vm_prev; at && at->vm_end > start; at = at->vm_prev)
        if (at->vm_start < start) return at;
    return nullptr;
}

void move_start(vm_area_struct& area, u32 start) {
    area.vm_pgoff += (start >> PAGE_SHIFT) - (area.vm_start >> PAGE_SHIFT);
    area.vm_start = start;
}

// The new bounds, of the area and of the one that becomes shorter by them.
void set_bounds(vm_area_struct& area, u32 start, u32 end, vm_area_struct* shorter) {
    const area_update moving(mapping_of(area), area, shorter);
    if (shorter && shorter->vm_start < area.vm_start) shorter->vm_end = start;
    else if (shorter) move_start(*shorter, end);
    move_start(area, start);
    area.vm_end = end;
}

}  // namespace

bool vm_area_cache_init() { return vm_areas.init(); }

vm_area_struct* vm_area_alloc(mm_struct& mm) {
    vm_area_struct* const area = vm_areas.alloc(GFP_KERNEL);
    if (area) area->vm_mm = &mm;
    return area;
}

vm_area_struct* vm_area_dup(const vm_area_struct& area) {
    return vm_areas.alloc(GFP_KERNEL, area);
}

void vm_area_free(vm_area_struct* area) { vm_areas.free(area); }

void vma_link_file(vm_area_struct& area) {
    address_space* const mapping = mapping_of(area);
    if (!mapping) return;
    if (area.vm_flags & VM_SHARED)
        mapping->i_mmap_writable.fetch_add(1, memory_order::relaxed);
    vma_interval_tree_insert(area, *mapping);
}

void vma_unlink_file(vm_area_struct& area) {
    address_space* const mapping = mapping_of(area);
    if (!mapping) return;
    vma_interval_tree_remove(area, *mapping);
    if (area.vm_flags & VM_SHARED)
        mapping->i_mmap_writable.fetch_sub(1, memory_order::relaxed);
}

void vma_remove(mm_struct& mm, vm_area_struct& area) {
    vma_unlink(mm, area);
    vma_unlink_file(area);
    unlink_anon_vmas(area);
    if (area.vm_ops && area.vm_ops->close) area.vm_ops->close(area);
    if (area.vm_file) fput(area.vm_file);
    vm_area_free(&area);
}

bool vma_adjust(mm_struct& mm, vm_area_struct& area, u32 start, u32 end) {
    vm_area_struct* const next = area.vm_next;
    const bool grows_over = (next && next->vm_start < end) ||
                            (area.vm_prev && area.vm_prev->vm_end > start);
    vm_area_struct* shorter = nullptr;
    if (grows_over) {
        if (!take_over_anon_vma(area, first_overlapped(area, start), end)) return false;
        shorter = met_in_part(area, start, end);
    }
    const bool starts_elsewhere = start != area.vm_start;
    set_bounds(area, start, end, shorter);
    // A page may be found twice for a moment, by the area and by the one that goes: never
    // not at all.
    if (starts_elsewhere) vma_gap_changed(&area);
    vma_gap_changed(next);
    if (!grows_over) return true;
    while (area.vm_next && area.vm_next->vm_end <= end) vma_remove(mm, *area.vm_next);
    while (area.vm_prev && area.vm_prev->vm_start >= start) vma_remove(mm, *area.vm_prev);
    return true;
}

vm_area_struct* copy_vma(const vm_area_struct& area, u32 start, u32 end, u32 pgoff) {
    vm_area_struct* const copy = vm_area_dup(area);
    if (!copy) return nullptr;
    copy->vm_start = start;
    copy->vm_end = end;
    copy->vm_pgoff = pgoff;
    if (!anon_vma_clone(*copy, area)) {
        vm_area_free(copy);
        return nullptr;
    }
    if (copy->vm_file) get_file(copy->vm_file);
    vma_link_file(*copy);
    if (copy->vm_ops && copy->vm_ops->open) copy->vm_ops->open(*copy);
    return copy;
}

result<vm_area_struct*> split_vma(mm_struct& mm, vm_area_struct& area, u32 address,
                                  new_half which) {
    if (mm.map_count >= sysctl_max_map_count) return err{ENOMEM};
    vm_area_struct* const half =
        which == new_half::below
            ? copy_vma(area, area.vm_start, address, area.vm_pgoff)
            : copy_vma(area, address, area.vm_end, linear_page_index(area, address));
    if (!half) return err{ENOMEM};
    if (which == new_half::below) {
        set_bounds(area, address, area.vm_end, nullptr);
        vma_link(mm, *half, area.vm_prev);
    } else {
        set_bounds(area, area.vm_start, address, nullptr);
        vma_link(mm, *half, &area);
    }
    return half;
}
