// struct page: what is known of a frame of memory (spec B1, B2).
//
// There is one for each frame from 0 to the end of RAM, side by side in mem_map[],
// so that neither needs to hold the address of the other:
//
//     mem_map   | page 0 | page 1 | page 2 | ... | page n-1 |
//                                    |  ^
//              frame = page - mem_map|  | page = mem_map + frame
//                                    v  |
//     memory    |  4 KiB |  4 KiB |  4 KiB | ... |   4 KiB  |
//
// Frames are given out in blocks of 2^order; the first page of a block, its head,
// says what the block is, and the others say nothing:
//
//     free        PG_buddy       on a free list of its zone
//                 PG_pcp         on a per-CPU list
//     in use      PG_allocated   somebody has it; _refcount says how often
//     never ours  PG_reserved    a hole, the firmware's, the kernel image, mem_map
//     inside      none of these  belongs to the block that begins before it
//
// I1: each page has at most one of the four marks.
// I2: a head's order is that of its block, and its frame a multiple of 2^order.
//     (But for alloc_contig_pages: it marks whole blocks, and a rest, as heads.)
// I3: zone bits never change once mem_map is built.
//
// Other systems' notes keep a free block's order in `private`; here it has bits in
// `flags`, so that mark, order and zone are compared at once. That is what finds
// double frees and wrong orders without a look at any other page.
//
// At 32 bits the structure is 32 bytes: eight words, two of them in each half of a
// cache line pair with what is used together (slub's freelist and counters). It is a
// power of two at 64 bits, too: so a page is found by shifting.
#pragma once

#include "lib/address.hpp"
#include "lib/atomic.hpp"
#include "lib/list.hpp"
#include "lib/relaxed.hpp"

struct address_space;
struct kmem_cache;

enum page_flag : u8 {
    PG_locked,
    PG_referenced,
    PG_uptodate,
    PG_dirty,
    PG_lru,
    PG_active,
    PG_slab,
    PG_writeback,
    PG_swapcache,
    PG_swapbacked,
    PG_unevictable,
    PG_mlocked,
    PG_reclaim,
    PG_private,
    PG_contig,  // the block is part of an alloc_contig_pages range
    // The four marks:
    PG_buddy,
    PG_pcp,
    PG_allocated,
    PG_reserved,
};
inline constexpr unsigned NR_PAGEFLAGS = 19;

enum zone_type : u8 { ZONE_DMA, ZONE_NORMAL, ZONE_HIGHMEM };
inline constexpr unsigned MAX_NR_ZONES = 3;

// Which pages lie beside which, so that what cannot be moved stays together (B9).
enum migrate_type : u8 {
    MIGRATE_UNMOVABLE,
    MIGRATE_MOVABLE,
    MIGRATE_RECLAIMABLE,
    MIGRATE_PCPTYPES,  // the types above have per-CPU lists
    MIGRATE_HIGHATOMIC = MIGRATE_PCPTYPES,
    MIGRATE_TYPES,
};

// Free blocks are 2^0 ... 2^10 pages, 4 KiB ... 4 MiB.
inline constexpr unsigned MAX_ORDER = 11;
// A page block, the unit that has a migrate type: the largest block.
inline constexpr unsigned pageblock_order = MAX_ORDER - 1;
inline constexpr u32 pageblock_nr_pages = 1u << pageblock_order;

// The word `flags`:  zone 31..30 | type 29..28 | order 27..24 | page_flag bits 18..0
struct page_flags {
    static constexpr unsigned order_shift = 24, type_shift = 28, zone_shift = 30;
    static constexpr u32 order_mask = 0xfu << order_shift;
    static constexpr u32 type_mask = 3u << type_shift;
    static constexpr u32 zone_mask = 3u << zone_shift;

    static constexpr u32 bit(page_flag flag) { return 1u << flag; }
    static constexpr u32 zone(zone_type zone) { return u32{zone} << zone_shift; }
    static constexpr u32 order(unsigned order) { return order << order_shift; }
    static constexpr u32 type(migrate_type type) { return u32{type} << type_shift; }

    static constexpr u32 marks =
        1u << PG_buddy | 1u << PG_pcp | 1u << PG_allocated | 1u << PG_reserved;
    // May still be set when a page is freed; all others mean that it is in use.
    static constexpr u32 forgotten_at_free = 1u << PG_referenced | 1u << PG_uptodate |
                                             1u << PG_dirty | 1u << PG_swapbacked |
                                             1u << PG_reclaim;
};

struct alignas(8 * sizeof(void*)) page {
    relaxed<u32> flags;
    atomic<s32> _refcount;  // 0: nobody's
    union {
        uintptr_t index;  // page cache: the place in the mapping, in pages
        void* freelist;   // slub: the first free object
    };
    union {
        atomic<s32> _mapcount;  // page tables that map it, less one
        u32 counters;                // slub: objects, in use, frozen
    };
    union {
        address_space* mapping;  // page cache, or anonymous memory (lowest bit set)
        void* s_mem;             // slab: the first object
    };
    union {
        uintptr_t private_;      // its owner's own
        kmem_cache* slab_cache;  // PG_slab
    };
    list_head lru;  // free lists, per-CPU lists, LRU; for its owner otherwise

    page() : index(0), _mapcount(-1), mapping(nullptr), private_(0) {}
};
static_assert(sizeof(void*) != 4 || sizeof(page) == 32, "mem_map costs 32 bytes a frame");

using page_list = list<page, &page::lru>;

inline bool page_test(const page& page, page_flag flag) { return page.flags >> flag & 1; }
inline zone_type page_zonenum(const page& page) {
    return static_cast<zone_type>(page.flags >> page_flags::zone_shift);
}
// Of a head: free or in use.
inline unsigned page_order(const page& page) {
    return page.flags >> page_flags::order_shift & 0xf;
}
inline migrate_type page_migrate_type(const page& page) {
    return static_cast<migrate_type>(page.flags >> page_flags::type_shift & 3);
}

inline bool PageReserved(const page& page) { return page_test(page, PG_reserved); }
inline bool PageBuddy(const page& page) { return page_test(page, PG_buddy); }
inline bool PageSlab(const page& page) { return page_test(page, PG_slab); }
inline bool PageHighMem(const page& page) { return page_zonenum(page) == ZONE_HIGHMEM; }

inline s32 page_count(const page& page) {
    return page._refcount.load(memory_order::relaxed);
}
inline void get_page(page& page) { page._refcount.fetch_add(1, memory_order::relaxed); }

// The kernel's own, from frame 0 to max_pfn.
extern page* mem_map;
extern u32 max_pfn;

inline bool pfn_valid(pfn frame) { return frame.raw() < max_pfn; }
inline page* pfn_to_page(pfn frame) {
    kdebug_assert(pfn_valid(frame), "frame {} is beyond mem_map, {} frames", frame, max_pfn);
    return mem_map + frame.raw();
}
inline pfn page_to_pfn(const page* page) {
    const pfn frame(static_cast<u32>(page - mem_map));
    kdebug_assert(pfn_valid(frame), "{:p} is no page of mem_map", static_cast<const void*>(page));
    return frame;
}
inline phys_addr page_to_phys(const page* page) { return page_to_pfn(page).address(); }

// Linear map only (A5): null for a page of HighMem, which has no address of its own.
inline void* lowmem_page_address(const page* page) {
    return PageHighMem(*page) ? nullptr : phys_to_virt(page_to_phys(page));
}
// What does not depend on the address is one number, and the compiler's to move: kfree
// waits for this.
inline page* virt_to_page(const void* address) {
    kdebug_assert(virt_addr_valid(address), "virt_to_page: {} is not in the linear map", address);
    if constexpr (dear_checks) return pfn_to_page(phys_to_pfn(virt_to_phys(address)));
    const uintptr_t page_of_0 = reinterpret_cast<uintptr_t>(mem_map) -
                                (PAGE_OFFSET >> PAGE_SHIFT) * sizeof(page);
    return reinterpret_cast<page*>(
        page_of_0 + (reinterpret_cast<uintptr_t>(address) >> PAGE_SHIFT) * sizeof(page));
}

// "locked|dirty|allocated", or "none": the flags in words, then order and zone.
struct page_flags_text {
    u32 flags;
};
void format_value(text_sink& out, const format_spec& spec, page_flags_text text);

const char* zone_name(zone_type zone);
const char* migrate_type_name(migrate_type type);
