// mremap of the model: in place, shorter, or somewhere else.
#include "host-tests/models/address_space_flags.hpp"
#include "host-tests/models/address_space_model.hpp"

u32 address_space_model::mremap(u32 address, u32 old_length, u32 new_length, u32 flags,
                                u32 new_address) {
    constexpr u32 known = VM_MREMAP_MAYMOVE | VM_MREMAP_FIXED | VM_MREMAP_DONTUNMAP;
    const bool may_move = (flags & VM_MREMAP_MAYMOVE) != 0;
    if ((flags & ~known) != 0) return error(EINVAL_);
    if ((flags & VM_MREMAP_FIXED) != 0 && !may_move) return error(EINVAL_);
    if ((flags & VM_MREMAP_DONTUNMAP) != 0 && (!may_move || old_length != new_length))
        return error(EINVAL_);
    if (address % 4096 != 0) return error(EINVAL_);
    old_length = (old_length + 4095) & ~4095u;
    new_length = (new_length + 4095) & ~4095u;
    if (new_length == 0) return error(EINVAL_);
    if (find(address) == nullptr) return error(EFAULT_);

    bool locked = false;
    u32 answer = 0;
    if ((flags & (VM_MREMAP_FIXED | VM_MREMAP_DONTUNMAP)) != 0) {
        answer = remap_to(address, old_length, new_address, new_length, flags, locked);
    } else if (old_length >= new_length) {
        if (old_length == new_length) return address;
        answer = unmap(address + new_length, old_length - new_length);
        return answer != 0 ? answer : address;
    } else {
        if (const u32 failed = check_resize(address, old_length, new_length)) return failed;
        if (expand_in_place(address, old_length, new_length, answer)) {
            locked = !is_error(answer) && (find(address)->flags & AREA_LOCKED) != 0;
        } else if (!may_move) {
            return error(ENOMEM_);
        } else {
            answer = unmapped_area(0, new_length, false);
            if (is_error(answer)) return answer;
            answer = move(address, old_length, new_length, answer, flags, locked);
        }
    }
    if (!is_error(answer) && locked && new_length > old_length)
        populate(answer + old_length, answer + new_length, true);
    return answer;
}

// vma_to_resize.
u32 address_space_model::check_resize(u32 address, u32 old_length, u32 new_length) {
    const area* const there = find(address);
    if (there == nullptr) return error(EFAULT_);
    if (old_length == 0 && (there->flags & AREA_SHARED) == 0) return error(EINVAL_);
    if (old_length > there->end - address) return error(EFAULT_);
    if (new_length == old_length) return 0;
    const u32 offset = there->offset_of(address);
    if (offset + (new_length >> 12) < offset) return error(EINVAL_);
    const u32 more = new_length - old_length;
    if (const u32 failed = future_lock_error(there->flags, more)) return failed;
    return may_expand(there->flags, more >> 12) ? 0 : error(ENOMEM_);
}

// false: it cannot stay where it is. true: the answer is there, good or bad.
bool address_space_model::expand_in_place(u32 address, u32 old_length, u32 new_length,
                                          u32& answer) {
    const area& there = *find(address);
    const u32 more = new_length - old_length;
    const u32 end = there.end + more;
    if (old_length != there.end - address || end < there.end) return false;
    if (intersects(there.end, end)) return false;
    if (is_error(unmapped_area(there.start, end - there.start, true))) return false;
    answer = error(ENOMEM_);
    if ((there.flags & AREA_ACCOUNT) != 0 && !enough_memory(more >> 12)) return true;
    const u32 flags = there.flags;
    const u32 offset = there.offset_of(there.end);
    if (!merge({there.end, end, flags, there.anon, there.file.get(), offset})) return true;
    account(flags, more >> 12);
    if ((flags & AREA_LOCKED) != 0) locked_pages_ += more >> 12;
    answer = address;
    return true;
}

u32 address_space_model::remap_to(u32 address, u32 old_length, u32 new_address,
                                  u32 new_length, u32 flags, bool& locked) {
    const bool fixed = (flags & VM_MREMAP_FIXED) != 0;
    if (new_address % 4096 != 0) return error(EINVAL_);
    if (new_length > layout_.task_size || new_address > layout_.task_size - new_length)
        return error(EINVAL_);
    if (address + old_length > new_address && new_address + new_length > address)
        return error(EINVAL_);
    if (areas_.size() + 2 >= MAX_AREAS - 3) return error(ENOMEM_);
    if (fixed)
        if (const u32 failed = unmap(new_address, new_length)) return failed;
    if (old_length > new_length) {
        const u32 cut = old_length - new_length;
        if (const u32 failed = unmap(address + new_length, cut)) return failed;
        old_length = new_length;
    }
    if (const u32 failed = check_resize(address, old_length, new_length)) return failed;
    const bool keep = (flags & VM_MREMAP_DONTUNMAP) != 0;
    if (keep && !may_expand(find(address)->flags, old_length >> 12)) return error(ENOMEM_);
    const u32 where = unmapped_area(new_address, new_length, fixed);
    if (is_error(where)) return where;
    return move(address, old_length, new_length, where, flags, locked);
}

// move_vma: a copy of the area, its pages into it, and the old place given up or emptied.
u32 address_space_model::move(u32 address, u32 old_length, u32 new_length, u32 new_address,
                              u32 flags, bool& locked) {
    const bool keep = (flags & VM_MREMAP_DONTUNMAP) != 0;
    const u32 old_flags = find(address)->flags;
    if (areas_.size() >= MAX_AREAS - 3) return error(ENOMEM_);
    if (keep && (old_flags & AREA_LOCKED) != 0 && layout_.old_dontunmap == 0) {
        if (const u32 failed = split(address)) return failed;
        if (const u32 failed = split(address + old_length)) return failed;
    }
    const u32 charged = (keep ? new_length : new_length - old_length) >> 12;
    if ((old_flags & AREA_ACCOUNT) != 0 && !enough_memory(charged)) return error(ENOMEM_);
    copy_area(address, new_address, new_length, keep);
    move_private(address, new_address, old_length);
    account(old_flags, new_length >> 12);
    if (keep) {
        area& left = *find(address);
        left.flags &= ~AREA_LOCKS;
        if (left.start == address && left.end == address + old_length) {
            left.anon = left.anon_links = 0;
            if (!left.file && layout_.old_dontunmap == 0) left.offset = left.start >> 12;
        }
        return new_address;
    }
    unmap(address, old_length);
    if ((old_flags & AREA_LOCKED) != 0) {
        locked_pages_ += new_length >> 12;
        locked = true;
    }
    return new_address;
}

// copy_vma. What has no page yet takes the offset of its new place, which lets it join its
// neighbours there; even the area that it comes from.
void address_space_model::copy_area(u32 address, u32 new_address, u32 new_length,
                                    bool keep) {
    const area old = *find(address);
    const u32 end = new_address + new_length;
    const bool untouched = !old.file && old.anon == 0;
    const u32 offset = untouched ? new_address >> 12 : old.offset_of(address);
    const bool apart = keep && layout_.old_dontunmap == 0;
    const bool beside = untouched && apart && (new_address == old.end || old.start == end);
    if (!beside && merge({new_address, end, old.flags, old.anon, old.file.get(), offset}))
        return;
    area made = old;
    made.start = new_address;
    made.end = end;
    made.offset = offset;
    insert(made);
}
