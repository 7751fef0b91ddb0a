// gfp_t: how a page is asked for (spec B7, B8). "Get free pages".
//
// Each flag says one thing: where the page may lie, what may be done to get it, and
// what is to be made of it. `gfp_flag_table` is the list of all of them with their
// meaning; `gfp_plan` turns a mask into decisions, and is all that the allocator
// looks at. The values are Linux 6.1's.
//
// Who may go how deep into a zone (drawn by the monitor's `gfp`):
//
//     free pages
//     -- high --   the reclaimer stops
//     -- low  --   the usual way ends here; the reclaimer is woken
//     -- min  --   GFP_KERNEL and GFP_USER wait for reclaim below this
//     -- min/2 --  __GFP_HIGH
//     -- 3min/8 -- GFP_ATOMIC: __GFP_HIGH and may not wait
//     -- 0    --   __GFP_MEMALLOC: whoever frees memory by using some
#pragma once

#include "lib/format.hpp"
#include "mm/phys/page.hpp"

enum class gfp_t : u32 {};

constexpr gfp_t operator|(gfp_t a, gfp_t b) { return gfp_t(u32(a) | u32(b)); }
constexpr gfp_t operator&(gfp_t a, gfp_t b) { return gfp_t(u32(a) & u32(b)); }
constexpr gfp_t operator~(gfp_t a) { return gfp_t(~u32(a)); }
constexpr gfp_t& operator|=(gfp_t& a, gfp_t b) { return a = a | b; }
constexpr bool any(gfp_t a) { return u32(a) != 0; }

// Where.
inline constexpr gfp_t __GFP_DMA{0x01};
inline constexpr gfp_t __GFP_HIGHMEM{0x02};
inline constexpr gfp_t __GFP_MOVABLE{0x08};
inline constexpr gfp_t __GFP_RECLAIMABLE{0x10};
// How hard.
inline constexpr gfp_t __GFP_HIGH{0x20};
inline constexpr gfp_t __GFP_IO{0x40};
inline constexpr gfp_t __GFP_FS{0x80};
inline constexpr gfp_t __GFP_ATOMIC{0x200};
inline constexpr gfp_t __GFP_DIRECT_RECLAIM{0x400};
inline constexpr gfp_t __GFP_KSWAPD_RECLAIM{0x800};
inline constexpr gfp_t __GFP_RECLAIM = __GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM;
inline constexpr gfp_t __GFP_RETRY_MAYFAIL{0x4000};
inline constexpr gfp_t __GFP_NOFAIL{0x8000};
inline constexpr gfp_t __GFP_NORETRY{0x10000};
inline constexpr gfp_t __GFP_MEMALLOC{0x20000};
inline constexpr gfp_t __GFP_NOMEMALLOC{0x80000};
// What of it.
inline constexpr gfp_t __GFP_ZERO{0x100};
inline constexpr gfp_t __GFP_NOWARN{0x2000};
inline constexpr gfp_t __GFP_HARDWALL{0x100000};

inline constexpr gfp_t GFP_ATOMIC = __GFP_HIGH | __GFP_ATOMIC | __GFP_KSWAPD_RECLAIM;
inline constexpr gfp_t GFP_KERNEL = __GFP_RECLAIM | __GFP_IO | __GFP_FS;
inline constexpr gfp_t GFP_NOWAIT = __GFP_KSWAPD_RECLAIM;
inline constexpr gfp_t GFP_NOIO = __GFP_RECLAIM;
inline constexpr gfp_t GFP_NOFS = __GFP_RECLAIM | __GFP_IO;
inline constexpr gfp_t GFP_USER = GFP_KERNEL | __GFP_HARDWALL;
inline constexpr gfp_t GFP_DMA = __GFP_DMA;
inline constexpr gfp_t GFP_HIGHUSER = GFP_USER | __GFP_HIGHMEM;
inline constexpr gfp_t GFP_HIGHUSER_MOVABLE = GFP_HIGHUSER | __GFP_MOVABLE;

struct gfp_flag {
    gfp_t bits;
    const char* name;
    const char* effect;  // one line
};
std::span<const gfp_flag> gfp_flag_table();
std::span<const gfp_flag> gfp_mask_table();  // GFP_KERNEL and the like

// "GFP_KERNEL|__GFP_ZERO": the largest named mask in it, then single flags.
void format_value(text_sink& out, const format_spec& spec, gfp_t mask);

constexpr bool gfp_may_wait(gfp_t mask) { return any(mask & __GFP_DIRECT_RECLAIM); }

// The highest zone that will do. DMA wins over HighMem.
constexpr zone_type gfp_zone(gfp_t mask) {
    // One word for a table of four: __GFP_DMA is bit 0, __GFP_HIGHMEM bit 1.
    constexpr u32 table = ZONE_NORMAL << 0 | ZONE_DMA << 4 | ZONE_HIGHMEM << 8 | ZONE_DMA << 12;
    return static_cast<zone_type>(table >> (u32(mask) & 3) * 4 & 0xf);
}

// Both flags at once mean nothing: the page then is not to be moved.
constexpr migrate_type gfp_migrate_type(gfp_t mask) {
    const u32 type = u32(mask) >> 3 & 3;
    return type == 3 ? MIGRATE_UNMOVABLE : static_cast<migrate_type>(type);
}

// How far below the mark `low` an allocation may go, once the easy way has failed.
enum class reserve_use : u8 {
    none,     // to min
    half,     // to min/2: __GFP_HIGH
    deeper,   // to 3/8 of min: GFP_ATOMIC
    all,      // to nothing: __GFP_MEMALLOC
};

// What the slow path does, row by row in gfp_test.cpp.
struct gfp_plan {
    bool wake_reclaimer;
    bool reclaim;          // by the caller itself
    bool may_start_io;
    bool may_enter_fs;
    reserve_use reserve;
    bool use_highatomic;   // the page blocks kept for urgent orders above 0
    u32 most_retries;      // of reclaim, while it makes progress
    bool must_not_fail;
    bool warn;

    static constexpr u32 no_limit = ~0u;
    bool operator==(const gfp_plan&) const = default;
};

// `reclaiming`: the caller is itself freeing memory (it never enters reclaim again,
// and may use all there is).
gfp_plan plan_allocation(gfp_t mask, unsigned order, bool reclaiming);

// min: the zone's mark. What must remain free for an allocation of this kind.
constexpr u32 mark_below_min(u32 min, reserve_use use) {
    switch (use) {
        case reserve_use::none: return min;
        case reserve_use::half: return min - min / 2;
        case reserve_use::deeper: return min - min / 2 - (min - min / 2) / 4;
        case reserve_use::all: return 0;
    }
    return min;
}
