// The page allocator: zones, and the way through them (B4, B7, B8).
//
//     alloc_pages(GFP_HIGHUSER, 0)
//         |
//         v   HighMem --no--> Normal --no--> DMA --no--> the slow way
//             enough above     ...            ...          wake the reclaimer
//             `low`?                                       try down to `min` or below
//             |yes                                         reclaim, try again
//             v                                            report, null
//             per-CPU list (order 0..3)
//             buddy system (order 4..10)
//
// A zone is passed over when it would be left with less than its mark and its lowmem
// reserve: what must remain there for those who cannot go higher.
//
// Whoever has a block holds its reference count. A block is given back to where it
// came from, by its own flags: page_allocator finds double frees, wrong orders, frees
// of what was never given out and pages still in use by looking at one word, reports
// each by name, and leaves the page alone.
//
// The kernel has one of these (the_page_allocator); a test makes its own, over pages
// of its own. What lies behind the pages is reached by a frame_memory; without one
// there is no memory behind them, only struct pages, and nothing is cleared.
//
// I1: a zone's frames begin and end at multiples of the largest block, or where
//     mem_map does; mem_map is padded to whole page blocks.
// I2: a block in use has its mark, order, type and zone in its head's flags, a
//     reference count of at least 1, and no free page in it.
#pragma once

#include "lib/fault_injection.hpp"
#include "mm/phys/gfp.hpp"
#include "mm/phys/page_report.hpp"
#include "mm/phys/zone.hpp"

#include <optional>

// How to reach the contents of frames; mm/map defines the kernel's, for HighMem too.
class frame_memory {
public:
    virtual void clear(pfn first, u32 count) = 0;
    // With dear checks, freed frames are filled, and found unchanged later.
    virtual void fill(pfn first, u32 count, u8 byte) = 0;
    // The first byte that differs, or nothing.
    virtual std::optional<u64> find_other(pfn first, u32 count, u8 byte) = 0;

protected:
    ~frame_memory() = default;
};

// Who frees memory when there is too little. mm/reclaim will be one.
class page_reclaimer {
public:
    virtual void wake(const zone& zone, unsigned order) = 0;
    // Pages freed; 0 is no progress. It may allocate, but is not entered again.
    virtual u32 reclaim(unsigned order, gfp_t mask) = 0;

protected:
    ~page_reclaimer() = default;
};

inline constexpr u8 PAGE_POISON = 0xaa;

// Frames by owner.
struct page_census {
    u32 free = 0;    // in the buddy system
    u32 listed = 0;  // on CPUs' lists
    u32 in_use = 0;
    u32 reserved = 0;

    u32 sum() const { return free + listed + in_use + reserved; }
    page_census& operator+=(const page_census& other) {
        free += other.free;
        listed += other.listed;
        in_use += other.in_use;
        reserved += other.reserved;
        return *this;
    }
};

class page_allocator {
public:
    // Until init() it has no pages, and says so to whoever asks.
    constexpr page_allocator() {
        for (zone*& first : ways_.first) first = zones_;
    }
    page_allocator(const page_allocator&) = delete;
    page_allocator& operator=(const page_allocator&) = delete;

    struct options {
        page* map;                  // `frames` of them, a multiple of pageblock_nr_pages
        u32 frames;
        migrate_type* block_types;  // one for each page block
        u32 zone_end[MAX_NR_ZONES];  // the first frame behind each zone
        page_owner* owners = nullptr;  // one a frame, or none
        frame_memory* memory = nullptr;
    };
    // All pages are reserved; then some are released; then allocation begins.
    void init(const options& how);
    void release(pfn_range frames);
    void start();

    // ---- the calls (B7) ----------------------------------------------------------
    page* alloc_pages(gfp_t mask, unsigned order);
    void free_pages(page* head, unsigned order);
    // The same, inline, for the one caller who wants that (page_alloc.cpp).
    page* get(gfp_t mask, unsigned order);
    void put(page* head, unsigned order);
    // Single pages, many at once (page_bulk.cpp). How many of `count` there were; what
    // was got is in pages[0 ...].
    u32 alloc_pages_bulk(gfp_t mask, u32 count, page** pages);
    void free_pages_bulk(u32 count, page* const* pages);
    // Drops a reference; the last one frees the block, whatever its order.
    void put_page(page* head);
    // A block becomes 2^order blocks of one page, each with a reference of its own.
    void split_page(page* head, unsigned order);
    page* alloc_contig_pages(u32 count, gfp_t mask);
    void free_contig_pages(page* first, u32 count);

    // This CPU's lists go back to the zones.
    void drain_local_pages();

    void set_reclaimer(page_reclaimer* reclaimer) { reclaimer_ = reclaimer; }
    void set_reporter(page_reporter reporter) { report_ = reporter; }
    fault_attr& fail_page_alloc() { return fail_page_alloc_; }

    // ---- looking at it -----------------------------------------------------------
    zone& zone_at(unsigned type) { return zones_[type]; }
    const zone& zone_at(unsigned type) const { return zones_[type]; }
    std::span<const zone> zones() const { return zones_; }
    page* map() const { return map_; }
    u32 frames() const { return frames_; }
    pfn frame_of(const page* page) const { return pfn(static_cast<u32>(page - map_)); }
    u32 managed_pages() const;
    u32 free_pages_count() const;
    u32 pages_in_use() const;
    // Too few page blocks to keep types apart: all migrate types are one.
    bool mobility_disabled() const { return mobility_disabled_; }
    u32 min_free_kbytes() const { return min_free_kbytes_; }
    u32 nr_failed() const { return nr_failed_; }
    const page_owner* owner(pfn frame) const;

    // Counted frame by frame, with nobody else at work. A bug in Loci if it does not
    // add up to mem_map, or is not what the zones have counted.
    page_census census() const;
    // All of I1..I2, those of the zones, and the census.
    void check_invariants() const;

private:
    struct request;  // page_allocator.cpp

    // Where a mask leads, by its lowest bits. Three arrays and not one of structures:
    // so each is one scaled load away.
    static constexpr u32 nr_ways = 32;
    struct ways {
        zone* first[nr_ways];        // the highest zone that will do
        u32 flags[nr_ways];          // of a page from there, in use, but for its order
        migrate_type type[nr_ways];
    };
    static u32 way_of(gfp_t mask) { return u32(mask) % nr_ways; }
    static constexpr u32 given_flags(zone_type zone, migrate_type type) {
        return page_flags::zone(zone) | page_flags::bit(PG_allocated) | page_flags::type(type);
    }

    // The usual way, inline (page_allocator_usual.hpp).
    page* alloc_small(gfp_t mask, unsigned order);
    page* alloc_large(gfp_t mask, unsigned order, uintptr_t caller);
    std::optional<u32> take_listed(zone& zone, gfp_t mask, u32 most, page** pages,
                                   uintptr_t caller);
    u32 free_run(zone& zone, u32 count, page* const* pages, uintptr_t caller);
    void check_may_wait(gfp_t mask);
    page* hand_out(page* head, u32 flags, gfp_t mask, unsigned order, uintptr_t caller);
    void free_usual(page* head, unsigned order, uintptr_t caller);

    void set_ways();
    void set_marks();
    void set_pcp_limits();
    page_census count_zone(const zone& zone) const;
    page* alloc_carefully(gfp_t mask, unsigned order, uintptr_t caller);
    page* take(zone& zone, const request& wanted);
    page* find(const request& wanted);
    void clobbered(page* head, const zone& zone, unsigned order, uintptr_t caller);
    page* alloc_after_clobbered(page* head, const zone& zone, gfp_t mask, unsigned order,
                                uintptr_t caller);
    page* try_urgently(const request& wanted);
    page* reclaim_and_retry(const request& wanted);
    void report_failure(const request& wanted);

    void free_oddly(page* head, unsigned order, s32 count_before, uintptr_t caller);
    void report(page_bug bug, const page* page, unsigned order, uintptr_t caller);
    page_bug diagnose(const page& page, unsigned order) const;
    void check_unchanged(page* head, unsigned order, uintptr_t caller);
    void note_owner(page* head, unsigned order, uintptr_t caller, gfp_t mask);
    void note_freed(page* head, unsigned order, uintptr_t caller);
    page* find_range(u32 count, zone_type highest);
    bool is_contig_range(const page* first, u32 count) const;

    zone zones_[MAX_NR_ZONES];
    page* map_ = nullptr;
    u32 frames_ = 0;
    ways ways_ = {};
    bool mobility_disabled_ = false;
    u32 min_free_kbytes_ = 0;
    bool started_ = false;
    frame_memory* memory_ = nullptr;
    page_owner* owners_ = nullptr;
    page_reclaimer* reclaimer_ = nullptr;
    page_reporter report_ = report_bad_page;
    relaxed<u32> nr_failed_ = 0;
    fault_attr fail_page_alloc_{"fail_page_alloc"};
};
