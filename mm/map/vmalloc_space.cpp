// Areas: made, found, given back, purged. What is in them: vmalloc_pages.cpp.
#include "mm/map/vmalloc_space.hpp"

#include "lib/scope_guard.hpp"

namespace {

vm_struct* whole_of(vmap_area* node) { return static_cast<vm_struct*>(node); }

// What a purge gives back while interrupts are off.
constexpr u32 purge_batch = 32;

}  // namespace

// ---- beginning and end -----------------------------------------------------------------

void vmalloc_space::add_early(vm_struct& area) {
    kassert(!tables_, "an early area at {:#x} comes too late", area.va_start);
    area.flags |= VM_STATIC;
    lock_guard held(lock_);
    for (vmap_area& other : early_)
        if (area.va_start < other.va_start) return vmap_area_list::insert_before(other, area);
    early_.push_back(area);
}

// Nobody else knows of this space yet.
bool vmalloc_space::init(const options& how) NO_THREAD_SAFETY_ANALYSIS {
    kassert(how.start < how.end && is_aligned(how.start | how.end, PAGE_SIZE),
            "a vmalloc space at {:#x}-{:#x}", how.start, how.end);
    if (!structs_.init()) return false;
    start_ = how.start;
    end_ = how.end;
    pages_ = how.pages;
    phys_end_ = how.phys_end;
    lazy_max_pages_ = how.lazy_max_pages;
    if (!make_holes()) return false;
    tables_ = how.tables;
    return true;
}

bool vmalloc_space::make_holes() NO_THREAD_SAFETY_ANALYSIS {
    u32 at = start_;
    while (vm_struct* const area = whole_of(early_.pop_front())) {
        kassert(at <= area->va_start && area->va_end <= end_ && area->va_size() > 0,
                "vmap I1: an early area at {:#x}-{:#x}", area->va_start, area->va_end);
        if (!add_hole(at, area->va_start)) return false;
        const vmap_area* const other = busy_.insert(*area);
        kassert(!other, "vmap I1: two early areas at {:#x}", area->va_start);
        stats_.areas += 1;
        at = area->va_end;
    }
    return add_hole(at, end_);
}

bool vmalloc_space::add_hole(u32 start, u32 end) NO_THREAD_SAFETY_ANALYSIS {
    if (start == end) return true;
    vm_struct* const node = structs_.alloc(GFP_KERNEL);
    if (!node) return false;
    node->va_start = start;
    node->va_end = end;
    vmap_area_list spares;
    holes_.give(*node, spares);
    return true;
}

bool vmalloc_space::destroy() {
    purge();
    run_deferred();
    if (stats_.areas > 0) return false;
    vmap_area_list spares;
    {
        lock_guard held(lock_);
        while (const u32 largest = holes_.largest())
            holes_.take(largest, PAGE_SIZE, spares);
    }
    free_structs(spares);
    tables_ = nullptr;
    return structs_.destroy();
}

void vmalloc_space::free_structs(vmap_area_list& spares) {
    while (vm_struct* const node = whole_of(spares.pop_front()))
        if (!(node->flags & VM_STATIC)) structs_.free(node);
}

// ---- an area ---------------------------------------------------------------------------

[[gnu::always_inline]] inline bool vmalloc_space::place(vm_struct& area, u32 size, u32 align, vmap_area_list& spares) {
    for (;;) {
        const u32 purges_seen = purged_.load(memory_order::acquire);
        {
            lock_guard held(lock_);
            if (const std::optional<u32> start = holes_.take(size, align, spares)) {
                area.va_start = *start;
                area.va_end = *start + size;
                const vmap_area* const other = busy_.insert(area);
                kassert(!other, "vmap I1: two areas at {:#x}", *start);
                stats_.areas += 1;
                return true;
            }
        }
        if (!make_room(purges_seen)) return false;
    }
}

vm_struct* vmalloc_space::get_area(size_t size, u32 align, u32 flags, gfp_t mask,
                                   uintptr_t caller) {
    const u32 guard = flags & VM_NO_GUARD ? 0 : PAGE_SIZE;
    if (!tables_ || size == 0 || size > end_ - start_ - guard) return nullptr;
    vm_struct* const area = structs_.alloc(mask);
    if (!area) return nullptr;
    vmap_area_list spares;
    if (align > PAGE_SIZE) {
        vm_struct* const spare = structs_.alloc(mask);
        if (spare) spares.push_back(*spare);
    }
    area->flags = flags;
    area->caller = caller;
    const bool placed =
        (align <= PAGE_SIZE || !spares.empty()) &&
        place(*area, align_up(static_cast<u32>(size), PAGE_SIZE) + guard,
              max_of(align, PAGE_SIZE), spares);
    if (!placed) spares.push_back(*area);
    if (!spares.empty()) free_structs(spares);
    return placed ? area : nullptr;
}

// True: it is worth another try. What another CPU is purging is on no list, and there
// soon.
bool vmalloc_space::make_room(u32 purges_seen) {
    if (purge()) return true;
    while (purging_.load(memory_order::acquire) > 0) cpu_relax();
    return purged_.load(memory_order::acquire) != purges_seen;
}

void vmalloc_space::free_area(vm_struct* area) {
    vmap_area_list spares;
    {
        lock_guard held(lock_);
        busy_.erase(*area);
        stats_.areas -= 1;
        holes_.give(*area, spares);
    }
    free_structs(spares);
}

// The area that begins there and is of such a kind belongs to the caller from now on.
vm_struct* vmalloc_space::remove(u32 address, u32 kinds) {
    lock_guard held(lock_);
    vm_struct* const area = whole_of(find_vmap_area(busy_, address));
    if (!area || area->va_start != address || !(area->flags & kinds) ||
        (area->flags & VM_UNINITIALIZED))
        return nullptr;
    busy_.erase(*area);
    stats_.areas -= 1;
    return area;
}

// Its entries are none; whether CPUs remember them depends.
void vmalloc_space::give_back(vm_struct& area) {
    if (lazy_max_pages_ == 0) {
        vmap_area_list spares;
        {
            lock_guard held(lock_);
            holes_.give(area, spares);
        }
        return free_structs(spares);
    }
    bool enough;
    {
        lock_guard held(lock_);
        area.flags |= VM_LAZY;
        lazy_.push_back(area);
        stats_.lazy_pages += area.va_size() >> PAGE_SHIFT;
        enough = stats_.lazy_pages > lazy_max_pages_;
    }
    if (enough) purge();
}

void vmalloc_space::flush(u32 start, u32 end) {
    tables_->flush(start, (end - start) >> PAGE_SHIFT);
    stats_.flushes.add_atomically(1);
}

namespace {

// The first of them, with those behind it that begin where it ends or end where it begins:
// so neighbours cost next to nothing, and they mostly are.
vmap_area& take_joined(vmap_area_list& taken, vmap_area_list& spares) {
    vmap_area& first = *taken.pop_front();
    while (!taken.empty()) {
        vmap_area& next = taken.front();
        if (next.va_start == first.va_end) first.va_end = next.va_end;
        else if (next.va_end == first.va_start) first.va_start = next.va_start;
        else break;
        spares.push_back(*taken.pop_front());
    }
    return first;
}

}  // namespace

bool vmalloc_space::purge() {
    vmap_area_list taken, spares;
    range<u32> all{~0u, 0};
    {
        lock_guard held(lock_);
        if (lazy_.empty()) return false;
        purging_.fetch_add(1, memory_order::relaxed);
        taken.splice_back(lazy_);
        stats_.lazy_pages = 0;
    }
    for (const vmap_area& area : taken)
        all = {min_of(all.start, area.va_start), max_of(all.end, area.va_end)};
    flush(all.start, all.end);
    while (!taken.empty()) {
        lock_guard held(lock_);
        for (u32 i = 0; i < purge_batch && !taken.empty(); ++i)
            holes_.give(take_joined(taken, spares), spares);
    }
    free_structs(spares);
    purged_.fetch_add(1, memory_order::release);
    purging_.fetch_sub(1, memory_order::release);
    return true;
}

// ---- questions -------------------------------------------------------------------------

vm_struct* vmalloc_space::find(u32 address) const {
    lock_guard held(lock_);
    return whole_of(find_vmap_area(busy_, address));
}

bool vmalloc_space::was_freed(u32 address) const {
    lock_guard held(lock_);
    for (const vmap_area_list* const list : {&lazy_, &deferred_})
        for (const vmap_area& area : *list)
            if (area.covers(address)) return true;
    return false;
}

std::optional<u64> vmalloc_space::frame_of(u32 address) const {
    return tables_ && contains(address) ? tables_->frame_of(address) : std::nullopt;
}

page* vmalloc_space::page_of(u32 address) const {
    const std::optional<u64> frame = frame_of(address);
    if (!frame || *frame >> PAGE_SHIFT >= pages_->frames()) return nullptr;
    return pages_->map() + (*frame >> PAGE_SHIFT);
}

bool vmalloc_space::describe_from(u32 address, facts& answer) const {
    lock_guard held(lock_);
    const vm_struct* const area = whole_of(busy_.lower_bound(address));
    if (!area) return false;
    answer.area = *area;
    for (u32& count : answer.zone_pages) count = 0;
    for (u32 i = 0; area->pages && i < area->nr_pages; ++i)
        ++answer.zone_pages[page_zonenum(*area->pages[i])];
    answer.array_is_area = contains(static_cast<u32>(reinterpret_cast<uintptr_t>(area->pages)));
    return true;
}

u32 vmalloc_space::lazy_ranges(u32 first, std::span<range<u32>> answer) const {
    lock_guard held(lock_);
    u32 number = 0;
    for (const vmap_area& area : lazy_) {
        if (number >= first + answer.size()) break;
        if (number >= first) answer[number - first] = {area.va_start, area.va_end};
        ++number;
    }
    return number > first ? number - first : 0;
}

u32 vmalloc_space::largest_hole() const {
    lock_guard held(lock_);
    return holes_.largest();
}

u32 vmalloc_space::nodes_visited() const {
    lock_guard held(lock_);
    return holes_.visited();
}

// With nobody at work.
void vmalloc_space::check_invariants() const {
    lock_guard held(lock_);
    busy_.check_invariants();
    holes_.check_invariants();
    u64 pages = 0;
    const vmap_area* before = nullptr;
    u32 areas = 0, lazy_pages = 0;
    for (const vmap_area& area : busy_) {
        kassert(area.va_start >= start_ && area.va_end <= end_ && area.va_size() > 0 &&
                    (!before || before->va_end <= area.va_start),
                "vmap I1: an area at {:#x}-{:#x}", area.va_start, area.va_end);
        const vmap_area* const hole = holes_.at_or_below(area.va_end - 1);
        kassert(!hole || hole->va_end <= area.va_start, "vmap I1: area {:#x}, hole {:#x}",
                area.va_start, hole->va_start);
        pages += area.va_size() >> PAGE_SHIFT;
        before = &area;
        ++areas;
    }
    kassert(areas == stats_.areas, "vmap I5: {} areas, counted {}", areas, stats_.areas);
    for (const vmap_area& area : lazy_) {
        kassert(!find_vmap_area(busy_, area.va_start), "vmap I4: {:#x} is lazy and in use",
                area.va_start);
        lazy_pages += area.va_size() >> PAGE_SHIFT;
    }
    kassert(lazy_pages == stats_.lazy_pages, "vmap I5: {} lazy pages, counted {}", lazy_pages,
            stats_.lazy_pages);
    pages += lazy_pages;
    for (const vmap_area& area : deferred_) pages += area.va_size() >> PAGE_SHIFT;
    for (const vmap_area* hole = holes_.first(); hole; hole = vmap_holes::next(*hole))
        pages += hole->va_size() >> PAGE_SHIFT;
    const u32 window_pages = (end_ - start_) >> PAGE_SHIFT;
    kassert(pages == window_pages, "vmap I5: {} pages of {}", pages, window_pages);
}
