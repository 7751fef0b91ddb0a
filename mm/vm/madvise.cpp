// madvise: what a program knows of its memory and the kernel cannot.
//
//     forgets      DONTNEED, DONTNEED_LOCKED, FREE, REMOVE     contents go, the area stays
//     is a flag    NORMAL, RANDOM, SEQUENTIAL, DONTFORK, WIPEONFORK, DONTDUMP and back
//     faults in    POPULATE_READ, POPULATE_WRITE
//     is kind      WILLNEED, COLD, PAGEOUT                     nothing is read or reclaimed
//
// Holes are passed over, and told by ENOMEM at the end. Any other error ends the walk; what
// lies before it has been done.
#include "mm/cache/address_space.hpp"
#include "mm/cache/file.hpp"
#include "mm/cache/rmap.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/vm/user_pages.hpp"
#include "mm/vm/vma_merge.hpp"

namespace {

enum class advice_kind : u8 { unknown, kind, forget, flag, populate };

advice_kind kind_of(u32 advice) {
    switch (advice) {
        case MADV_WILLNEED:
        case MADV_COLD:
        case MADV_PAGEOUT: return advice_kind::kind;
        case MADV_DONTNEED:
        case MADV_DONTNEED_LOCKED:
        case MADV_FREE:
        case MADV_REMOVE: return advice_kind::forget;
        case MADV_NORMAL:
        case MADV_RANDOM:
        case MADV_SEQUENTIAL:
        case MADV_DONTFORK:
        case MADV_DOFORK:
        case MADV_DONTDUMP:
        case MADV_DODUMP:
        case MADV_WIPEONFORK:
        case MADV_KEEPONFORK: return advice_kind::flag;
        case MADV_POPULATE_READ:
        case MADV_POPULATE_WRITE: return advice_kind::populate;
        default: return advice_kind::unknown;
    }
}

// ---- flags -----------------------------------------------------------------------------------

result<u32> advised_flags(const vm_area_struct& area, u32 advice) {
    const u32 flags = area.vm_flags;
    switch (advice) {
        case MADV_NORMAL: return flags & ~(VM_RAND_READ | VM_SEQ_READ);
        case MADV_RANDOM: return (flags & ~VM_SEQ_READ) | VM_RAND_READ;
        case MADV_SEQUENTIAL: return (flags & ~VM_RAND_READ) | VM_SEQ_READ;
        case MADV_DONTFORK: return flags | VM_DONTCOPY;
        case MADV_DOFORK:
            if (flags & VM_IO) return err{EINVAL};
            return flags & ~VM_DONTCOPY;
        case MADV_WIPEONFORK:
            if (area.vm_file || flags & VM_SHARED) return err{EINVAL};
            return flags | VM_WIPEONFORK;
        case MADV_KEEPONFORK: return flags & ~VM_WIPEONFORK;
        case MADV_DONTDUMP: return flags | VM_DONTDUMP;
        default:  // MADV_DODUMP
            if (flags & VM_SPECIAL) return err{EINVAL};
            return flags & ~VM_DONTDUMP;
    }
}

result<vm_area_struct*> set_advised_flags(mm_struct& mm, vm_area_struct* prev,
                                          vm_area_struct& area, u32 start, u32 end,
                                          u32 advice) {
    const result<u32> new_flags = advised_flags(area, advice);
    if (!new_flags) return err{new_flags.error()};
    if (*new_flags == area.vm_flags) return &area;
    const auto changed = vma_modify(mm, prev, area, start, end, *new_flags);
    if (!changed) return err{EAGAIN};  // ENOMEM would be a hole
    (*changed)->vm_flags = *new_flags;
    return changed;
}

// ---- contents ----------------------------------------------------------------------------------

// Pages of the file from this one on are zeroes again, for all who map or read it.
void drop_pages(address_space& mapping, u32 first, u32 pages) {
    for (u32 index = first; index != first + pages; ++index) {
        page* const page = find_get_page(mapping, index);
        if (!page) continue;
        lock_page(*page);
        if (page->mapping == &mapping) {
            if (page_mapped(*page))
                unmap_mapping_range(mapping, index, 1, private_copies::stay);
            delete_from_page_cache(*page);
        }
        unlock_page(*page);
        put_page(page);
    }
}

// A file that has its pages from somewhere would read them from there again.
result<> punch_hole(vm_area_struct& area, u32 start, u32 end) {
    if (area.vm_flags & VM_LOCKED) return err{EINVAL};
    if (!area.vm_file || !area.vm_file->f_mapping) return err{EINVAL};
    if ((area.vm_flags & (VM_SHARED | VM_MAYWRITE)) != (VM_SHARED | VM_MAYWRITE))
        return err{EACCES};
    address_space& mapping = *area.vm_file->f_mapping;
    if (mapping.a_ops && mapping.a_ops->readpage) return err{EOPNOTSUPP};
    drop_pages(mapping, linear_page_index(area, start), (end - start) >> PAGE_SHIFT);
    return {};
}

result<> forget(vm_area_struct& area, u32 start, u32 end, u32 advice) {
    if (advice == MADV_REMOVE) return punch_hole(area, start, end);
    const u32 forbidden = advice == MADV_DONTNEED_LOCKED ? VM_PFNMAP : VM_PFNMAP | VM_LOCKED;
    if (area.vm_flags & forbidden) return err{EINVAL};
    if (advice != MADV_FREE) {
        zap_page_range(area, start, end);
        return {};
    }
    if (!vma_is_anonymous(area)) return err{EINVAL};
    free_lazily(area, start, end);
    return {};
}

result<> populate(vm_area_struct& area, u32 start, u32 end, bool write) {
    if (area.vm_flags & (VM_IO | VM_PFNMAP)) return err{EINVAL};
    if (!(area.vm_flags & (write ? VM_WRITE : VM_READ))) return err{EINVAL};
    return populate_range(area, start, end, write);
}

result<> be_kind(const vm_area_struct& area, u32 advice) {
    if (advice != MADV_WILLNEED && area.vm_flags & (VM_LOCKED | VM_PFNMAP))
        return err{EINVAL};
    return {};
}

// ---- the walk ----------------------------------------------------------------------------------

// Answers the area that [start, end) is in afterwards.
result<vm_area_struct*> advise_area(mm_struct& mm, vm_area_struct* prev, vm_area_struct& area,
                                    u32 start, u32 end, u32 advice) {
    result<> done;
    switch (kind_of(advice)) {
        case advice_kind::flag: return set_advised_flags(mm, prev, area, start, end, advice);
        case advice_kind::forget: done = forget(area, start, end, advice); break;
        case advice_kind::populate:
            done = populate(area, start, end, advice == MADV_POPULATE_WRITE);
            break;
        default: done = be_kind(area, advice); break;
    }
    if (!done) return err{done.error()};
    return &area;
}

result<> walk_areas(mm_struct& mm, u32 start, u32 end, u32 advice) {
    bool met_hole = false;
    vma_neighbours around = find_vma_neighbours(mm, start);
    vm_area_struct* area = around.next;
    vm_area_struct* prev = area && start > area->vm_start ? area : around.prev;
    while (start < end) {
        if (!area) return err{ENOMEM};
        if (start < area->vm_start) {
            met_hole = true;
            start = area->vm_start;
            if (start >= end) break;
        }
        const u32 stop = min_of(end, area->vm_end);
        const auto advised = advise_area(mm, prev, *area, start, stop, advice);
        if (!advised) return err{advised.error()};
        prev = *advised;
        start = max_of(stop, prev->vm_end);
        area = prev->vm_next;
    }
    if (met_hole) return err{ENOMEM};
    return {};
}

}  // namespace

result<> do_madvise(mm_struct& mm, u32 address, u32 bytes, s32 advice) {
    const u32 wanted = static_cast<u32>(advice);
    const advice_kind kind = kind_of(wanted);
    if (kind == advice_kind::unknown) return err{EINVAL};
    if (!is_aligned(address, PAGE_SIZE)) return err{EINVAL};
    const u32 rounded = align_up(bytes, PAGE_SIZE);
    if (bytes && !rounded) return err{EINVAL};
    const u32 end = address + rounded;
    if (end < address) return err{EINVAL};
    if (end == address) return {};
    if (kind == advice_kind::flag) {
        const write_guard held(mm.mmap_sem);
        return walk_areas(mm, address, end, wanted);
    }
    const read_guard held(mm.mmap_sem);
    return walk_areas(mm, address, end, wanted);
}
