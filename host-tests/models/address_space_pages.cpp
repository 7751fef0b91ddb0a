// The pages of the model: what an access finds, brings in, and changes; the file.
#include "host-tests/models/address_space_flags.hpp"
#include "host-tests/models/address_space_model.hpp"

#include <algorithm>
#include <stdexcept>

// ---- accesses ----------------------------------------------------------------------
u32 address_space_model::answer_of(const fault& failed) const {
    return fault_answer(failed.signal, failed.code, true);
}

u32 address_space_model::read(u32 address) {
    const fault failed = bring_in(address, access::read);
    return failed.signal != 0 ? answer_of(failed) : *byte_at(address);
}

u32 address_space_model::write(u32 address, u8 value) {
    const fault failed = bring_in(address, access::write);
    if (failed.signal != 0) return answer_of(failed);
    *byte_at(address) = value;
    return 0;
}

u32 address_space_model::execute(u32 address) {
    const u32 byte = read(address);
    if (byte >= 0x10000) return byte;
    if (byte != VM_RETURN) return VM_NOT_EXECUTED;
    const bool may = layout_.no_execute == 0 || (find(address)->flags & AREA_EXEC) != 0;
    return may ? VM_EXECUTED : fault_answer(VM_SIGSEGV, VM_SEGV_ACCERR, true);
}

address_space_model::fault address_space_model::bring_in(u32 address, access kind) {
    constexpr fault no_area{VM_SIGSEGV, VM_SEGV_MAPERR};
    constexpr fault no_right{VM_SIGSEGV, VM_SEGV_ACCERR};
    if (address >= layout_.task_size) return no_area;
    const size_t i = index_at_or_after(address);
    if (i == areas_.size()) return no_area;
    if (areas_[i].start > address && !expand_stack(areas_[i], address)) return no_area;
    area& there = areas_[i];
    const u32 needed = kind == access::write ? AREA_WRITE : AREA_ACCESS;
    if ((there.flags & needed) == 0) return no_right;
    return touch(there, address, kind);
}

// The page is the process's own after a write to private memory; a read leaves what there
// is, and the page of zeroes where there is nothing.
address_space_model::fault address_space_model::touch(area& there, u32 address,
                                                      access kind) {
    const u32 page = address >> 12;
    const bool writes_own = kind == access::write && (there.flags & AREA_SHARED) == 0;
    const auto own = private_.find(page);
    if (writes_own && (own == private_.end() || !own->second)) prepare_anon(there);
    if (own == private_.end() && there.file) {
        const u32 offset = there.offset_of(address);
        if (u64{offset} << 12 >= there.file->size) return {VM_SIGBUS, VM_BUS_ADRERR};
        frame& cached = page_of(*there.file, offset);
        if (writes_own) private_[page] = std::make_shared<bytes>(*cached);
        return {};
    }
    frame& mine = private_[page];
    if (!writes_own) return {};
    if (!mine) mine = std::make_shared<bytes>();
    else if (mine.use_count() > 1) mine = std::make_shared<bytes>(*mine);
    return {};
}

// Of a page that was brought in.
u8* address_space_model::byte_at(u32 address) {
    static bytes zeroes;
    const auto own = private_.find(address >> 12);
    if (own != private_.end())
        return &(own->second ? *own->second : zeroes)[address % 4096];
    const area& there = *find(address);
    return &(*page_of(*there.file, there.offset_of(address)))[address % 4096];
}

// The area's first page of its own. A neighbour's anon_vma will do, where both might once
// have been one area and may be again.
void address_space_model::prepare_anon(area& there) {
    if (there.anon != 0) return;
    const size_t i = static_cast<size_t>(&there - areas_.data());
    const auto compatible = [](const area& low, const area& high) {
        return low.end == high.start && low.file == high.file &&
               ((low.flags ^ high.flags) & ~AREA_ACCESS) == 0 &&
               high.offset == low.offset + low.pages();
    };
    const auto reuse = [&](const area& other) {
        if (other.anon == 0 || other.anon_links != 1) return;
        there.anon = other.anon;
    };
    if (i + 1 < areas_.size() && compatible(there, areas_[i + 1])) reuse(areas_[i + 1]);
    if (there.anon == 0 && i > 0 && compatible(areas_[i - 1], there)) reuse(areas_[i - 1]);
    if (there.anon == 0) there.anon = ++anons_;
    there.anon_links = 1;
}

bool address_space_model::expand_stack(area& stack, u32 address) {
    if ((stack.flags & AREA_GROWSDOWN) == 0) return false;
    address &= ~4095u;
    if (address < layout_.mmap_min_addr) return false;
    const size_t i = static_cast<size_t>(&stack - areas_.data());
    if (i > 0) {
        const area& below = areas_[i - 1];
        if ((below.flags & AREA_GROWSDOWN) == 0 && (below.flags & AREA_ACCESS) != 0 &&
            address - below.end < GUARD_GAP)
            return false;
    }
    prepare_anon(stack);
    const u32 grow = (stack.start - address) >> 12;
    if (grow > stack.offset || !may_expand(stack.flags, grow)) return false;
    if (stack.end - address > limit_stack_) return false;
    if (future_lock_error(stack.flags, grow << 12) != 0 || !enough_memory(grow))
        return false;
    if ((stack.flags & AREA_LOCKED) != 0) locked_pages_ += grow;
    account(stack.flags, grow);
    stack.start = address;
    stack.offset -= grow;
    return true;
}

// ---- many pages --------------------------------------------------------------------
// mm_populate: 0, or the error of the first page that cannot be had.
u32 address_space_model::populate(u32 start, u32 end, bool ignore_errors) {
    if (start == end) return 0;
    for (size_t i = index_at_or_after(start); i < areas_.size() && areas_[i].start < end;
         ++i) {
        const u32 first = std::max(start, areas_[i].start);
        if (populate_area(areas_[i], first, std::min(end, areas_[i].end))) continue;
        if (!ignore_errors) return error(EFAULT_);
    }
    return 0;
}

bool address_space_model::populate_area(area& there, u32 start, u32 end) {
    if ((there.flags & AREA_LOCKONFAULT) != 0) return true;
    const bool writes = (there.flags & (AREA_WRITE | AREA_SHARED)) == AREA_WRITE;
    if ((there.flags & AREA_ACCESS) == 0) return false;
    for (u32 at = start; at != end; at += 4096)
        if (touch(there, at, writes ? access::write : access::read).signal != 0)
            return false;
    return true;
}

u32 address_space_model::mincore(u32 address, u32 length) {
    if (address % 4096 != 0) return error(EINVAL_);
    if (length > layout_.task_size || address > layout_.task_size - length)
        return error(ENOMEM_);
    mincore_answer answer;
    u32 left = (length >> 12) + (length % 4096 != 0 ? 1 : 0);
    for (; left > 0; --left, address += 4096) {
        const area* const there = find(address);
        if (there == nullptr) return error(ENOMEM_);
        answer.add(resident(*there, address));
    }
    return answer.value();
}

bool address_space_model::resident(const area& there, u32 address) const {
    if (private_.contains(address >> 12)) return true;
    return there.file && there.file->pages.contains(there.offset_of(address));
}

void address_space_model::forget_private(u32 start, u32 end) {
    private_.erase(private_.lower_bound(start >> 12), private_.lower_bound(end >> 12));
}

void address_space_model::move_private(u32 from, u32 to, u32 length) {
    const auto first = private_.lower_bound(from >> 12);
    const auto behind = private_.lower_bound((from + length) >> 12);
    const std::map<u32, frame> moving(first, behind);
    private_.erase(first, behind);
    for (const auto& [page, content] : moving)
        private_[page - (from >> 12) + (to >> 12)] = content;
}

// ---- the file ----------------------------------------------------------------------
address_space_model::frame& address_space_model::page_of(object& file, u32 page) {
    frame& there = file.pages[page];
    if (!there) there = std::make_shared<bytes>();
    return there;
}

u32 address_space_model::pread(u32 offset) {
    if (offset >= file_->size) return VM_END_OF_FILE;
    const auto there = file_->pages.find(offset >> 12);
    return there == file_->pages.end() ? 0 : (*there->second)[offset % 4096];
}

u32 address_space_model::pwrite(u32 offset, u8 value) {
    (*page_of(*file_, offset >> 12))[offset % 4096] = value;
    file_->size = std::max<u64>(file_->size, u64{offset} + 1);
    return 1;
}

// What is cut off is gone from every process, copies on write included; the rest of the
// last page becomes zero.
u32 address_space_model::ftruncate(u32 length) {
    const u64 before = file_->size;
    file_->size = length;
    if (length > before) return 0;
    const u32 first = (length + 4095) >> 12;
    file_->pages.erase(file_->pages.lower_bound(first), file_->pages.end());
    const auto last = file_->pages.find(length >> 12);
    if (length % 4096 != 0 && last != file_->pages.end())
        std::fill(last->second->begin() + length % 4096, last->second->end(), u8{0});
    if (before <= u64{first} << 12) return 0;
    for (address_space_model* const process : *family_) {
        for (const area& there : process->areas_) {
            if (there.file != file_ || there.offset + there.pages() <= first) continue;
            const u32 kept = first > there.offset ? first - there.offset : 0;
            process->forget_private(there.start + (kept << 12), there.end);
        }
    }
    return 0;
}

// MADV_REMOVE: copies on write stay.
void address_space_model::punch(object& file, u32 first, u32 pages) {
    file.pages.erase(file.pages.lower_bound(first), file.pages.lower_bound(first + pages));
}

// ---- invariants --------------------------------------------------------------------
void address_space_model::check_invariants() {
    const auto need = [](bool holds, const char* what) {
        if (!holds) throw std::logic_error(what);
    };
    u32 total = 0, data = 0, locked = 0, end = 0;
    for (const area& there : areas_) {
        need(there.start < there.end && there.start >= end, "areas are in order");
        need(there.start % 4096 == 0 && there.end % 4096 == 0, "areas are whole pages");
        need((there.anon == 0) == (there.anon_links == 0), "an anon_vma has a link");
        need(there.anon == 0 || (there.flags & AREA_SHARED) == 0, "shared memory has none");
        end = there.end;
        total += there.pages();
        const u32 kind = there.flags & (AREA_WRITE | AREA_SHARED | AREA_GROWSDOWN);
        if (kind == AREA_WRITE) data += there.pages();
        if ((there.flags & AREA_LOCKED) != 0) locked += there.pages();
    }
    need(end <= layout_.task_size, "areas end below the kernel");
    need(total == total_pages_, "all pages are counted");
    need(data == data_pages_, "all data is counted");
    need(locked == locked_pages_ || layout_.old_dontunmap != 0,
         "all that is locked is counted");
    size_t i = 0;
    for (const auto& [page, content] : private_) {
        while (i < areas_.size() && areas_[i].end >> 12 <= page) ++i;
        need(i < areas_.size() && areas_[i].start >> 12 <= page,
             "private pages are in areas");
        need((areas_[i].flags & AREA_SHARED) == 0, "shared memory has no private pages");
        need(content == nullptr || areas_[i].anon != 0, "private pages have an anon_vma");
    }
}
