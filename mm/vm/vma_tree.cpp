#include "mm/vm/vma_tree.hpp"

// Several readers may do this at once. The entries go before the number says that they are
// good; what a second reader then empties again is only asked for once more.
void vmacache_update(mm_struct& mm, u32 address, vm_area_struct* area) {
    if (__atomic_load_n(&mm.cache.seqnum, __ATOMIC_RELAXED) != mm.vmacache_seqnum) {
        for (vm_area_struct*& entry : mm.cache.vmas)
            __atomic_store_n(&entry, nullptr, __ATOMIC_RELAXED);
        __atomic_store_n(&mm.cache.seqnum, mm.vmacache_seqnum, __ATOMIC_RELEASE);
    }
    __atomic_store_n(&mm.cache.vmas[(address >> PAGE_SHIFT) % vmacache::size], area,
                     __ATOMIC_RELAXED);
}

// ---- finding --------------------------------------------------------------------------------

vm_area_struct* find_vma(mm_struct& mm, u32 address) {
    if (vm_area_struct* const cached = vmacache_find(mm, address)) return cached;
    vm_area_struct* found = nullptr;
    u32 steps = 0;
    for (vm_area_struct* at = mm.mm_rb.root(); at; ++steps) {
        if (at->vm_end <= address) {
            at = vma_tree::right(*at);
            continue;
        }
        found = at;
        if (at->vm_start <= address) {
            vmacache_update(mm, address, at);
            break;
        }
        at = vma_tree::left(*at);
    }
    mm.tree_steps += steps;
    return found;
}

vma_neighbours find_vma_neighbours(mm_struct& mm, u32 address) {
    vm_area_struct* const next = find_vma(mm, address);
    return {next ? next->vm_prev : mm.mm_rb.last(), next};
}

vm_area_struct* find_vma_prev(mm_struct& mm, u32 address, vm_area_struct*& prev) {
    const vma_neighbours at = find_vma_neighbours(mm, address);
    prev = at.prev;
    return at.next;
}

vm_area_struct* find_vma_intersection(mm_struct& mm, u32 start, u32 end) {
    vm_area_struct* const area = find_vma(mm, start);
    return area && area->vm_start < end ? area : nullptr;
}

// ---- linking --------------------------------------------------------------------------------

// Between neighbours in the order of the tree, one has no child towards the other.
static vma_tree::place place_between(mm_struct& mm, vm_area_struct& area,
                                     vm_area_struct* prev, vm_area_struct* next) {
    if (next && !next->vm_rb.rb_left) return {&next->vm_rb, &next->vm_rb.rb_left, nullptr};
    if (prev) return {&prev->vm_rb, &prev->vm_rb.rb_right, nullptr};
    return mm.mm_rb.find_place(area);  // the first of all
}

void vma_link(mm_struct& mm, vm_area_struct& area, vm_area_struct* prev) {
    vm_area_struct* const next = prev ? prev->vm_next : mm.mmap;
    kdebug_assert((!prev || prev->vm_end <= area.vm_start) &&
                      (!next || area.vm_end <= next->vm_start),
                  "vma I1: {:#x}-{:#x} is linked where others are", area.vm_start, area.vm_end);
    area.vm_prev = prev;
    area.vm_next = next;
    (prev ? prev->vm_next : mm.mmap) = &area;
    if (next) next->vm_prev = &area;
    else mm.highest_vm_end = area.vm_end;
    mm.mm_rb.insert_at(place_between(mm, area, prev, next), area, next);
    ++mm.map_count;
}

void vma_unlink(mm_struct& mm, vm_area_struct& area) {
    vm_area_struct* const next = area.vm_next;
    (area.vm_prev ? area.vm_prev->vm_next : mm.mmap) = next;
    if (next) next->vm_prev = area.vm_prev;
    else mm.highest_vm_end = area.hole_start();
    mm.mm_rb.erase(area, next);
    --mm.map_count;
    vmacache_invalidate(mm);
}
