// mmap: a new area, or more of an old one.
//
// Checks come in Linux's order, for it decides which errno a call gets that is wrong in two
// ways: the arguments by themselves, where it goes, what it may, and only then memory.
#include "lib/scope_guard.hpp"
#include "mm/cache/file.hpp"
#include "mm/vm/accounting.hpp"
#include "mm/vm/mm_locked.hpp"
#include "mm/vm/shared_zeroes.hpp"
#include "mm/vm/user_pages.hpp"
#include "mm/vm/vma_merge.hpp"

namespace {

struct mmap_request {
    u32 address, bytes, prot, flags;
    file* vm_file;
    u32 pgoff;
};

// A hint that is too low is raised to the lowest place that is allowed.
u32 round_hint_to_min(u32 hint) {
    hint &= PAGE_MASK;
    return hint && hint < mmap_min_addr ? mmap_min_addr : hint;
}

u32 calc_vm_flags(u32 prot, u32 flags) {
    static_assert(u32{PROT_READ} == VM_READ && u32{PROT_WRITE} == VM_WRITE &&
                  u32{PROT_EXEC} == VM_EXEC);
    static_assert(u32{MAP_GROWSDOWN} == VM_GROWSDOWN && u32{MAP_LOCKED} == VM_LOCKED);
    return (prot & VM_ACCESS_FLAGS) | (flags & (MAP_GROWSDOWN | MAP_LOCKED)) |
           (flags & MAP_SYNC ? u32{VM_SYNC} : 0);
}

// What the way in which the file was opened allows; MAY flags that go are gone for
// mprotect(), too.
result<> check_file(const mmap_request& request, u32& vm_flags) {
    const file& file = *request.vm_file;
    const u32 type = request.flags & MAP_TYPE;
    if (type == MAP_SHARED || type == MAP_SHARED_VALIDATE) {
        // The kernels before ignored what they did not know; this type is how a program
        // asks not to be ignored.
        if (type == MAP_SHARED_VALIDATE && request.flags & ~LEGACY_MAP_MASK)
            return err{EOPNOTSUPP};
        const bool writable = file.f_mode & FMODE_WRITE;
        if (request.prot & PROT_WRITE && !writable) return err{EACCES};
        vm_flags |= VM_SHARED | VM_MAYSHARE;
        if (!writable) vm_flags &= ~(VM_MAYWRITE | VM_SHARED);
    } else if (type != MAP_PRIVATE) {
        return err{EINVAL};
    }
    if (!(file.f_mode & FMODE_READ)) return err{EACCES};
    if (!file.f_mapping && !file.f_op->mmap) return err{ENODEV};
    if (vm_flags & VM_GROWSDOWN) return err{EINVAL};
    return {};
}

result<> check_anonymous(mmap_request& request, u32& vm_flags) {
    switch (request.flags & MAP_TYPE) {
        case MAP_SHARED:
            if (vm_flags & VM_GROWSDOWN) return err{EINVAL};
            request.pgoff = 0;
            vm_flags |= VM_SHARED | VM_MAYSHARE;
            return {};
        case MAP_PRIVATE:
            // By its address: neighbours fit together, and so do pages that have moved.
            request.pgoff = request.address >> PAGE_SHIFT;
            return {};
        default: return err{EINVAL};
    }
}

// What can be said of the arguments by themselves; sets right what may be set right.
result<> check_arguments(const mm_struct& mm, mmap_request& request) {
    // There are no large pages for programs, and so none are free.
    if (request.flags & MAP_HUGETLB && request.vm_file) return err{EINVAL};
    if (request.bytes == 0) return err{EINVAL};
    if (request.flags & MAP_HUGETLB) return err{ENOMEM};
    if (request.flags & MAP_FIXED_NOREPLACE) request.flags |= MAP_FIXED;
    if (!(request.flags & MAP_FIXED)) request.address = round_hint_to_min(request.address);
    request.bytes = align_up(request.bytes, PAGE_SIZE);
    if (request.bytes == 0) return err{ENOMEM};
    if (request.pgoff + (request.bytes >> PAGE_SHIFT) < request.pgoff) return err{EOVERFLOW};
    if (mm.map_count > sysctl_max_map_count) return err{ENOMEM};
    return {};
}

// The flags of the area, if all that concerns them is allowed.
result<u32> check_rights(const mm_struct& mm, mmap_request& request) {
    u32 vm_flags = calc_vm_flags(request.prot, request.flags) | mm.def_flags | VM_MAYREAD |
                   VM_MAYWRITE | VM_MAYEXEC;
    if (request.flags & MAP_LOCKED && !can_do_mlock(mm)) return err{EPERM};
    if (!may_lock_more(mm, vm_flags, request.bytes)) return err{EAGAIN};
    const result<> checked = request.vm_file ? check_file(request, vm_flags)
                                             : check_anonymous(request, vm_flags);
    if (!checked) return err{checked.error()};
    if (request.flags & MAP_NORESERVE && overcommit.overcommit_memory != OVERCOMMIT_NEVER)
        vm_flags |= VM_NORESERVE;
    return vm_flags;
}

// Pages of the range that are mapped already: to replace them costs no address space.
u32 mapped_pages(mm_struct& mm, u32 start, u32 end) {
    u32 pages = 0;
    for (vm_area_struct* area = find_vma(mm, start); area && area->vm_start < end;
         area = area->vm_next)
        pages += (min_of(end, area->vm_end) - max_of(start, area->vm_start)) >> PAGE_SHIFT;
    return pages;
}

bool has_room_in_limits(mm_struct& mm, u32 vm_flags, u32 start, u32 bytes) {
    const u32 pages = bytes >> PAGE_SHIFT;
    return may_expand_vm(mm, vm_flags, pages) ||
           may_expand_vm(mm, vm_flags, pages - mapped_pages(mm, start, start + bytes));
}

// What stands behind the area: the file that is given, or one of zeroes that only those
// share who inherit it.
result<> bind_file(vm_area_struct& area, file* file) {
    if (!file) {
        const auto zeroes = shared_zeroes(*area.vm_mm, area.pages(), area.vm_flags);
        if (!zeroes) return err{zeroes.error()};
        area.vm_file = *zeroes;
        return {};
    }
    area.vm_file = get_file(file);
    if (!file->f_op->mmap) return {};
    const result<> bound = file->f_op->mmap(*file, area);
    if (!bound) fput(file);
    return bound;
}

result<vm_area_struct*> make_area(mm_struct& mm, file* file, u32 start, u32 end, u32 vm_flags,
                                  u32 pgoff) {
    vm_area_struct* const area = vm_area_alloc(mm);
    if (!area) return err{ENOMEM};
    area->vm_start = start;
    area->vm_end = end;
    area->vm_flags = vm_flags;
    area->vm_pgoff = pgoff;
    area->vm_page_prot = vm_get_page_prot(vm_flags);
    if (file || vm_flags & VM_SHARED)
        if (const result<> bound = bind_file(*area, file); !bound) {
            vm_area_free(area);
            return err{bound.error()};
        }
    return area;
}

// One that was made, and is nowhere yet.
void discard_area(vm_area_struct& area) {
    if (area.vm_ops && area.vm_ops->close) area.vm_ops->close(area);
    if (area.vm_file) fput(area.vm_file);
    vm_area_free(&area);
}

// In and counted: `pages` of them are new.
void count_new_pages(mm_struct& mm, vm_area_struct& area, u32 pages) {
    vm_stat_account(mm, area.vm_flags, pages);
    if (!(area.vm_flags & VM_LOCKED)) return;
    if (area.vm_flags & VM_SPECIAL) area.vm_flags &= ~VM_LOCKED_MASK;
    else mm.locked_vm += pages;
}

result<u32> mmap_locked(mm_struct& mm, mmap_request& request, bool& populate)
    REQUIRES(mm.mmap_sem) {
    if (const result<> checked = check_arguments(mm, request); !checked)
        return err{checked.error()};
    const result<vma_hole> room =
        find_room(mm, request.address, request.bytes, request.flags);
    if (!room) return err{room.error()};
    request.address = room->start;
    if (request.flags & MAP_FIXED_NOREPLACE &&
        find_vma_intersection(mm, room->start, room->start + request.bytes))
        return err{EEXIST};
    const result<u32> vm_flags = check_rights(mm, request);
    if (!vm_flags) return vm_flags;

    populate = *vm_flags & VM_LOCKED ||
               (request.flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE;
    if (request.flags & MAP_FIXED)
        return mmap_region_locked(mm, request.vm_file, request.address, request.bytes,
                                  *vm_flags, request.pgoff);
    if (!may_expand_vm(mm, *vm_flags, request.bytes >> PAGE_SHIFT)) return err{ENOMEM};
    return map_hole_locked(mm, request.vm_file, request.address, request.bytes, *vm_flags,
                           request.pgoff, room->around);
}

}  // namespace

result<u32> map_hole_locked(mm_struct& mm, file* file, u32 start, u32 bytes, u32 vm_flags,
                            u32 pgoff, const vma_neighbours& around,
                            vm_area_struct* prepared) {
    const u32 pages = bytes >> PAGE_SHIFT;
    const u32 end = start + bytes;
    scope_guard discard([&] {
        if (prepared) discard_area(*prepared);
    });
    if (is_accountable(vm_flags)) {
        if (!vm_enough_memory(mm, pages)) return err{ENOMEM};
        vm_flags |= VM_ACCOUNT;
    }
    if (vm_area_struct* const grown =
            vma_expand(mm, around, start, end, {vm_flags, nullptr, file}, pgoff)) {
        count_new_pages(mm, *grown, pages);
        return start;
    }
    if (!prepared) {
        const auto made = make_area(mm, file, start, end, vm_flags, pgoff);
        if (!made) {
            if (vm_flags & VM_ACCOUNT) vm_unacct_memory(pages);
            return err{made.error()};
        }
        prepared = *made;
    }
    discard.dismiss();
    prepared->vm_flags |= vm_flags & VM_ACCOUNT;
    vma_link_file(*prepared);
    vma_link(mm, *prepared, around.prev);
    count_new_pages(mm, *prepared, pages);
    return start;
}

// Where something goes first, the new area is made before that: there is no way back.
result<u32> mmap_region_locked(mm_struct& mm, file* file, u32 start, u32 bytes, u32 vm_flags,
                               u32 pgoff) {
    const u32 end = start + bytes;
    if (!has_room_in_limits(mm, vm_flags, start, bytes)) return err{ENOMEM};
    vma_neighbours around = find_vma_neighbours(mm, start);
    if (!around.next || around.next->vm_start >= end)
        return map_hole_locked(mm, file, start, bytes, vm_flags, pgoff, around);
    const auto made = make_area(mm, file, start, end, vm_flags, pgoff);
    if (!made) return err{made.error()};
    if (!unmap_areas_locked(mm, *around.next, start, end)) {
        discard_area(**made);
        return err{ENOMEM};
    }
    around = find_vma_neighbours(mm, start);
    return map_hole_locked(mm, file, start, bytes, vm_flags, pgoff, around, *made);
}

result<u32> do_mmap(mm_struct& mm, u32 address, u32 bytes, u32 prot, u32 flags, file* file,
                    u32 pgoff) {
    mmap_request request{address, bytes, prot, flags, file, pgoff};
    bool populate = false;
    const result<u32> mapped = [&] {
        const write_guard held(mm.mmap_sem);
        return mmap_locked(mm, request, populate);
    }();
    if (mapped && populate) mm_populate_if_possible(mm, *mapped, request.bytes);
    return mapped;
}
