#include "mm/phys/memory_map.hpp"

#include "lib/assert.hpp"

#include <bit>

namespace {

constexpr memory_kind kind_of(u32 e820_type) {
    switch (e820_type) {
        case E820_RAM: return memory_kind::usable;
        case E820_ACPI: return memory_kind::acpi_reclaimable;
        case E820_NVS: return memory_kind::acpi_nvs;
        case E820_UNUSABLE: return memory_kind::unusable;
        default: return memory_kind::reserved;
    }
}

bool wraps(const e820_entry& entry) {
    return entry.length != 0 && entry.base + (entry.length - 1) < entry.base;
}

// Usable memory that claims to go round the end of the space is no memory.
// Anything else that does so still keeps the part up to the top.
bool is_believed(const e820_entry& entry) {
    return entry.length != 0 && !(wraps(entry) && entry.type == E820_RAM);
}

// The exclusive end, at most I6's.
u64 end_of(const e820_entry& entry) {
    const u64 room = memory_map::address_end - entry.base;
    if (entry.base >= memory_map::address_end || entry.length >= room)
        return memory_map::address_end;
    return entry.base + entry.length;
}

u64 page_up(u64 address) {
    return address > memory_map::address_end ? memory_map::address_end
                                             : align_up(address, PAGE_SIZE);
}

u64 page_down(u64 address) { return align_down(address, PAGE_SIZE); }

bool overlap(const e820_entry& a, const e820_entry& b) {
    return a.base < end_of(b) && b.base < end_of(a);
}

}  // namespace

void memory_map::build(std::span<const e820_entry> raw, const memory_map_options& options) {
    count_ = 0;
    for (map_tally& tally : notes_) tally = {};
    note_raw_entries(raw);

    // Usable memory first and to the byte, since two entries may meet inside a page.
    // Then the others, the more restrictive ones over the less restrictive.
    add_entries(raw, memory_kind::usable);
    round_usable_inwards();
    for (memory_kind kind : {memory_kind::acpi_reclaimable, memory_kind::acpi_nvs,
                             memory_kind::unusable, memory_kind::reserved})
        add_entries(raw, kind);

    if (const u64 claimed = usable_bytes_in(bios_area_start, bios_area_end))
        note(map_note::bios_area, claimed);
    overwrite(0, PAGE_SIZE, memory_kind::reserved);
    overwrite(bios_area_start, bios_area_end, memory_kind::reserved);

    const u64 bus_end = options.phys_bits < 64 ? u64{1} << options.phys_bits : address_end;
    cut_usable_above(page_down(bus_end), map_note::above_phys_bits);
    cut_usable_above(page_down(options.mem_limit), map_note::above_limit);
    limit_ = min_of(page_down(bus_end), page_down(options.mem_limit));
}

void memory_map::note_raw_entries(std::span<const e820_entry> raw) {
    for (size_t i = 0; i < raw.size(); ++i) {
        const e820_entry& entry = raw[i];
        if (entry.length == 0) note(map_note::empty_entry);
        if (wraps(entry)) note(map_note::wrapping_entry);
        if (!is_believed(entry)) continue;
        if (entry.type != E820_RESERVED && kind_of(entry.type) == memory_kind::reserved)
            note(map_note::unknown_type);
        for (size_t j = 0; j < i; ++j) {
            if (!is_believed(raw[j]) || !overlap(entry, raw[j])) continue;
            note(map_note::overlap);
            break;
        }
    }
}

void memory_map::add_entries(std::span<const e820_entry> raw, memory_kind kind) {
    for (const e820_entry& entry : raw) {
        if (kind_of(entry.type) != kind || !is_believed(entry)) continue;
        if (kind == memory_kind::usable)
            overwrite(entry.base, end_of(entry), kind);
        else
            overwrite(page_down(entry.base), page_up(end_of(entry)), kind);
    }
}

// While usable ranges are all there is.
void memory_map::round_usable_inwards() {
    size_t kept = 0;
    for (size_t i = 0; i < count_; ++i) {
        const u64 start = page_up(ranges_[i].start);
        const u64 end = page_down(ranges_[i].end);
        if (start < end) ranges_[kept++] = {start, end, memory_kind::usable};
    }
    count_ = kept;
}

void memory_map::cut_usable_above(u64 limit, map_note reason) {
    size_t kept = 0;
    for (size_t i = 0; i < count_; ++i) {
        memory_range range = ranges_[i];
        if (range.kind == memory_kind::usable && range.end > limit) {
            note(reason, range.end - max_of(range.start, limit));
            if (range.start >= limit) continue;
            range.end = limit;
        }
        ranges_[kept++] = range;
    }
    count_ = kept;
}

// -- claims -------------------------------------------------------------------------

void memory_map::reserve(u64 start, u64 end, memory_kind kind) {
    kassert(kind != memory_kind::usable, "{:#x}-{:#x} reserved as usable", start, end);
    start = page_down(start);
    end = page_up(end);
    if (start >= end || !make_room()) return;

    const size_t first = split_at(start);
    const size_t last = split_at(end);
    for (size_t i = first; i < last; ++i)
        if (ranges_[i].kind < kind) ranges_[i].kind = kind;
    join_neighbours();
}

std::optional<u64> memory_map::take(u64 size, u64 align, u64 below, memory_kind kind) {
    kassert(std::has_single_bit(align), "alignment {:#x} is not a power of two", align);
    if (size == 0 || size > address_end || !make_room()) return {};
    size = page_up(size);
    align = max_of(align, u64{PAGE_SIZE});
    below = page_down(below);

    for (size_t i = count_; i-- > 0;) {
        const memory_range& range = ranges_[i];
        if (range.kind != memory_kind::usable) continue;
        const u64 end = min_of(range.end, below);
        if (end <= range.start || end - range.start < size) continue;
        const u64 start = align_down(end - size, align);
        if (start < range.start) continue;
        reserve(start, start + size, kind);
        return start;
    }
    return {};
}

// -- the list -----------------------------------------------------------------------

// Two free places: no claim adds more ranges than that. False when there is not
// one usable range left to give up, and then no claim has anything to protect.
bool memory_map::make_room() {
    while (count_ + 2 > capacity) {
        size_t smallest = count_;
        for (size_t i = 0; i < count_; ++i) {
            if (ranges_[i].kind != memory_kind::usable) continue;
            if (smallest == count_ || ranges_[i].size() < ranges_[smallest].size())
                smallest = i;
        }
        if (smallest == count_) return false;
        note(map_note::no_room, ranges_[smallest].size());
        erase(smallest, smallest + 1);
    }
    return true;
}

// The index of the first range at or above `address`; none lies across it then.
size_t memory_map::split_at(u64 address) {
    size_t i = 0;
    while (i < count_ && ranges_[i].end <= address) ++i;
    if (i == count_ || ranges_[i].start >= address) return i;
    insert(i + 1, {address, ranges_[i].end, ranges_[i].kind});
    ranges_[i].end = address;
    return i + 1;
}

void memory_map::insert(size_t index, const memory_range& range) {
    kassert(count_ < capacity, "memory map: {} ranges and one more", count_);
    for (size_t i = count_; i > index; --i) ranges_[i] = ranges_[i - 1];
    ranges_[index] = range;
    ++count_;
}

void memory_map::erase(size_t first, size_t last) {
    for (size_t i = last; i < count_; ++i) ranges_[first + (i - last)] = ranges_[i];
    count_ -= last - first;
}

void memory_map::join_neighbours() {
    if (count_ == 0) return;
    size_t kept = 0;
    for (size_t i = 1; i < count_; ++i) {
        memory_range& last = ranges_[kept];
        if (last.end == ranges_[i].start && last.kind == ranges_[i].kind)
            last.end = ranges_[i].end;
        else
            ranges_[++kept] = ranges_[i];
    }
    count_ = kept + 1;
}

void memory_map::overwrite(u64 start, u64 end, memory_kind kind) {
    if (start >= end || !make_room()) return;
    const size_t first = split_at(start);
    erase(first, split_at(end));
    insert(first, {start, end, kind});
    join_neighbours();
}

void memory_map::note(map_note note, u64 bytes) {
    map_tally& tally = notes_[size_t(note)];
    ++tally.count;
    tally.bytes += bytes;
}

// -- questions ----------------------------------------------------------------------

std::optional<memory_kind> memory_map::kind_at(u64 address) const {
    for (const memory_range& range : ranges())
        if (range.start <= address && address < range.end) return range.kind;
    return {};
}

u64 memory_map::usable_bytes_in(u64 start, u64 end) const {
    u64 bytes = 0;
    for (const memory_range& range : ranges()) {
        if (range.kind != memory_kind::usable) continue;
        const u64 from = max_of(range.start, start);
        const u64 to = min_of(range.end, end);
        if (from < to) bytes += to - from;
    }
    return bytes;
}

u64 memory_map::usable_bytes() const { return usable_bytes_in(0, address_end); }

u64 memory_map::ram_bytes() const {
    u64 bytes = 0;
    for (const memory_range& range : ranges())
        if (is_ram(range.kind)) bytes += range.size();
    return bytes;
}

u64 memory_map::highest_usable_end() const {
    for (size_t i = count_; i-- > 0;)
        if (ranges_[i].kind == memory_kind::usable) return ranges_[i].end;
    return 0;
}

u64 memory_map::highest_ram_end() const {
    for (size_t i = count_; i-- > 0;)
        if (is_ram(ranges_[i].kind)) return ranges_[i].end;
    return 0;
}

bool memory_map::has_notes() const {
    for (const map_tally& tally : notes_)
        if (tally.count != 0) return true;
    return false;
}

void memory_map::check_invariants() const {
    kassert(count_ <= capacity, "memory map: {} ranges of {}", count_, capacity);
    for (size_t i = 0; i < count_; ++i) {
        const memory_range& range = ranges_[i];
        kassert(range.start < range.end, "I1: {} is empty", range);
        kassert(is_aligned(range.start | range.end, PAGE_SIZE), "I2: {} cuts pages",
                range);
        kassert(range.end <= address_end, "I6: {} reaches the top", range);
        if (i > 0) {
            const memory_range& before = ranges_[i - 1];
            kassert(before.end <= range.start, "I1: {} before {}", before, range);
            kassert(before.end < range.start || before.kind != range.kind,
                    "I3: {} and {} are one", before, range);
        }
        if (range.kind != memory_kind::usable) continue;
        kassert(range.start >= PAGE_SIZE, "I4: {} has page 0", range);
        kassert(range.end <= bios_area_start || range.start >= bios_area_end,
                "I4: {} in the BIOS area", range);
        kassert(range.end <= limit_, "I5: {} above {:#x}", range, limit_);
    }
}
