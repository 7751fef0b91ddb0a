// The areas of the model: how they are placed, joined, split, and counted.
#include "host-tests/models/address_space_model.hpp"

#include "host-tests/models/address_space_flags.hpp"

#include <algorithm>

address_space_model::address_space_model(const vm_layout& layout)
    : layout_(layout),
      file_(std::make_shared<object>()),
      brk_(layout.start_brk),
      limit_stack_(layout.stack_limit),
      limit_memlock_(layout.memlock_limit),
      family_(std::make_shared<std::vector<address_space_model*>>()) {
    family_->push_back(this);
    const auto program = std::make_shared<object>();
    program->backing = vm_backing::program;
    program->size = ~u32{0};
    for (u32 i = 0; i < layout.maps.count; ++i) {
        const vm_maps_line& line = layout.maps.lines[i];
        const bool stack = line.end == layout.stack_end;
        const bool writable = (line.protection & VM_PROT_WRITE) != 0;
        area made;
        made.start = line.start;
        made.end = line.end;
        made.flags = line.protection;
        if (writable) made.flags |= AREA_ACCOUNT;
        if (stack) made.flags |= AREA_GROWSDOWN;
        if (line.backing == vm_backing::program) made.file = program;
        made.offset = made.file ? line.page_offset : line.start >> 12;
        if (writable) {
            made.anon = ++anons_;
            made.anon_links = 1;
        }
        if (stack)
            for (u32 at = line.start; at != line.end; at += 4096)
                private_[at >> 12] = std::make_shared<bytes>();
        areas_.push_back(made);
        account(made.flags, made.pages());
    }
    // Made once: there are many models.
    static const std::map<u32, bytes> content = [] {
        std::map<u32, bytes> pages;
        for (u32 at = 0; at < VM_FILE_SIZE; ++at)
            pages[at >> 12][at % 4096] = vm_file_byte(at);
        return pages;
    }();
    file_->size = VM_FILE_SIZE;
    for (const auto& [page, bytes_of_it] : content) *page_of(*file_, page) = bytes_of_it;
}

// ---- finding -----------------------------------------------------------------------
size_t address_space_model::index_at_or_after(u32 address) const {
    const area* const first = areas_.data();
    size_t low = 0, high = areas_.size();
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (first[middle].end <= address) low = middle + 1;
        else high = middle;
    }
    return low;
}

address_space_model::area* address_space_model::find(u32 address) {
    const size_t i = index_at_or_after(address);
    return i < areas_.size() && areas_[i].start <= address ? &areas_[i] : nullptr;
}

bool address_space_model::intersects(u32 start, u32 end) const {
    const size_t i = index_at_or_after(start);
    return i < areas_.size() && areas_[i].start < end;
}

// ---- joining -----------------------------------------------------------------------
bool address_space_model::joins_flags(const area& there, const candidate& joining) {
    return there.flags == joining.flags && there.file.get() == joining.file;
}

// There: the area whose links are asked for, or none where both sides join each other.
bool address_space_model::joins_anon(u32 anon, u32 others, const area* there) {
    if ((anon == 0 || others == 0) && (there == nullptr || there->anon_links == 1))
        return true;
    return anon == others;
}

bool address_space_model::joins_before(const area& there, const candidate& joining) {
    return joining.end == there.start && joins_flags(there, joining) &&
           joins_anon(joining.anon, there.anon, &there) &&
           there.offset == joining.offset + ((joining.end - joining.start) >> 12);
}

bool address_space_model::joins_behind(const area& there, const candidate& joining) {
    return there.end == joining.start && joins_flags(there, joining) &&
           joins_anon(joining.anon, there.anon, &there) &&
           there.offset + there.pages() == joining.offset;
}

void address_space_model::import_anon(area& to, const area& from) {
    if (to.anon != 0 || from.anon == 0) return;
    to.anon = from.anon;
    to.anon_links = from.anon_links;
}

// Linux's vma_merge. The range is a hole, or a part of one area whose flags change:
//
//      before    the area that begins below the range (perhaps the one it is part of)
//      mid       what follows it: the area that begins with the range, or behind it
//      next      the area at the end of the range, if there is one
bool address_space_model::merge(const candidate& joining) {
    size_t mid = 0;
    while (mid < areas_.size() && areas_[mid].start < joining.start) ++mid;
    area* const before = mid > 0 ? &areas_[mid - 1] : nullptr;
    size_t next = mid;
    if (mid < areas_.size() && areas_[mid].end == joining.end) ++next;
    const bool mid_goes = next != mid;
    const bool to_before = before != nullptr && joins_behind(*before, joining);
    const bool to_next = next < areas_.size() && joins_before(areas_[next], joining);
    const auto erase = [&](size_t first, size_t end) {
        areas_.erase(areas_.begin() + first, areas_.begin() + end);
    };
    if (to_before && to_next && joins_anon(before->anon, areas_[next].anon, nullptr)) {
        before->end = areas_[next].end;
        if (mid_goes) import_anon(*before, areas_[mid]);
        import_anon(*before, areas_[next]);
        erase(mid, next + 1);
        return true;
    }
    if (to_before) {
        before->end = joining.end;
        if (mid < areas_.size() && areas_[mid].start < joining.end) {
            import_anon(*before, areas_[mid]);
            areas_[mid].offset = areas_[mid].offset_of(joining.end);
            areas_[mid].start = joining.end;
            if (mid_goes) erase(mid, next);
        }
        return true;
    }
    if (!to_next) return false;
    area& after = areas_[next];
    after.offset -= (after.start - joining.start) >> 12;
    after.start = joining.start;
    if (before != nullptr && joining.start < before->end) {
        import_anon(after, *before);
        before->end = joining.start;
    } else if (mid_goes) {
        import_anon(after, areas_[mid]);
        erase(mid, next);
    }
    return true;
}

// What mmap does in place of it: the area behind the new range is asked first, and the one
// before it joins only with that one's anon_vma.
bool address_space_model::merge_new(const candidate& joining) {
    const size_t next = index_at_or_after(joining.start);
    area* const after = next < areas_.size() && joins_before(areas_[next], joining)
                            ? &areas_[next] : nullptr;
    candidate with = joining;
    if (after != nullptr) with.anon = after->anon;
    const bool to_before = next > 0 && joins_behind(areas_[next - 1], with);
    area* const before = to_before ? &areas_[next - 1] : nullptr;
    if (before != nullptr) {
        before->end = after != nullptr ? after->end : joining.end;
        if (after == nullptr) return true;
        import_anon(*before, *after);
        areas_.erase(areas_.begin() + next);
        return true;
    }
    if (after == nullptr) return false;
    after->offset = joining.offset;
    after->start = joining.start;
    return true;
}

u32 address_space_model::split(u32 address) {
    area* const there = find(address);
    if (there == nullptr || there->start == address) return 0;
    if (areas_.size() >= MAX_AREAS) return error(ENOMEM_);
    area upper = *there;
    upper.start = address;
    upper.offset = there->offset_of(address);
    there->end = address;
    areas_.insert(areas_.begin() + (there - areas_.data()) + 1, upper);
    return 0;
}

void address_space_model::insert(const area& made) {
    areas_.insert(areas_.begin() + index_at_or_after(made.start), made);
}

void address_space_model::insert(u32 start, u32 end, u32 flags,
                                 std::shared_ptr<object> file, u32 offset) {
    area made;
    made.start = start;
    made.end = end;
    made.flags = flags;
    made.file = std::move(file);
    made.offset = offset;
    insert(made);
}

// Of a range within one area.
u32 address_space_model::set_flags(u32 start, u32 end, u32 flags) {
    const area& there = *find(start);
    if (there.flags == flags) return 0;
    if (merge({start, end, flags, there.anon, there.file.get(), there.offset_of(start)}))
        return 0;
    if (const u32 failed = split(start)) return failed;
    if (const u32 failed = split(end)) return failed;
    find(start)->flags = flags;
    return 0;
}

// ---- counting ----------------------------------------------------------------------
static bool is_data(u32 flags) {
    return (flags & (AREA_WRITE | AREA_SHARED | AREA_GROWSDOWN)) == AREA_WRITE;
}

// A negative number of pages gives them back.
void address_space_model::account(u32 flags, u32 pages) {
    total_pages_ += pages;
    if (is_data(flags)) data_pages_ += pages;
}

bool address_space_model::may_expand(u32 flags, u32 pages) const {
    if (total_pages_ + pages > limit_as_ >> 12) return false;
    return !is_data(flags) || data_pages_ + pages <= limit_data_ >> 12;
}

u32 address_space_model::future_lock_error(u32 flags, u32 length) const {
    if ((flags & AREA_LOCKED) == 0) return 0;
    return (length >> 12) + locked_pages_ > limit_memlock_ >> 12 ? error(EAGAIN_) : 0;
}

// ---- placing -----------------------------------------------------------------------
// The highest room below mmap_base. Of a room that ends in a stack's guard gap, and of all
// that is above the gap's lower end, nothing is used.
u32 address_space_model::highest_gap(u32 length) const {
    u32 top = layout_.mmap_base;
    for (size_t i = areas_.size() + 1; i-- > 0;) {
        const u32 bottom = std::max(i > 0 ? areas_[i - 1].end : 0, layout_.mmap_min_addr);
        const bool last = i == areas_.size();
        const u32 end = last ? top : std::min(top, areas_[i].start);
        if (end <= bottom || end - bottom < length) continue;
        const u32 guarded = last ? top : gap_below(areas_[i].start, areas_[i].flags);
        if (guarded >= end) return end - length;
        top = guarded;
        ++i;  // the same room once more, without the gap
    }
    return error(ENOMEM_);
}

// Where that is full: the lowest room from a third of the address space on.
u32 address_space_model::lowest_gap(u32 length) const {
    u32 lowest = (layout_.task_size / 3 + 4095) & ~4095u;
    for (size_t i = 0; i <= areas_.size(); ++i) {
        const u32 bottom = std::max(i > 0 ? areas_[i - 1].end : 0, lowest);
        const u32 end = i < areas_.size() ? areas_[i].start : layout_.task_size;
        if (end <= bottom || end - bottom < length) continue;
        if (i == areas_.size()) return bottom;
        if (gap_below(end, areas_[i].flags) >= bottom + length) return bottom;
    }
    return error(ENOMEM_);
}

// get_unmapped_area: where a mapping goes, or why it goes nowhere.
u32 address_space_model::unmapped_area(u32 address, u32 length, bool fixed) const {
    const u32 top = layout_.task_size;
    if (length > top - layout_.mmap_min_addr) return error(ENOMEM_);
    if (!fixed) {
        const u32 hint = (address + 4095) & ~4095u;
        const size_t next = index_at_or_after(hint);
        const bool free =
            next == areas_.size() ||
            hint + length <= gap_below(areas_[next].start, areas_[next].flags);
        const bool fits = top - length >= hint && hint >= layout_.mmap_min_addr;
        if (address != 0 && fits && free) {
            address = hint;
        } else {
            address = highest_gap(length);
            if (is_error(address)) address = lowest_gap(length);
            if (is_error(address)) return address;
        }
    }
    // Linux takes a fixed address for an error of its own here, and hands it back.
    if (is_error(address)) return address;
    if (address > top - length) return error(ENOMEM_);
    if (address % 4096 != 0) return error(EINVAL_);
    return address < layout_.mmap_min_addr ? error(EPERM_) : address;
}
