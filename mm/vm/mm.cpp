// An address space comes and goes.
//
//     mm_users   tasks that run in it; the last one takes areas, pages and tables along
//     mm_count   those together count as one, and so does each who only borrows it (a CPU
//                that still has its tables loaded); the last one takes the descriptor along
#include "mm/cache/anon_vma.hpp"
#include "mm/cache/file.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/slab/object_cache.hpp"
#include "mm/vm/accounting.hpp"
#include "mm/vm/faults_story.hpp"
#include "mm/vm/mm_locked.hpp"
#include "mm/vm/user_pages.hpp"
#include "mm/vm/vma_merge.hpp"

namespace {

constinit object_cache<mm_struct> mm_structs("mm_struct");

void exit_mmap(mm_struct& mm) {
    const write_guard held(mm.mmap_sem);
    if (!mm.mmap) return;
    unmap_all_areas_locked(mm);
    kassert(mm.map_count == 0, "{} areas outlive their space", mm.map_count);
    kassert(mm.total_vm == 0 && mm.locked_vm == 0, "vma I4: {} pages, {} locked, and no area",
            mm.total_vm, mm.locked_vm);
}

}  // namespace

bool vm_init() {
    accounting_init(the_page_allocator().managed_pages());
    return vm_area_cache_init() && mm_structs.init() && user_pages_init();
}

mm_struct* mm_alloc() {
    mm_struct* const mm = mm_structs.alloc(GFP_KERNEL);
    if (!mm) return nullptr;
    if (!mm_alloc_pgd(*mm)) {
        mm_structs.free(mm);
        return nullptr;
    }
    arch_pick_mmap_layout(*mm);
    return mm;
}

void mmget(mm_struct& mm) { mm.mm_users.fetch_add(1, memory_order::relaxed); }

void mmput(mm_struct& mm) {
    const u32 before = mm.mm_users.fetch_sub(1, memory_order::acq_rel);
    kassert(before > 0, "mm {} is put once too often", &mm);
    if (before > 1) return;
    exit_mmap(mm);
    fault_stories.forget(mm);
    if (mm.exe_file) mm.exe_file_closes(*mm.exe_file);
    mmdrop(mm);
}

void mmgrab(mm_struct& mm) { mm.mm_count.fetch_add(1, memory_order::relaxed); }

void mmdrop(mm_struct& mm) {
    const u32 before = mm.mm_count.fetch_sub(1, memory_order::acq_rel);
    kassert(before > 0, "mm {} is dropped once too often", &mm);
    if (before > 1) return;
    mm_free_pgd(mm);
    mm_structs.free(&mm);
}
