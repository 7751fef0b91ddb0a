// mremap: an area, or a part of one, becomes longer or shorter, or is somewhere else. Pages
// are not copied: page-table entries move.
//
//     shorter      munmap of the end
//     longer       in place, if the hole behind it is large enough
//     moved        |  a  | old |  b  |        |    new    |
//                     1: cut out      2: a copy of the area, perhaps part of a neighbour
//                     3: entries move over    4: the old one goes
//
// What takes memory are 1, 2 and 3. If it runs out, entries are moved back, the copy goes,
// and the parts are joined again: nothing has changed. 4 takes none, for the area is its
// own by then.
#include "lib/scope_guard.hpp"
#include "mm/cache/anon_vma.hpp"
#include "mm/cache/file.hpp"
#include "mm/vm/accounting.hpp"
#include "mm/vm/mm_locked.hpp"
#include "mm/vm/user_pages.hpp"
#include "mm/vm/vma_merge.hpp"

namespace {

struct mremap_request {
    u32 address, old_bytes, new_bytes, flags, new_address;

    bool keeps_old() const { return flags & MREMAP_DONTUNMAP; }
    u32 old_end() const { return address + old_bytes; }
};

// The area of a range that may become as long as is wished.
result<vm_area_struct*> vma_to_resize(mm_struct& mm, const mremap_request& request) {
    vm_area_struct* const area = find_vma(mm, request.address);
    if (!area || area->vm_start > request.address) return err{EFAULT};
    // Nothing of a shared area gives a second one of it; of a private one it would be
    // something else.
    if (request.old_bytes == 0 && !(area->vm_flags & (VM_SHARED | VM_MAYSHARE)))
        return err{EINVAL};
    const bool cannot_grow = area->vm_flags & (VM_DONTEXPAND | VM_PFNMAP);
    if (request.keeps_old() && cannot_grow) return err{EINVAL};
    if (request.old_bytes > area->vm_end - request.address) return err{EFAULT};
    if (request.new_bytes == request.old_bytes) return area;
    const u32 pgoff = linear_page_index(*area, request.address);
    if (pgoff + (request.new_bytes >> PAGE_SHIFT) < pgoff) return err{EINVAL};
    if (cannot_grow) return err{EFAULT};
    const u32 more = request.new_bytes - request.old_bytes;
    if (!may_lock_more(mm, area->vm_flags, more)) return err{EAGAIN};
    if (!may_expand_vm(mm, area->vm_flags, more >> PAGE_SHIFT)) return err{ENOMEM};
    return area;
}

// ---- longer, in place ------------------------------------------------------------------------

bool is_expandable(mm_struct& mm, const vm_area_struct& area, u32 more) {
    const u32 end = area.vm_end + more;
    if (end < area.vm_end || (area.vm_next && area.vm_next->vm_start < end)) return false;
    return static_cast<bool>(
        get_unmapped_area(mm, area.vm_start, end - area.vm_start, MAP_FIXED));
}

// Whether the area, and the one behind it if that fits now, is one up to this end.
vm_area_struct* extend(mm_struct& mm, vm_area_struct& area, u32 end) {
    if (area.vm_ops && area.vm_ops->close)
        return vma_adjust(mm, area, area.vm_start, end) ? &area : nullptr;
    return vma_merge(mm, &area, area.vm_end, end, {area.vm_flags, area.anon_vma, area.vm_file},
                     area.vm_pgoff + area.pages());
}

result<u32> expand_in_place(mm_struct& mm, vm_area_struct& area, const mremap_request& request) {
    const u32 pages = (request.new_bytes - request.old_bytes) >> PAGE_SHIFT;
    const bool accounts = area.vm_flags & VM_ACCOUNT;
    if (accounts && !vm_enough_memory(mm, pages)) return err{ENOMEM};
    const vm_area_struct* const extended =
        extend(mm, area, request.address + request.new_bytes);
    if (!extended) {
        if (accounts) vm_unacct_memory(pages);
        return err{ENOMEM};
    }
    vm_stat_account(mm, extended->vm_flags, pages);
    if (extended->vm_flags & VM_LOCKED) mm.locked_vm += pages;
    return request.address;
}

// ---- moved -----------------------------------------------------------------------------------

// What the old area would give back of promises and locks is the new one's: after this it
// gives back neither.
void hand_over(mm_struct& mm, vm_area_struct& area, bool keeps_old) {
    if (!keeps_old) {
        area.vm_flags &= ~VM_ACCOUNT;
        return;
    }
    if (area.vm_flags & VM_LOCKED) mm.locked_vm -= area.pages();
    area.vm_flags &= ~VM_LOCKED_MASK;
}

// The copy goes again, whose pages nobody has counted yet.
void take_back_copy_locked(mm_struct& mm, vm_area_struct& copy) REQUIRES(mm.mmap_sem) {
    copy.vm_flags &= ~(VM_ACCOUNT | VM_LOCKED_MASK);
    vm_stat_account(mm, copy.vm_flags, copy.pages());
    const result<> gone = unmap_areas_locked(mm, copy, copy.vm_start, copy.vm_end);
    kassert(gone, "an area as a whole cannot be unmapped");
}

// A copy of the area at its new place, to which the entries have moved. ENOMEM: nothing has
// changed.
result<vm_area_struct*> copy_and_move_locked(mm_struct& mm, vm_area_struct& area,
                                             const mremap_request& request, u32 to)
    REQUIRES(mm.mmap_sem) {
    // Pages that are not there yet can be numbered anew, and fit to those around then.
    const bool is_untouched = vma_is_anonymous(area) && !area.anon_vma;
    const u32 pgoff =
        is_untouched ? to >> PAGE_SHIFT : linear_page_index(area, request.address);
    vm_area_struct* const copy = copy_vma(area, to, to + request.new_bytes, pgoff);
    if (!copy) return err{ENOMEM};
    vma_link(mm, *copy, find_vma_neighbours(mm, to).prev);
    const u32 moved = move_page_tables(area, request.address, *copy, to, request.old_bytes);
    if (moved == request.old_bytes) return copy;
    move_page_tables(*copy, to, area, request.address, moved);
    take_back_copy_locked(mm, *copy);
    return err{ENOMEM};
}

// The pages have moved: so does all that is counted, and the old area goes.
void finish_move_locked(mm_struct& mm, vm_area_struct& area, vm_area_struct& copy,
                        const mremap_request& request) REQUIRES(mm.mmap_sem) {
    const u32 hiwater_vm = max_of(mm.hiwater_vm, mm.total_vm);
    vm_stat_account(mm, copy.vm_flags, copy.pages());
    if (copy.vm_flags & VM_LOCKED) mm.locked_vm += copy.pages();
    const bool is_whole =
        area.vm_start == request.address && area.vm_end == request.old_end();
    const bool was_untouched = vma_is_anonymous(area) && !area.anon_vma;
    if (request.keeps_old()) {
        hand_over(mm, area, true);
        if (is_whole) unlink_anon_vmas(area);  // it has no page any more
        if (is_whole && vma_is_anonymous(area)) area.vm_pgoff = area.vm_start >> PAGE_SHIFT;
    } else if (request.old_bytes > 0) {
        hand_over(mm, area, false);
        const result<> gone = unmap_areas_locked(mm, area, request.address, request.old_end());
        kassert(gone, "an area as a whole cannot be unmapped");
        mm.hiwater_vm = hiwater_vm;  // both at once were there only for a moment
    }
    // What was moved away, and what it left, stay two.
    if (request.keeps_old() && was_untouched &&
        (copy.vm_start == area.vm_end || copy.vm_end == area.vm_start))
        return;
    vma_merge(mm, copy.vm_prev, copy.vm_start, copy.vm_end,
              {copy.vm_flags, copy.anon_vma, copy.vm_file}, copy.vm_pgoff);
}

result<u32> move_vma_locked(mm_struct& mm, vm_area_struct& area, const mremap_request& request,
                            u32 to) REQUIRES(mm.mmap_sem) {
    if (mm.map_count + 3 >= sysctl_max_map_count) return err{ENOMEM};
    // What stays locked is another area than what does not.
    const bool leaves = request.keeps_old() ? (area.vm_flags & VM_LOCKED) != 0
                                            : request.old_bytes > 0;
    const u32 promised =
        area.vm_flags & VM_ACCOUNT
            ? (request.new_bytes - (request.keeps_old() ? 0 : request.old_bytes)) >> PAGE_SHIFT
            : 0;
    if (promised && !vm_enough_memory(mm, promised)) return err{ENOMEM};
    scope_guard give_back([&] { vm_unacct_memory(promised); });

    const range<u32> whole{area.vm_start, area.vm_end};
    if (leaves)
        if (const result<> cut = cut_out(mm, area, request.address, request.old_end()); !cut)
            return err{cut.error()};
    const auto copy = copy_and_move_locked(mm, area, request, to);
    if (!copy) {
        if (leaves) rejoin(mm, area, whole.start, whole.end);
        return err{copy.error()};
    }
    give_back.dismiss();
    finish_move_locked(mm, area, **copy, request);
    return to;
}

u32 map_flags_of(const vm_area_struct& area) {
    return area.vm_flags & VM_MAYSHARE ? u32{MAP_SHARED} : 0;
}

// MREMAP_FIXED or MREMAP_DONTUNMAP: what lies at the new place goes, and what lies behind
// the new length of the old, before it is known whether the rest will do. So does Linux.
result<u32> mremap_to_locked(mm_struct& mm, mremap_request request, bool& locks)
    REQUIRES(mm.mmap_sem) {
    const u32 to = request.new_address;
    if (!is_aligned(to, PAGE_SIZE)) return err{EINVAL};
    if (request.new_bytes > TASK_SIZE || to > TASK_SIZE - request.new_bytes)
        return err{EINVAL};
    if (request.old_end() > to && to + request.new_bytes > request.address)
        return err{EINVAL};
    if (mm.map_count + 2 >= sysctl_max_map_count - 3) return err{ENOMEM};
    const bool fixed = request.flags & MREMAP_FIXED;
    if (fixed)
        if (const result<> gone = do_munmap_locked(mm, to, request.new_bytes); !gone)
            return err{gone.error()};
    if (request.old_bytes > request.new_bytes) {
        const result<> gone = do_munmap_locked(mm, request.address + request.new_bytes,
                                               request.old_bytes - request.new_bytes);
        if (!gone) return err{gone.error()};
        request.old_bytes = request.new_bytes;
    }
    const result<vm_area_struct*> area = vma_to_resize(mm, request);
    if (!area) return err{area.error()};
    if (request.keeps_old() &&
        !may_expand_vm(mm, (*area)->vm_flags, request.old_bytes >> PAGE_SHIFT))
        return err{ENOMEM};
    const result<u32> room = get_unmapped_area(
        mm, to, request.new_bytes, map_flags_of(**area) | (fixed ? u32{MAP_FIXED} : 0));
    if (!room) return room;
    locks = (*area)->vm_flags & VM_LOCKED && !request.keeps_old();
    return move_vma_locked(mm, **area, request, *room);
}

result<u32> grow_locked(mm_struct& mm, const mremap_request& request, bool& locks)
    REQUIRES(mm.mmap_sem) {
    const result<vm_area_struct*> area = vma_to_resize(mm, request);
    if (!area) return err{area.error()};
    locks = (*area)->vm_flags & VM_LOCKED;
    if (request.old_end() == (*area)->vm_end &&
        is_expandable(mm, **area, request.new_bytes - request.old_bytes))
        return expand_in_place(mm, **area, request);
    if (!(request.flags & MREMAP_MAYMOVE)) return err{ENOMEM};
    const result<u32> room =
        get_unmapped_area(mm, 0, request.new_bytes, map_flags_of(**area));
    if (!room) return room;
    return move_vma_locked(mm, **area, request, *room);
}

result<u32> mremap_locked(mm_struct& mm, const mremap_request& request, bool& locks)
    REQUIRES(mm.mmap_sem) {
    const vm_area_struct* const area = find_vma(mm, request.address);
    if (!area || area->vm_start > request.address) return err{EFAULT};
    if (request.flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))
        return mremap_to_locked(mm, request, locks);
    if (request.old_bytes < request.new_bytes) return grow_locked(mm, request, locks);
    if (request.old_bytes > request.new_bytes) {
        const result<> gone = do_munmap_locked(mm, request.address + request.new_bytes,
                                               request.old_bytes - request.new_bytes);
        if (!gone) return err{gone.error()};
    }
    return request.address;
}

result<> check_flags(const mremap_request& request) {
    const u32 flags = request.flags;
    if (flags & ~u32{MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP}) return err{EINVAL};
    if (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP) && !(flags & MREMAP_MAYMOVE))
        return err{EINVAL};
    // As the program said it, not rounded.
    if (flags & MREMAP_DONTUNMAP && request.old_bytes != request.new_bytes)
        return err{EINVAL};
    if (!is_aligned(request.address, PAGE_SIZE)) return err{EINVAL};
    return {};
}

}  // namespace

result<u32> do_mremap(mm_struct& mm, u32 address, u32 old_bytes, u32 new_bytes, u32 flags,
                      u32 new_address) {
    mremap_request request{address, old_bytes, new_bytes, flags, new_address};
    if (const result<> checked = check_flags(request); !checked) return err{checked.error()};
    request.old_bytes = align_up(old_bytes, PAGE_SIZE);
    request.new_bytes = align_up(new_bytes, PAGE_SIZE);
    if (request.new_bytes == 0) return err{EINVAL};
    bool locks = false;
    const result<u32> moved = [&] {
        const write_guard held(mm.mmap_sem);
        return mremap_locked(mm, request, locks);
    }();
    if (moved && locks && request.new_bytes > request.old_bytes)
        mm_populate_if_possible(mm, *moved + request.old_bytes,
                                request.new_bytes - request.old_bytes);
    return moved;
}
