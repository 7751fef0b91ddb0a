// A zone: frames of one kind, and the buddy system that gives them out (B4, B5).
//
//     0         16 MiB              lowmem_limit()             end of RAM
//     | ZONE_DMA | ZONE_NORMAL             | ZONE_HIGHMEM          |
//       old devices  the linear map          no address of its own
//       reach it
//
// The buddy system. Free memory is kept in blocks of 2^k pages, each at a multiple
// of its size; the two halves of a larger block are buddies, and the frame of one is
// that of the other XOR 2^k.
//
//     free_area[0]   1 page      unmovable ->o->o     nr_free counts the blocks
//         ...                    movable   ->o        of all types
//     free_area[10]  1024 pages  ...
//
//   take order k:  the smallest block of at least 2^k; while it is too large, its
//                  upper half goes back to the lists
//   free order k:  while the buddy is a free block of the same order in the same
//                  zone, the two become one block of the next order
//
// Types (B9). Memory is divided into page blocks of 1024 pages, each of a migrate
// type, and a free block lies on the list of its page block's type, so that pages
// which cannot be moved collect in few page blocks. A type that has run out takes
// from another's: the largest block first, and when half of the page block is free
// or of a like kind, the whole page block changes its type (migrate.cpp).
//
// In front of orders 0 to 3 each CPU has lists of its own (per_cpu_pages): no lock,
// filled and emptied in batches, the page freed last is given out first.
//
// I1: a free block of order k begins at a multiple of 2^k and lies in one zone.
// I2: its head is marked PG_buddy with its order, and no other page in it is marked.
// I3: two buddies of an order below the largest are not both free.
// I4: nr_free of an order is the number of blocks on its lists.
// I5: free_pages is the sum of nr_free << order.
// I6: a free block lies on the list of its page block's type.
// I7: a per-CPU list of order k holds heads marked PG_pcp of order k, and `count`
//     is the pages on all lists of that CPU.
// I8: managed_pages = free_pages + pages on per-CPU lists + pages in use.
// I9: nr_reserved_highatomic is the size of the page blocks of that type.
//
// `lock` guards the free areas and the page blocks' types. A CPU's lists are touched
// by that CPU only, with interrupts off: nobody needs a lock for them, and who wants
// them emptied asks each CPU to do so.
//
// Left out: NUMA, CMA, isolated page blocks (come with what moves pages).
#pragma once

#include <cpu/irqflags.hpp>
#include <cpu/processor.hpp>
#include "lib/relaxed.hpp"
#include "lib/spinlock.hpp"
#include "mm/phys/page.hpp"

#include <bit>

struct free_area {
    page_list free_list[MIGRATE_TYPES];
    relaxed<u32> nr_free = 0;  // written under the lock
};

// Orders up to this are expected to be had; those above may well fail.
inline constexpr unsigned PAGE_ALLOC_COSTLY_ORDER = 3;
inline constexpr unsigned PCP_ORDERS = PAGE_ALLOC_COSTLY_ORDER + 1;

struct per_cpu_pages {
    relaxed<u32> count = 0;  // pages on all lists; others may look at it
    u32 high = 0;   // more than this are too many
    u32 batch = 1;  // pages to take or give back at once
    u32 free_factor = 0;  // batches double while pages are only freed
    page_list lists[PCP_ORDERS][MIGRATE_PCPTYPES];
};

// Cuts `count` pages from `frame` on into as large blocks as their places allow.
template <class Visit>
void for_each_block(u32 frame, u32 count, Visit visit) {
    while (count > 0) {
        const unsigned aligned = frame == 0 ? MAX_ORDER - 1 : std::countr_zero(frame);
        const unsigned fits = std::bit_width(count) - 1;
        const unsigned order = min_of(min_of(aligned, fits), MAX_ORDER - 1);
        visit(frame, order);
        frame += 1u << order;
        count -= 1u << order;
    }
}

enum zone_mark : u8 { WMARK_MIN, WMARK_LOW, WMARK_HIGH };
inline constexpr unsigned NR_WMARK = 3;

// A type that ran out and took from another, counted by what was done.
struct migrate_stats {
    u32 stolen_blocks = 0;       // single blocks taken from another type's list
    u32 changed_pageblocks = 0;  // page blocks that changed their type with all in them
};

class zone {
public:
    constexpr zone() = default;
    zone(const zone&) = delete;
    zone& operator=(const zone&) = delete;

    // Frames [first, end) of `map`; none is free yet. `block_types` has an entry for
    // each page block from frame 0 on. All page blocks become movable.
    void init(zone_type type, page* map, pfn_range frames, migrate_type* block_types);

    zone_type type() const { return type_; }
    const char* name() const { return zone_name(type_); }
    pfn_range frames() const { return frames_; }
    u32 free_pages() const { return free_pages_; }
    u32 managed_pages() const { return managed_pages_; }
    u32 pcp_pages() const;  // on all CPUs' lists
    // The part of its pages' flags that says which zone it is.
    u32 page_bits() const { return zone_bits_; }
    u32 pages_in_use() const { return managed_pages_ - free_pages() - pcp_pages(); }
    const free_area& area(unsigned order) const { return areas_[order]; }
    const migrate_stats& stats() const { return stats_; }
    u32 nr_reserved_highatomic() const { return nr_reserved_highatomic_; }

    // Pages become this zone's to give out: at boot, and when .init is given back.
    void manage(u32 pages) { managed_pages_ += pages; }

    // Without the lock: what it was a moment ago.
    migrate_type block_type(u32 frame) const {
        return load_atomically(block_types_[frame >> pageblock_order], memory_order::relaxed);
    }

    // ---- the buddy system (buddy.cpp) --------------------------------------------
    irq_spinlock lock{"a zone"};

    // A block of 2^order pages, off all lists and unmarked; null when there is none.
    // Takes from other types when `type` has none (but for MIGRATE_HIGHATOMIC).
    page* take(unsigned order, migrate_type type) EXCLUDES(lock);
    page* take_locked(unsigned order, migrate_type type) REQUIRES(lock);
    // Unmarked pages come back. The order is that of the block, whatever it was.
    void give(page* head, unsigned order) EXCLUDES(lock);
    void give_locked(page* head, unsigned order) REQUIRES(lock);

    // Puts `blocks` blocks of `order` on `to`, marked PG_pcp, lowest frame first;
    // fewer when there are no more. Returns how many.
    u32 take_many_locked(page_list& to, unsigned order, migrate_type type, u32 blocks)
        REQUIRES(lock);

    // ---- per-CPU lists (per_cpu_pages.cpp); interrupts are off -------------------
    void set_pcp_limits(u32 high, u32 batch);
    page_list& pcp_list(unsigned order, migrate_type type) {
        return pcp_[smp_processor_id()].lists[order][type];
    }
    // The hot end of this CPU's `list`, which is not empty.
    page* pcp_pop(page_list& list, unsigned order);
    // The same, after filling the list if need be; null: the zone has none.
    page* pcp_take(unsigned order, migrate_type type);
    // Single pages from the hot end, at most `most`; 0: the zone has none.
    u32 pcp_take_many(migrate_type type, u32 most, page** pages);
    void pcp_give(page* head, u32 frame, unsigned order);
    // Single pages one after another, then how many of them were listed.
    bool pcp_list_one(page* page, u32 frame);
    void pcp_grown(u32 pages);
    void pcp_give(page* head, unsigned order) { pcp_give(head, frame_of(head), order); }
    // What a head on these lists says.
    u32 pcp_flags(unsigned order) const { return pcp_bits_ | page_flags::order(order); }
    void pcp_drain();  // this CPU's
    const per_cpu_pages& pcp(unsigned cpu) const { return pcp_[cpu]; }

    // ---- page blocks and their types (migrate.cpp) -------------------------------
    void set_block_type_locked(u32 frame, migrate_type type) REQUIRES(lock);
    // Keeps the page block of `head`, which met an urgent request, for more of these;
    // gives one up to `type` when memory is short. True: there was one.
    void reserve_highatomic_locked(page* head) REQUIRES(lock);
    bool unreserve_highatomic_locked(migrate_type type) REQUIRES(lock);

    // ---- more than the largest block (contig.cpp) --------------------------------
    // `count` pages side by side, unmarked; null when there are none. Joins
    // neighbouring largest blocks.
    page* take_contiguous_locked(u32 count) REQUIRES(lock);
    // Frees any number of pages in as large blocks as their place allows.
    void give_range_locked(page* first, u32 count) REQUIRES(lock);

    // ---- how much must stay free -------------------------------------------------
    u32 wmark[NR_WMARK] = {};
    // What a request that would rather have zone j must leave in this one.
    u32 lowmem_reserve[MAX_NR_ZONES] = {};
    // Whoever may use this zone, and none above it, gets 2^order pages of it.
    bool has_plenty(unsigned order) const { return free_pages_ > plenty_ + (1u << order) - 1; }
    void set_plenty() { plenty_ = wmark[WMARK_LOW] + nr_reserved_highatomic_; }

    void check_invariants() const;

private:
    u32 frame_of(const page* page) const { return static_cast<u32>(page - map_); }

    void put_on_list(page* head, unsigned order, migrate_type type);
    void take_off_list(page* head, unsigned order);
    // The lower 2^order pages of a block of 2^from; the rest goes back to the lists.
    void split(page* head, unsigned from, unsigned order, migrate_type type);
    void mark_run(page_list& to, page* first, unsigned order, u32 blocks);
    page* smallest_block(unsigned order, migrate_type type, unsigned& found) const;
    page* take_smallest(unsigned order, migrate_type type);
    page* take_of_type(unsigned order, migrate_type type);
    page* take_from_lists(unsigned order, migrate_type type) REQUIRES(lock);
    void merge_into_lists(page* head, unsigned order);
    page* steal(unsigned order, migrate_type type) REQUIRES(lock);
    bool claim_page_block(u32 frame, migrate_type type) REQUIRES(lock);
    u32 move_free_blocks(u32 frame, migrate_type to);

    bool pcp_refill(per_cpu_pages& pcp, unsigned order, migrate_type type, u32 wanted);
    void pcp_trim(per_cpu_pages& pcp);
    void pcp_give_back(per_cpu_pages& pcp, u32 pages);

    void check_area(unsigned order, u32& pages) const;
    void check_pcp(const per_cpu_pages& pcp) const;

    u32 zone_bits_ = 0;  // those of each page's flags
    u32 pcp_bits_ = 0;   // with PG_pcp
    page* map_ = nullptr;
    migrate_type* block_types_ = nullptr;
    pfn_range frames_{};
    relaxed<u32> free_pages_ = 0;  // written under the lock
    relaxed<u32> plenty_ = 0;      // likewise; the low mark, and what is kept
    u32 managed_pages_ = 0;
    relaxed<u32> nr_reserved_highatomic_ = 0;  // written under the lock
    zone_type type_ = ZONE_DMA;
    per_cpu_pages pcp_[NR_CPUS];
    free_area areas_[MAX_ORDER];
    migrate_stats stats_;
};

// Hot end first: what was freed last may still be in the cache.
inline void zone::put_on_list(page* head, unsigned order, migrate_type type) {
    head->flags = zone_bits_ | page_flags::bit(PG_buddy) | page_flags::order(order);
    areas_[order].free_list[type].push_front(*head);
    areas_[order].nr_free += 1;
}

inline void zone::take_off_list(page* head, unsigned order) {
    page_list::erase(*head);
    areas_[order].nr_free -= 1;
    head->flags = zone_bits_;
}

[[gnu::always_inline]] inline page* zone::pcp_pop(page_list& list, unsigned order) {
    per_cpu_pages& pcp = pcp_[smp_processor_id()];
    page* const head = &list.front();
    page_list::erase(*head);
    pcp.count -= 1u << order;
    pcp.free_factor >>= 1;
    return head;
}

[[gnu::always_inline]] inline void zone::pcp_give(page* head, u32 frame,
                                                            unsigned order) {
    per_cpu_pages& pcp = pcp_[smp_processor_id()];
    const migrate_type type = block_type(frame);
    // What is kept for the urgent ones stays with them.
    if (type >= MIGRATE_PCPTYPES) [[unlikely]] return give(head, order);
    head->flags = pcp_flags(order);
    pcp.lists[order][type].push_front(*head);
    pcp.count += 1u << order;
    if (pcp.count >= pcp.high) [[unlikely]] pcp_trim(pcp);
}

// False: it is with the urgent ones, and not on a list.
[[gnu::always_inline]] inline bool zone::pcp_list_one(page* page, u32 frame) {
    const migrate_type type = block_type(frame);
    if (type >= MIGRATE_PCPTYPES) [[unlikely]] {
        give(page, 0);
        return false;
    }
    page->flags = pcp_flags(0);
    pcp_[smp_processor_id()].lists[0][type].push_front(*page);
    return true;
}

inline void zone::pcp_grown(u32 pages) {
    per_cpu_pages& pcp = pcp_[smp_processor_id()];
    pcp.count += pages;
    while (pcp.count >= pcp.high) [[unlikely]] pcp_trim(pcp);
}
