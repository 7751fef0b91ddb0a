// The calls of the model by which areas come and go: mmap, munmap, brk, fork; and how they
// are listed.
#include "host-tests/models/address_space_flags.hpp"
#include "host-tests/models/address_space_model.hpp"

#include <algorithm>

// ---- mapping -----------------------------------------------------------------------
u32 address_space_model::mmap(u32 address, u32 length, u32 protection, u32 flags,
                              bool of_file, u64 offset) {
    if (offset % 4096 != 0) return error(EINVAL_);
    const u32 page_offset = static_cast<u32>(offset >> 12);
    if (length == 0) return error(EINVAL_);
    const bool fixed = (flags & (VM_MAP_FIXED | VM_MAP_FIXED_NOREPLACE)) != 0;
    if (!fixed) {
        address &= ~4095u;
        if (address != 0 && address < layout_.mmap_min_addr)
            address = layout_.mmap_min_addr;
    }
    length = (length + 4095) & ~4095u;
    if (length == 0) return error(ENOMEM_);
    if (page_offset + (length >> 12) < page_offset) return error(EOVERFLOW_);
    if (areas_.size() > MAX_AREAS) return error(ENOMEM_);
    address = unmapped_area(address, length, fixed);
    if (is_error(address)) return address;
    if ((flags & VM_MAP_FIXED_NOREPLACE) != 0 && intersects(address, address + length))
        return error(EEXIST_);

    u32 made = (protection & 7) | default_flags_;
    if ((flags & VM_MAP_GROWSDOWN) != 0) made |= AREA_GROWSDOWN;
    if ((flags & VM_MAP_LOCKED) != 0) made |= AREA_LOCKED;
    if ((flags & VM_MAP_SYNC) != 0) made |= AREA_SYNC;
    if ((flags & VM_MAP_LOCKED) != 0 && limit_memlock_ == 0) return error(EPERM_);
    if (const u32 failed = future_lock_error(made, length)) return failed;

    of_file = (flags & VM_MAP_ANONYMOUS) == 0;
    const u32 type = flags & 15;
    u32 first = address >> 12;
    if (of_file) {
        constexpr u64 largest = u64{0xffffffff} << 12;
        if (page_offset > (largest - length) >> 12) return error(EOVERFLOW_);
        if (type == VM_MAP_SHARED_VALIDATE && (flags & ~MAP_KNOWN) != 0)
            return error(EOPNOTSUPP_);
        if (type == 0 || type > VM_MAP_SHARED_VALIDATE) return error(EINVAL_);
        first = page_offset;
    } else if (type != VM_MAP_SHARED && type != VM_MAP_PRIVATE) {
        return error(EINVAL_);
    }
    if (type != VM_MAP_PRIVATE) made |= AREA_SHARED;
    if (type != VM_MAP_PRIVATE && !of_file) first = 0;
    if ((made & AREA_GROWSDOWN) != 0 && (of_file || type != VM_MAP_PRIVATE))
        return error(EINVAL_);
    if ((flags & VM_MAP_NORESERVE) != 0) made |= AREA_NORESERVE;

    address = map_region(address, length, made, of_file ? file_ : nullptr, first);
    if (is_error(address)) return address;
    const bool asked = (flags & (VM_MAP_POPULATE | VM_MAP_NONBLOCK)) == VM_MAP_POPULATE;
    if ((made & AREA_LOCKED) != 0 || asked) populate(address, address + length, true);
    return address;
}

u32 address_space_model::map_region(u32 address, u32 length, u32 flags,
                                    std::shared_ptr<object> file, u32 offset) {
    const u32 pages = length >> 12;
    const u32 end = address + length;
    if (!may_expand(flags, pages)) {
        u32 replaced = 0;
        for (const area& there : areas_)
            if (there.start < end && there.end > address)
                replaced +=
                    (std::min(end, there.end) - std::max(address, there.start)) >> 12;
        if (!may_expand(flags, pages - replaced)) return error(ENOMEM_);
    }
    if (unmap(address, length) != 0) return error(ENOMEM_);
    if ((flags & (AREA_NORESERVE | AREA_SHARED | AREA_WRITE)) == AREA_WRITE) {
        if (!enough_memory(pages)) return error(ENOMEM_);
        flags |= AREA_ACCOUNT;
    }
    if (!merge_new({address, end, flags, 0, file.get(), offset})) {
        if (!file && (flags & AREA_SHARED) != 0) {
            if ((flags & AREA_NORESERVE) == 0 && !enough_memory(pages))
                return error(ENOMEM_);
            file = std::make_shared<object>();
            file->backing = vm_backing::shared_anonymous;
            file->size = length;
        }
        insert(address, end, flags, file, offset);
    }
    account(flags, pages);
    if ((flags & AREA_LOCKED) != 0) locked_pages_ += pages;
    return address;
}

u32 address_space_model::munmap(u32 address, u32 length) { return unmap(address, length); }

u32 address_space_model::unmap(u32 start, u32 length) {
    if (start % 4096 != 0 || start > layout_.task_size ||
        length > layout_.task_size - start)
        return error(EINVAL_);
    const u32 end = start + ((length + 4095) & ~4095u);
    if (end == start) return error(EINVAL_);
    if (!intersects(start, end)) return 0;
    const area* const first = find(start);
    if (first != nullptr && first->start < start && end < first->end &&
        areas_.size() >= MAX_AREAS)
        return error(ENOMEM_);
    split(start);
    split(end);
    std::erase_if(areas_, [&](const area& there) {
        if (there.start < start || there.end > end) return false;
        if ((there.flags & AREA_LOCKED) != 0) locked_pages_ -= there.pages();
        account(there.flags, 0 - there.pages());
        return true;
    });
    forget_private(start, end);
    return 0;
}

// ---- the heap ----------------------------------------------------------------------
u32 address_space_model::brk(u32 address) {
    if (address < layout_.start_brk) return brk_;
    if (limit_data_ != VM_RLIM_INFINITY &&
        address - layout_.start_brk + layout_.data_size > limit_data_)
        return brk_;
    const u32 wanted = (address + 4095) & ~4095u;
    const u32 now = (brk_ + 4095) & ~4095u;
    if (wanted == now) return brk_ = address;
    if (address <= brk_) {
        const size_t first = index_at_or_after(wanted);
        if (first == areas_.size() || areas_[first].start >= now) return brk_;
        if (unmap(wanted, now - wanted) != 0) return brk_;
        return brk_ = address;
    }
    if (is_error(unmapped_area(now, wanted - now, true))) return brk_;
    if (future_lock_error(default_flags_, wanted - now) != 0) return brk_;
    const size_t next = index_at_or_after(now);
    if (next < areas_.size() &&
        wanted + 4096 > gap_below(areas_[next].start, areas_[next].flags) &&
        areas_[next].start <= wanted - 1 + 4096 + GUARD_GAP)
        return brk_;
    if (expand_brk(now, wanted - now) != 0) return brk_;
    if ((default_flags_ & AREA_LOCKED) != 0) populate(now, wanted, true);
    return brk_ = address;
}

// The heap's own area grows, if it may; what lies behind it is not asked.
u32 address_space_model::expand_brk(u32 start, u32 length) {
    const u32 flags = AREA_READ | AREA_WRITE | AREA_ACCOUNT | default_flags_;
    const u32 pages = length >> 12;
    if (!may_expand(flags, pages) || areas_.size() > MAX_AREAS || !enough_memory(pages))
        return error(ENOMEM_);
    const candidate heap{start, start + length, flags, 0, nullptr, start >> 12};
    const size_t next = index_at_or_after(start);
    area* const before = next > 0 ? &areas_[next - 1] : nullptr;
    if (before != nullptr && before->end > layout_.start_brk && joins_behind(*before, heap))
        before->end = start + length;
    else
        insert(start, start + length, flags, nullptr, start >> 12);
    total_pages_ += pages;
    data_pages_ += pages;
    if ((flags & AREA_LOCKED) != 0) locked_pages_ += pages;
    return 0;
}

// ---- what can be seen --------------------------------------------------------------
void address_space_model::maps(vm_maps& listing) {
    listing = vm_maps();
    for (const area& there : areas_) {
        vm_maps_line line;
        line.start = there.start;
        line.end = there.end;
        line.protection = static_cast<u8>(there.flags & 7);
        line.shared = (there.flags & AREA_SHARED) != 0;
        line.backing = there.file ? there.file->backing : vm_backing::anonymous;
        line.page_offset = there.file ? there.offset : 0;
        listing.add(line);
    }
}

u32 address_space_model::fork(const std::function<void(vm_machine&)>& child) {
    for (const area& there : areas_)
        if ((there.flags & (AREA_ACCOUNT | AREA_DONTCOPY)) == AREA_ACCOUNT &&
            !enough_memory(there.pages()))
            return error(ENOMEM_);
    address_space_model copy = *this;
    copy.default_flags_ = 0;
    copy.locked_pages_ = 0;
    for (area& there : copy.areas_) {
        there.flags &= ~AREA_LOCKS;
        const bool wiped = (there.flags & AREA_WIPEONFORK) != 0;
        const bool left = (there.flags & AREA_DONTCOPY) != 0;
        if (left) copy.account(there.flags, 0 - there.pages());
        if (left || wiped || there.anon == 0) copy.forget_private(there.start, there.end);
        if (wiped) there.anon = there.anon_links = 0;
        if (there.anon == 0) continue;
        there.anon = ++copy.anons_;
        ++there.anon_links;
    }
    std::erase_if(copy.areas_,
                  [](const area& a) { return (a.flags & AREA_DONTCOPY) != 0; });
    family_->push_back(&copy);
    child(copy);
    family_->pop_back();
    return 0;
}
