// Blocks in pages. A block is told by the number of its first unit in the page.
#include "mm/slab/slab_debug.hpp"
#include "mm/slab/slob.hpp"

namespace {

constexpr u32 units_in_page = slob_heap::units_in_page;
constexpr u32 none = units_in_page;  // behind the last block

// page->counters.
struct slob_use {
    u32 free : 12;   // units
    u32 first : 12;  // free block, or none
    u32 list : 8;
};
static_assert(sizeof(slob_use) == sizeof(u32) && units_in_page < 1u << 12);

slob_use use_of(const page& head) { return std::bit_cast<slob_use>(head.counters); }
void set_use(page& head, slob_use use) { head.counters = std::bit_cast<u32>(use); }

struct free_block {
    u16 units;
    u16 next;  // or none
};
static_assert(sizeof(free_block) <= slob_heap::unit);

// A free block is out of bounds for everybody else.
[[gnu::no_sanitize_address]] free_block load(const page& head, u32 at) {
    const char* const start = static_cast<const char*>(slab_start(&head));
    return *reinterpret_cast<const free_block*>(start + at * slob_heap::unit);
}
[[gnu::no_sanitize_address]] void store(page& head, u32 at, u32 units, u32 next) {
    char* const start = static_cast<char*>(slab_start(&head));
    *reinterpret_cast<free_block*>(start + at * slob_heap::unit) = {static_cast<u16>(units),
                                                                    static_cast<u16>(next)};
}

// Inside of the page, and what follows does not touch it (L1); it is one of those that
// have `free` units together.
bool is_sane(free_block block, u32 at, u32 free) {
    if (block.units == 0 || block.units > free || at + block.units > units_in_page)
        return false;
    if (block.units == free) return block.next == none;
    return block.next > at + block.units && block.next < none;
}

void link(page& head, u32 previous, u32 next) {
    if (previous != none) return store(head, previous, load(head, previous).units, next);
    slob_use use = use_of(head);
    use.first = next;
    set_use(head, use);
}

void add_free(page& head, int units) {
    slob_use use = use_of(head);
    use.free += units;
    set_use(head, use);
}

// Cuts `units` from the first free block that has them at a suitable place. Where they
// begin, or `none`. `align` and `before` are in units.
u32 take_from_page(page& head, u32 units, u32 align, u32 before) {
    if (use_of(head).free < units) return none;
    u32 previous = none;
    for (u32 at = use_of(head).first; at != none;) {
        const free_block block = load(head, at);
        const u32 begin = align_up(at + before, align) - before;
        const u32 end = begin + units, block_end = at + block.units;
        if (end > block_end) {
            previous = at;
            at = block.next;
            continue;
        }
        u32 next = block.next;
        if (end < block_end) {
            store(head, end, block_end - end, next);
            next = end;
        }
        if (begin > at)
            store(head, at, begin - at, next);
        else
            link(head, previous, next);
        add_free(head, -static_cast<int>(units));
        return begin;
    }
    return none;
}

// False: they are not in use, all of them.
bool give_to_page(page& head, u32 at, u32 units) {
    u32 previous = none, next = use_of(head).first;
    while (next < at) {
        previous = next;
        next = load(head, next).next;
    }
    // `none` is the end of the page, too.
    const u32 previous_end = previous == none ? 0 : previous + load(head, previous).units;
    if (at < previous_end || at + units > next) return false;

    u32 begin = at, end = at + units;
    if (end == next && next != none) {
        const free_block behind = load(head, next);
        end += behind.units;
        next = behind.next;
    }
    if (previous != none && previous_end == at)
        begin = previous;
    else
        link(head, previous, at);
    store(head, begin, end - begin, next);
    add_free(head, static_cast<int>(units));
    return true;
}

u32 list_for(size_t bytes) {
    u32 list = 0;
    while (bytes >= slob_heap::list_limits[list]) ++list;
    return list;
}

u32 unit_of(const void* address) {
    return reinterpret_cast<uintptr_t>(address) % PAGE_SIZE / slob_heap::unit;
}

constinit cpu_stack no_stack = {0, 0, {}};

}  // namespace

DEFINE_PER_CPU(cpu_free_list, slob_cpu_list) = {cpu_free_list{nullptr, no_slab, &no_stack}};

void* slob_heap::alloc(size_t bytes, size_t align, size_t before, gfp_t mask) {
    // Else no number of pages would do.
    kassert(fits(bytes, align, before), "slob: {} bytes, align {}", bytes, align);
    const u32 units = static_cast<u32>(align_up(bytes, size_t{unit}) / unit);
    const u32 align_units = static_cast<u32>(align_up(align, size_t{unit}) / unit);
    const u32 before_units = static_cast<u32>(before / unit);
    const u32 list = list_for(bytes);
    for (page* fresh = nullptr;;) {
        {
            lock_guard held(lock_);
            if (fresh) add_page_locked(*fresh, list);
            void* const block = take_locked(list, units, align_units, before_units);
            if (block) return block;
        }
        fresh = kmem_getpages(pages_, mask);
        if (!fresh) return nullptr;
        sanitize_freed(slab_start(fresh), PAGE_SIZE);
    }
}

void* slob_heap::take_locked(u32 list, u32 units, u32 align, u32 before) {
    for (page& head : partial_[list].safe()) {
        if (use_of(head).free < units) continue;
        check_blocks_locked(head);
        const u32 begin = take_from_page(head, units, align, before);
        if (begin == none) continue;
        units_in_use_ += units;
        if (use_of(head).free > 0)
            partial_[list].move_to_front(head);
        else
            page_list::erase(head);
        return static_cast<char*>(slab_start(&head)) + begin * unit;
    }
    return nullptr;
}

// Once through the page's free blocks, before anybody relies on them. A page of which
// none is left is on no list any more.
void slob_heap::check_blocks_locked(page& head) {
    slob_use use = use_of(head);
    u32 previous = none, free = 0, at = use.first;
    while (at != none && is_sane(load(head, at), at, use.free - free)) {
        const free_block block = load(head, at);
        free += block.units;
        previous = at;
        at = block.next;
    }
    if (at == none) [[likely]] return;
    const u32 lost = use.free - free;
    const char* const start = static_cast<const char*>(slab_start(&head));
    found_slab_bug({.bug = slab_bug::link,
                    .cache = pages_,
                    .object = start + at * unit,
                    .link = start + load(head, at).next * unit,
                    .lost = lost});
    link(head, previous, none);
    add_free(head, -static_cast<int>(lost));
    head.index += lost;
    units_lost_ += lost;
    if (free == 0) page_list::erase(head);
}

void slob_heap::add_page_locked(page& fresh, u32 list) {
    set_use(fresh, {.free = units_in_page, .first = 0, .list = list});
    fresh.index = 0;
    store(fresh, 0, units_in_page, none);
    partial_[list].push_front(fresh);
    pages_.node.nr_slabs += 1;
}

bool slob_heap::free(void* block, size_t bytes) {
    page& head = *virt_to_page(block);
    const u32 units = static_cast<u32>(align_up(bytes, size_t{unit}) / unit);
    {
        lock_guard held(lock_);
        check_blocks_locked(head);
        const bool was_full = use_of(head).free == 0;
        if (!give_to_page(head, unit_of(block), units)) return false;
        units_in_use_ -= units;
        const slob_use use = use_of(head);
        if (use.free + head.index < units_in_page) {
            if (was_full) partial_[use.list].push_front(head);
            return true;
        }
        if (!was_full) page_list::erase(head);
        pages_.node.nr_slabs -= 1;
        units_lost_ -= static_cast<u32>(head.index);
    }
    kmem_freepages(pages_, &head);
    return true;
}

bool slob_heap::is_free(const void* address) {
    page& head = *virt_to_page(address);
    lock_guard held(lock_);
    check_blocks_locked(head);
    for (u32 at = use_of(head).first; at <= unit_of(address);) {
        const free_block block = load(head, at);
        if (unit_of(address) < at + block.units) return true;
        at = block.next;
    }
    return false;
}

u32 slob_heap::nr_pages_on(u32 list) {
    lock_guard held(lock_);
    return static_cast<u32>(partial_[list].count());
}

void slob_heap::check_invariants() {
    lock_guard held(lock_);
    u32 free = 0;
    for (u32 list = 0; list < nr_lists; ++list) {
        partial_[list].check_invariants();
        for (const page& head : partial_[list]) {
            check_page_locked(head, list);
            free += use_of(head).free;
        }
    }
    kassert(nr_pages() * units_in_page == units_in_use_ + free + units_lost_,
            "L4: {} pages, {} units in use, {} free, {} lost", nr_pages(),
            u32{units_in_use_}, free, units_lost_);
}

void slob_heap::check_page_locked(const page& head, u32 list) {
    const slob_use use = use_of(head);
    const void* const start = slab_start(&head);
    kassert(PageSlab(head) && head.slab_cache == &pages_, "I2: page {} is not slob's",
            start);
    u32 free = 0, end = 0;
    for (u32 at = use.first; at != none;) {
        const free_block block = load(head, at);
        kassert(block.units > 0 && at + block.units <= units_in_page &&
                    (at > end || (at == 0 && free == 0)),
                "L1: page {}: {} free units at {}, behind others to {}", start, block.units,
                at, end);
        free += block.units;
        end = at + block.units;
        at = block.next;
    }
    kassert(free == use.free, "L2: page {}: {} free units, slob_use says {}", start, free,
            u32{use.free});
    kassert(use.list == list && free > 0 && free < units_in_page,
            "L3: page {} with {} free units is on list {}, not {}", start, free, list,
            u32{use.list});
}
