#include "mm/map/init_mm.hpp"

#include "arch/i386/control.hpp"
#include "arch/i386/cpu_features.hpp"
#include "arch/i386/tlb.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/phys/vmstat.hpp"

constinit kernel_map init_mm;

// ---- tables --------------------------------------------------------------------------

bool kernel_table_memory::reserve(unsigned tables) {
    for (; held_ < tables; ++held_) {
        page* const page = alloc_page(mask_);
        if (!page) return release(), false;
        reserve_.push_back(*page);
    }
    return true;
}

u64 kernel_table_memory::take() {
    kassert(held_ > 0, "a page table was not reserved");
    --held_;
    vm_counters.kernel_page_tables.add_atomically(1);
    return page_to_phys(reserve_.pop_front()).raw();
}

void kernel_table_memory::release() {
    for (; held_ > 0; --held_) __free_page(reserve_.pop_front());
}

void kernel_table_memory::top_changed(unsigned index) { init_mm.top_changed(index); }

// ---- what is shared ------------------------------------------------------------------

namespace {

constexpr unsigned kernel_top_index = entry_index<kernel_format>(
    static_cast<u32>(PAGE_OFFSET), kernel_format::levels - 1);
constexpr unsigned top_entries = kernel_format::entries(kernel_format::levels - 1);

using entry = kernel_format::entry;

page_rights on_this_cpu(page_rights rights) {
    rights.global = rights.global && boot_decisions().global_pages;
    rights.no_execute = rights.no_execute && boot_decisions().no_execute;
    return rights;
}

// The bits of an entry for each of the bytes that a page_rights can be.
struct leaf_bits {
    entry of[1 << 7];
};
constexpr leaf_bits all_leaf_bits() {
    leaf_bits bits{};
    for (u32 i = 0; i < std::size(bits.of); ++i)
        bits.of[i] = kernel_format::leaf(0,
                                         {.write = (i & 1) != 0,
                                          .user = (i & 2) != 0,
                                          .global = (i & 4) != 0,
                                          .uncached = (i & 8) != 0,
                                          .no_execute = (i & 16) != 0,
                                          .inaccessible = (i & 32) != 0,
                                          .special = (i & 64) != 0},
                                         0);
    return bits;
}
constexpr leaf_bits bits_of_rights = all_leaf_bits();
// All but those that this CPU does not know: set by kernel_map_init().
constinit entry known_bits = ~entry{0};

// The byte's highest bit is no right's, and so anything.
entry bits_of(page_rights rights) {
    const u8 byte = __builtin_bit_cast(u8, rights);
    return bits_of_rights.of[byte % std::size(bits_of_rights.of)] & known_bits;
}

// The first address behind `at` that has another table, but not past `end`.
u32 end_of_table(u32 at, u32 end) {
    const u32 span = kernel_page_table::pages_per_pmd << PAGE_SHIFT;
    const u32 left = span - (at & (span - 1));
    return end - at > left ? at + left : end;
}

}  // namespace

void kernel_map::share(shared_pgd& top) {
    const lock_guard held(page_table_lock_);
    pgd_list_.push_back(top);
    for (unsigned i = kernel_top_index; i < top_entries; ++i) copy_entry(top, i);
}

void kernel_map::unshare(shared_pgd& top) {
    const lock_guard held(page_table_lock_);
    pgd_list_.erase(top);
}

// Called with the lock held, by whoever makes a table.
void kernel_map::top_changed(unsigned index) {
    for (shared_pgd& top : pgd_list_) copy_entry(top, index);
}

// Without the mark that the CPU may have made: PAE's top entries are loaded without.
void kernel_map::copy_entry(shared_pgd& top, unsigned index) {
    const entry raw = pgd()[index].raw;
    kernel_format::store(top.pgd[index].raw,
                         kernel_format::present(raw)
                             ? kernel_format::with_marks(raw, false, false) : raw);
}

// ---- ranges --------------------------------------------------------------------------

bool kernel_map::populate(u32 address, u32 pages) {
    kernel_table_memory memory;
    kernel_page_table tables(pgd(), memory);
    const unsigned missing = tables.missing(address, pages);
    if (missing == 0) return true;
    if (!memory.reserve(missing)) return false;
    const lock_guard held(page_table_lock_);
    return tables.populate(address, pages);
}

bool kernel_map::map_pages(u32 address, page* const* pages, u32 count,
                           page_rights rights) {
    const entry bits = bits_of(rights);
    const u32 end = address + (count << PAGE_SHIFT);
    const page* const map = mem_map;
    for (u32 at = address; at != end;) {
        pte_t* slot = pte_offset_kernel(at);
        if (!slot) [[unlikely]] {
            if (!populate(at, (end - at) >> PAGE_SHIFT)) {
                unmap(address, (at - address) >> PAGE_SHIFT);
                return false;
            }
            slot = pte_offset_kernel(at);
        }
        for (const u32 stop = end_of_table(at, end); at != stop; at += PAGE_SIZE)
            kernel_page_table::set(
                *slot++, bits | entry{static_cast<u32>(*pages++ - map)} << PAGE_SHIFT, at);
    }
    return true;
}

bool kernel_map::map_frames(u32 address, u64 frame, u32 pages, page_rights rights) {
    kernel_table_memory memory;
    kernel_page_table tables(pgd(), memory);
    // More than map() can need: large pages save some.
    if (!memory.reserve(tables.missing(address, pages))) return false;
    const lock_guard held(page_table_lock_);
    return tables.map(address, frame, pages, on_this_cpu(rights), boot_decisions().large_pages);
}

// Where the pmd is folded a large page is an entry of every top table, so this is done
// under the lock; a table is asked for only where one has to be split.
[[gnu::noinline]] bool kernel_map::unmap_large_pages(u32 address, u32 pages) {
    kernel_table_memory memory(GFP_ATOMIC);
    const lock_guard held(page_table_lock_);
    return kernel_page_table(pgd(), memory)
        .unmap(address, pages, [](u32, u32, unsigned, entry) {});
}

void kernel_map::unmap(u32 address, u32 pages) {
    const u32 end = address + (pages << PAGE_SHIFT);
    for (u32 at = address; at != end;) {
        const u32 stop = end_of_table(at, end);
        if (pte_t* slot = pte_offset_kernel(at))
            for (; at != stop; at += PAGE_SIZE) kernel_format::exchange((slot++)->raw, 0);
        else {
            const bool whole = unmap_large_pages(at, (stop - at) >> PAGE_SHIFT);
            kassert(whole, "{:#x} is inside a large page", at);
        }
        at = stop;
    }
}

void kernel_map::flush(u32 address, u32 pages) { flush_tlb_kernel_range(address, pages); }

bool kernel_map::cut(u32 address, u32 pages) {
    if (!unmap_large_pages(address, pages)) return false;
    flush(address, pages);
    return true;
}

bool kernel_map::protect(u32 address, u32 pages, page_rights rights) {
    // A table is asked for only where a large page has to be split, under the lock.
    kernel_table_memory memory(GFP_ATOMIC);
    kernel_page_table tables(pgd(), memory);
    {
        const lock_guard held(page_table_lock_);
        if (!tables.protect(address, pages, rights)) return false;
    }
    flush_tlb_kernel_range(address, pages);
    return true;
}

std::optional<u64> kernel_map::frame_of(u32 address) {
    const auto found = find(address);
    if (!found.has_frame()) return {};
    return found.frame_of(address);
}

void kernel_map::learn_cpu() {
    constexpr page_rights special{.write = true, .global = true, .no_execute = true};
    known_bits = ~(kernel_format::leaf(0, special, 0) ^
                   kernel_format::leaf(0, on_this_cpu(special), 0));
}

page_rights kernel_rights(bool write, bool execute) {
    return on_this_cpu({.write = write, .global = true, .no_execute = !execute});
}
