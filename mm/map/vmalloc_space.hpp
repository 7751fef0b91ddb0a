// vmalloc: memory that is contiguous in addresses, not in frames (spec E1, C1).
//
//     addresses   | area A: 4 pages | g | area B | g |     holes ...
//                    |    |   |   |         |
//                    v    |   |   v         v
//     frames      | 812 | v 3071| 90 |  ...  | 4711 |     one by one, HighMem first
//                        17
//
// One allocation: a hole in the window (vmap_area.hpp), a page for each page of it, and
// the page tables' entries. g is a page that stays unmapped: who runs over the end of an
// area faults there, and the fault names the area. It lies behind each area, and so is
// below the next one as well: a stack that grows down meets its neighbour's.
//
// A vm_struct says what an area is. It is a vmap_area (the node in the tree) with more
// to it, in one object: an allocation takes one from the cache, and giving back takes
// none, since the node becomes the hole. Linux's fields addr and size are functions of
// the node's va_start and va_end, for nothing should be kept twice. `pages` of a single
// page is a field of the structure, longer ones are from kmalloc, and those longer than a
// page are in this space itself. These have an array in turn, a thousandth as long, so
// the recursion ends behind the second step.
//
//     hole ---get---> busy ---vfree---> lazy ---purge---> hole
//                     entries           entries none,      flushed
//                     present           CPUs may remember
//
// Giving back is lazy. A CPU may go on using an entry it remembers until its TLB is
// flushed, and that is dear, on many CPUs very. So vfree() clears the entries and gives
// the frames back, but the addresses stay reserved until lazy_max_pages of them are
// together: 32 MiB times log2 of the CPUs, as in Linux. One flush then covers all, and
// they are holes. The same is done before anybody is told that there is no hole. Whoever
// touches freed memory meanwhile may hit another's frame; so with dear checks
// lazy_max_pages is 0: each vfree() flushes, before the frames go, and such a touch faults.
//
// I1 to I3 are those of the trees. Beyond them:
// I4: no address is a hole unless it was flushed since it was last mapped.
// I5: busy areas, lazy areas, those that wait and holes make up the window.
// I6: an area's frames belong to it alone (VM_ALLOC), or to others (VM_MAP, VM_IOREMAP).
//
// vmalloc and its like may sleep. vfree() in an interrupt is put off, as in Linux: the
// area waits on a list, and the next call of vmalloc or vfree by a task frees it.
//
// `lock_` guards trees and lists, for a few steps at a time; no page is asked for and no
// entry written under it. While a purge flushes, what it took is on no list; who finds no
// hole then waits for it.
//
// Left out: per-CPU blocks of small mappings (vm_map_ram), large pages for vmalloc,
// pages given back with vmap (VM_MAP_PUT_PAGES).
#pragma once

#include "lib/spinlock.hpp"
#include "mm/map/vmap_area.hpp"
#include "mm/map/vmap_tables.hpp"
#include "mm/phys/page_allocator.hpp"
#include "mm/slab/object_cache.hpp"

// Linux's.
enum vm_flag : u32 {
    VM_IOREMAP = 0x01,
    VM_ALLOC = 0x02,
    VM_MAP = 0x04,
    VM_UNINITIALIZED = 0x20,  // is being made
    VM_NO_GUARD = 0x40,       // nothing unmapped behind it
    // Ours:
    VM_STACK = 0x8000,    // a kernel stack (kernel_stack.hpp)
    VM_LAZY = 0x10000,    // freed, not flushed yet
    VM_STATIC = 0x20000,  // the structure is no cache's: there was none yet
};

struct vm_struct : vmap_area {
    u32 flags = 0;
    u32 nr_pages = 0;
    page** pages = nullptr;  // VM_ALLOC
    page* single = nullptr;  // what `pages` leads to, when it is one
    uintptr_t caller = 0;
    u64 phys_addr = 0;  // VM_IOREMAP

    void* addr() const { return reinterpret_cast<void*>(uintptr_t{va_start}); }
    u32 size() const { return va_size(); }  // with the guard
    u32 guard_size() const { return flags & VM_NO_GUARD ? 0 : PAGE_SIZE; }
    u32 mapped_pages() const { return (va_size() - guard_size()) >> PAGE_SHIFT; }
    bool is_guard(u32 address) const {
        return covers(address) && address >= va_end - guard_size();
    }
};

struct vmalloc_stats {
    relaxed<u32> areas = 0;       // busy, at the moment
    relaxed<u32> lazy_pages = 0;  // freed and not flushed, likewise
    relaxed<u32> flushes = 0;     // from here on: ever
    relaxed<u32> entries_written = 0;
    relaxed<u32> entries_cleared = 0;
};

class vmalloc_space {
public:
    constexpr vmalloc_space() = default;
    vmalloc_space(const vmalloc_space&) = delete;
    vmalloc_space& operator=(const vmalloc_space&) = delete;

    struct options {
        u32 start, end;
        vmap_tables* tables;
        page_allocator* pages;
        u64 phys_end = u64{1} << 32;  // what is not below it no entry can name
        u32 lazy_max_pages = default_lazy_max_pages;
    };
    static constexpr u32 default_lazy_max_pages =
        dear_checks ? 0 : (32 * MiB >> PAGE_SHIFT) * std::bit_width(NR_CPUS);

    // What is mapped in the window already; before init(). The structure stays where it is.
    void add_early(vm_struct& area);
    // False: no memory. Until then every call fails.
    [[nodiscard]] bool init(const options& how);
    // For tests: all must be free. False: it is not, or objects are lost.
    [[nodiscard]] bool destroy();

    // ---- areas with pages. 0 and null: there is none, and the log says why ----------
    u32 alloc(size_t size, u32 align, gfp_t mask, page_rights rights, uintptr_t caller);
    u32 map(page* const* pages, u32 count, u32 flags, page_rights rights, uintptr_t caller);
    u32 remap(u64 phys, u64 size, page_rights rights, uintptr_t caller);
    // 0 is nobody's area. Where no area of such a kind (flags, any of them) begins, there
    // is a report and nothing happens.
    void free(u32 address, u32 kinds, const char* what);

    // ---- areas alone, for those who map them themselves -----------------------------
    vm_struct* get_area(size_t size, u32 align, u32 flags, gfp_t mask, uintptr_t caller);
    // Of get_area(), and never mapped.
    void free_area(vm_struct* area) EXCLUDES(lock_);

    // ---- questions -------------------------------------------------------------------
    bool contains(u32 address) const { return address - start_ < end_ - start_; }
    range<u32> window() const { return {start_, end_}; }
    // The area that covers an address, its guard included. It stays for as long as
    // whoever has it lets it.
    vm_struct* find(u32 address) const EXCLUDES(lock_);
    // The same among those that were freed and not flushed: for reports, it takes long.
    bool was_freed(u32 address) const EXCLUDES(lock_);
    page* page_of(u32 address) const;
    std::optional<u64> frame_of(u32 address) const;
    u64 entry_of(u32 address) const { return tables_ ? tables_->entry_of(address) : 0; }

    // A copy of the first area at or above an address, as it is now. False: there is none.
    struct facts {
        vm_struct area;
        u32 zone_pages[MAX_NR_ZONES];  // its own frames
        bool array_is_area;            // `pages` is in this space
    };
    bool describe_from(u32 address, facts& answer) const EXCLUDES(lock_);
    // Lazily freed ranges from the nth on, oldest first; how many were filled in.
    u32 lazy_ranges(u32 first, std::span<range<u32>> answer) const EXCLUDES(lock_);
    vmalloc_stats stats() const { return stats_; }
    u32 largest_hole() const EXCLUDES(lock_);
    u32 nodes_visited() const EXCLUDES(lock_);
    page_allocator& pages() const { return *pages_; }

    // Everything that was freed is flushed and may be handed out again. True: there was
    // something.
    bool purge() EXCLUDES(lock_);
    void check_invariants() const EXCLUDES(lock_);

private:
    // vmalloc_space.cpp
    bool make_holes();
    bool add_hole(u32 start, u32 end);
    bool place(vm_struct& area, u32 size, u32 align, vmap_area_list& spares) EXCLUDES(lock_);
    bool make_room(u32 purges_seen) EXCLUDES(lock_);
    vm_struct* remove(u32 address, u32 kinds) EXCLUDES(lock_);
    void give_back(vm_struct& area) EXCLUDES(lock_);
    void flush(u32 start, u32 end);
    void free_structs(vmap_area_list& spares);

    // vmalloc_pages.cpp
    const char* fill(vm_struct& area, u32 count, gfp_t mask, page_rights rights);
    const char* map_into(vm_struct& area, u32 count, gfp_t mask, page_rights rights);
    page** alloc_array(size_t bytes, gfp_t mask, uintptr_t caller);
    void free_array(vm_struct& area);
    void publish(vm_struct& area, u32 pages);
    void release(vm_struct& area) EXCLUDES(lock_);
    void put_off(u32 address, u32 kinds, const char* what) EXCLUDES(lock_);
    void run_deferred() EXCLUDES(lock_);
    void report_bad_free(u32 address, u32 kinds, const char* what) const EXCLUDES(lock_);
    const char* why_not_remap(u64 phys, u64 size) const;
    bool is_given_out_ram(u64 phys, u64 size) const;

    mutable irq_spinlock lock_{"a vmalloc space"};
    vmap_area_tree busy_ GUARDED_BY(lock_);
    vmap_holes holes_ GUARDED_BY(lock_);
    vmap_area_list lazy_ GUARDED_BY(lock_);      // oldest first
    vmap_area_list deferred_ GUARDED_BY(lock_);  // of vfree() in interrupts
    vmap_area_list early_ GUARDED_BY(lock_);     // until init()
    vmalloc_stats stats_;
    relaxed<bool> any_deferred_ = false;
    atomic<u32> purging_{0};  // purges that are under way,
    atomic<u32> purged_{0};   // and those that are done

    u32 start_ = 0;
    u32 end_ = 0;
    vmap_tables* tables_ = nullptr;
    page_allocator* pages_ = nullptr;
    u64 phys_end_ = 0;
    u32 lazy_max_pages_ = 0;
    object_cache<vm_struct> structs_{"vmap_area"};
};
