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

// Whom an area meets that grows to [start, end):
//
//     | shorter  |covered|  area  |covered|covered|  behind |      or `shorter` is behind,
//           start                                 end              or there is none
struct neighbourhood {
    vm_area_struct* first;    // the first one that is covered, or the area itself
    vm_area_struct* behind;   // what comes behind all that are covered
    vm_area_struct* shorter;  // is met in part

    neighbourhood(vm_area_struct& area, u32 start, u32 end)
        : first(&area), behind(area.vm_next), shorter(nullptr) {
        while (first->vm_prev && first->vm_prev->vm_start >= start) first = first->vm_prev;
        while (behind && behind->vm_end <= end) behind = behind->vm_next;
        if (behind && behind->vm_start < end) shorter = behind;
        else if (first->vm_prev && first->vm_prev->vm_end > start) shorter = first->vm_prev;
    }
};

// Pages of an area that is met will be the growing one's: it must be connected to all that
// they are.
bool take_over_anon_vma(vm_area_struct& area, const neighbourhood& met, u32 end) {
    if (area.anon_vma) return true;
    vm_area_struct* const first =
        met.shorter && met.shorter != met.behind ? met.shorter : met.first;
    for (vm_area_struct* at = first; at && at->vm_start < end; at = at->vm_next) {
        if (at == &area || !at->anon_vma) continue;
        area.anon_vma = at->anon_vma;
        return static_cast<bool>(anon_vma_clone(area, *at));
    }
    return true;
}

// [first, stop) leave list and tree. They stay chained, for dispose_of().
void unlink_all(mm_struct& mm, vm_area_struct* first, const vm_area_struct* stop) {
    for (vm_area_struct* at = first; at != stop; at = at->vm_next) vma_unlink(mm, *at);
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

// Out of list and tree it is already.
static void dispose_of(vm_area_struct& area) {
    vma_unlink_file(area);
    unlink_anon_vmas(area);
    if (area.vm_ops && area.vm_ops->close) area.vm_ops->close(area);
    if (area.vm_file) fput(area.vm_file);
    vm_area_free(&area);
}

static void dispose_of_all(vm_area_struct* first, const vm_area_struct* stop) {
    while (first != stop) {
        vm_area_struct* const next = first->vm_next;
        dispose_of(*first);
        first = next;
    }
}

void vma_remove(mm_struct& mm, vm_area_struct& area) {
    vma_unlink(mm, area);
    dispose_of(area);
}

void vma_remove_all(mm_struct& mm) {
    mm.mmap = nullptr;
    mm.highest_vm_end = 0;
    vmacache_invalidate(mm);
    mm.mm_rb.clear([&](vm_area_struct& area) {
        --mm.map_count;
        dispose_of(area);
    });
}

bool vma_adjust(mm_struct& mm, vm_area_struct& area, u32 start, u32 end) {
    const neighbourhood met(area, start, end);
    if (!take_over_anon_vma(area, met, end)) return false;
    vm_area_struct* const after = area.vm_next;
    unlink_all(mm, met.first, &area);
    unlink_all(mm, after, met.behind);
    const bool starts_elsewhere = start != area.vm_start;
    const bool ends_elsewhere = end != area.vm_end;
    set_bounds(area, start, end, met.shorter);
    if (starts_elsewhere) vma_start_changed(area);
    if (ends_elsewhere) vma_end_changed(mm, area);
    // Until now those that go are found by the reverse mapping. So a page may be found
    // twice for a moment: never not at all.
    dispose_of_all(met.first, &area);
    dispose_of_all(after, met.behind);
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
