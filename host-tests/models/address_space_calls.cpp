// The calls of the model that change areas which are there: protection, advice, locks.
#include "host-tests/models/address_space_flags.hpp"
#include "host-tests/models/address_space_model.hpp"

#include <algorithm>

// ---- protection --------------------------------------------------------------------
u32 address_space_model::mprotect(u32 address, u32 length, u32 protection) {
    const u32 grows = protection & (VM_PROT_GROWSDOWN | VM_PROT_GROWSUP);
    protection &= ~grows;
    if (grows == (VM_PROT_GROWSDOWN | VM_PROT_GROWSUP)) return error(EINVAL_);
    if (address % 4096 != 0) return error(EINVAL_);
    if (length == 0) return 0;
    const u32 end = address + ((length + 4095) & ~4095u);
    if (end <= address) return error(ENOMEM_);
    constexpr u32 semaphores = 8;
    if ((protection & ~(AREA_ACCESS | semaphores)) != 0) return error(EINVAL_);
    protection &= AREA_ACCESS;

    const size_t i = index_at_or_after(address);
    if (i == areas_.size()) return error(ENOMEM_);
    if (grows == VM_PROT_GROWSDOWN) {
        if (areas_[i].start >= end) return error(ENOMEM_);
        if ((areas_[i].flags & AREA_GROWSDOWN) == 0) return error(EINVAL_);
        address = areas_[i].start;
    } else {
        if (areas_[i].start > address) return error(ENOMEM_);
        if (grows != 0) return error(EINVAL_);
    }
    while (address < end) {
        const area* const there = find(address);
        if (there == nullptr) return error(ENOMEM_);
        const u32 stop = std::min(end, there->end);
        const u32 pages = (stop - address) >> 12;
        const u32 old = there->flags;
        u32 flags = (old & ~AREA_ACCESS) | protection;
        if (flags != old && (flags & AREA_WRITE) != 0) {
            if (!may_expand(flags, pages) && may_expand(old, pages)) return error(ENOMEM_);
            constexpr u32 counted =
                AREA_ACCOUNT | AREA_WRITE | AREA_SHARED | AREA_NORESERVE;
            if ((old & counted) == 0) {
                if (!enough_memory(pages)) return error(ENOMEM_);
                flags |= AREA_ACCOUNT;
            }
        }
        if (const u32 failed = set_flags(address, stop, flags)) return failed;
        const bool locked = (old & (AREA_WRITE | AREA_SHARED | AREA_LOCKED)) == AREA_LOCKED;
        if (locked && (flags & AREA_WRITE) != 0)
            populate_area(*find(address), address, stop);
        account(old, 0 - pages);
        account(flags, pages);
        address = stop;
    }
    return 0;
}

// ---- advice ------------------------------------------------------------------------
u32 address_space_model::madvise(u32 address, u32 length, u32 advice) {
    switch (advice) {
        case VM_MADV_NORMAL: case VM_MADV_RANDOM: case VM_MADV_SEQUENTIAL:
        case VM_MADV_WILLNEED:
        case VM_MADV_DONTNEED:
        case VM_MADV_FREE:
        case VM_MADV_REMOVE:
        case VM_MADV_DONTFORK: case VM_MADV_DOFORK: case VM_MADV_WIPEONFORK:
        case VM_MADV_KEEPONFORK: break;
        default: return error(EINVAL_);
    }
    if (address % 4096 != 0) return error(EINVAL_);
    const u32 rounded = (length + 4095) & ~4095u;
    if (length != 0 && rounded == 0) return error(EINVAL_);
    const u32 end = address + rounded;
    if (end < address) return error(EINVAL_);
    bool holes = false;
    // Holes are stepped over, and told of in the end.
    while (address < end) {
        const size_t i = index_at_or_after(address);
        if (i == areas_.size()) return error(ENOMEM_);
        if (areas_[i].start > address) {
            holes = true;
            address = areas_[i].start;
            if (address >= end) break;
        }
        const u32 stop = std::min(end, areas_[i].end);
        if (const u32 failed = advise(address, stop, advice)) return failed;
        address = stop;
    }
    return holes ? error(ENOMEM_) : 0;
}

// Of a range within one area.
u32 address_space_model::advise(u32 start, u32 end, u32 advice) {
    area& there = *find(start);
    const bool locked = (there.flags & AREA_LOCKED) != 0;
    u32 flags = there.flags;
    switch (advice) {
        case VM_MADV_WILLNEED: return 0;
        case VM_MADV_DONTNEED:
            if (locked) return error(EINVAL_);
            forget_private(start, end);
            return 0;
        case VM_MADV_FREE: return locked || there.file ? error(EINVAL_) : 0;
        case VM_MADV_REMOVE:
            if (locked || !there.file) return error(EINVAL_);
            if ((flags & AREA_SHARED) == 0) return error(EACCES_);
            punch(*there.file, there.offset_of(start), (end - start) >> 12);
            return 0;
        case VM_MADV_NORMAL: flags &= ~(AREA_RANDOM | AREA_SEQUENTIAL); break;
        case VM_MADV_RANDOM: flags = (flags & ~AREA_SEQUENTIAL) | AREA_RANDOM; break;
        case VM_MADV_SEQUENTIAL: flags = (flags & ~AREA_RANDOM) | AREA_SEQUENTIAL; break;
        case VM_MADV_DONTFORK: flags |= AREA_DONTCOPY; break;
        case VM_MADV_DOFORK: flags &= ~AREA_DONTCOPY; break;
        case VM_MADV_WIPEONFORK:
            if (there.file) return error(EINVAL_);
            flags |= AREA_WIPEONFORK;
            break;
        case VM_MADV_KEEPONFORK: flags &= ~AREA_WIPEONFORK; break;
    }
    return set_flags(start, end, flags) != 0 ? error(EAGAIN_) : 0;
}

u32 address_space_model::msync(u32 address, u32 length, u32 flags) {
    constexpr u32 known = VM_MS_ASYNC | VM_MS_INVALIDATE | VM_MS_SYNC;
    if ((flags & ~known) != 0 || address % 4096 != 0) return error(EINVAL_);
    if ((flags & VM_MS_ASYNC) != 0 && (flags & VM_MS_SYNC) != 0) return error(EINVAL_);
    const u32 end = address + ((length + 4095) & ~4095u);
    if (end < address) return error(ENOMEM_);
    bool holes = false;
    while (address < end) {
        const size_t i = index_at_or_after(address);
        if (i == areas_.size()) return error(ENOMEM_);
        if (areas_[i].start > address) {
            if (flags == VM_MS_ASYNC || areas_[i].start >= end) return error(ENOMEM_);
            holes = true;
        }
        if ((flags & VM_MS_INVALIDATE) != 0 && (areas_[i].flags & AREA_LOCKED) != 0)
            return error(EBUSY_);
        address = areas_[i].end;
    }
    return holes ? error(ENOMEM_) : 0;
}

// ---- locks -------------------------------------------------------------------------
u32 address_space_model::mlock(u32 address, u32 length) {
    return lock(address, length, AREA_LOCKED);
}

u32 address_space_model::mlock2(u32 address, u32 length, u32 flags) {
    if ((flags & ~VM_MLOCK_ONFAULT) != 0) return error(EINVAL_);
    return lock(address, length, flags != 0 ? AREA_LOCKS : AREA_LOCKED);
}

u32 address_space_model::munlock(u32 address, u32 length) {
    length = (length + address % 4096 + 4095) & ~4095u;
    return change_locks(address & ~4095u, length, 0);
}

u32 address_space_model::lock(u32 address, u32 length, u32 flags) {
    if (limit_memlock_ == 0) return error(EPERM_);
    length = (length + address % 4096 + 4095) & ~4095u;
    address &= ~4095u;
    u32 wanted = (length >> 12) + locked_pages_;
    // What is locked already is not locked twice.
    if (wanted > limit_memlock_ >> 12) wanted -= locked_pages(address, length);
    if (wanted > limit_memlock_ >> 12) return error(ENOMEM_);
    if (const u32 failed = change_locks(address, length, flags)) return failed;
    return populate(address, address + length, false) != 0 ? error(ENOMEM_) : 0;
}

u32 address_space_model::locked_pages(u32 start, u32 length) const {
    const u32 end = start + length < start ? ~0u : start + length;
    u32 count = 0;
    for (const area& there : areas_) {
        if (there.end <= start || there.start >= end) continue;
        if ((there.flags & AREA_LOCKED) == 0) continue;
        count += std::min(end, there.end) - std::max(start, there.start);
    }
    return count >> 12;
}

u32 address_space_model::change_locks(u32 start, u32 length, u32 locks) {
    const u32 end = start + length;
    if (end < start) return error(EINVAL_);
    while (start < end) {
        const area* const there = find(start);
        if (there == nullptr) return error(ENOMEM_);
        const u32 stop = std::min(end, there->end);
        const u32 old = there->flags;
        const u32 flags = (old & ~AREA_LOCKS) | locks;
        if (const u32 failed = set_flags(start, stop, flags)) return failed;
        const bool was = (old & AREA_LOCKED) != 0, is = (locks & AREA_LOCKED) != 0;
        const u32 pages = (stop - start) >> 12;
        if (was != is) locked_pages_ += is ? pages : 0 - pages;
        start = stop;
    }
    return 0;
}

u32 address_space_model::mlockall(u32 flags) {
    constexpr u32 known = VM_MCL_CURRENT | VM_MCL_FUTURE | VM_MCL_ONFAULT;
    if (flags == 0 || (flags & ~known) != 0 || flags == VM_MCL_ONFAULT)
        return error(EINVAL_);
    if (limit_memlock_ == 0) return error(EPERM_);
    const bool current = (flags & VM_MCL_CURRENT) != 0;
    if (current && total_pages_ > limit_memlock_ >> 12) return error(ENOMEM_);
    const u32 locks = (flags & VM_MCL_ONFAULT) != 0 ? AREA_LOCKS : AREA_LOCKED;
    default_flags_ = (flags & VM_MCL_FUTURE) != 0 ? locks : 0;
    if (!current) return 0;
    change_all_locks(locks);
    populate(0, layout_.task_size, true);
    return 0;
}

u32 address_space_model::munlockall() {
    default_flags_ = 0;
    change_all_locks(0);
    return 0;
}

void address_space_model::change_all_locks(u32 locks) {
    for (u32 at = 0; index_at_or_after(at) < areas_.size();) {
        const area& there = areas_[index_at_or_after(at)];
        at = there.end;
        change_locks(there.start, there.end - there.start, locks);
    }
}

u32 address_space_model::setrlimit(u32 resource, u32 soft) {
    switch (resource) {
        case VM_RLIMIT_AS: limit_as_ = soft; break;
        case VM_RLIMIT_DATA: limit_data_ = soft; break;
        case VM_RLIMIT_STACK: limit_stack_ = soft; break;
        case VM_RLIMIT_MEMLOCK: limit_memlock_ = soft; break;
    }
    return 0;
}
