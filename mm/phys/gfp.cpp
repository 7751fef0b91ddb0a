#include "mm/phys/gfp.hpp"

namespace {

constexpr gfp_flag flags[] = {
    {__GFP_DMA, "__GFP_DMA", "only from ZONE_DMA, the first 16 MiB"},
    {__GFP_HIGHMEM, "__GFP_HIGHMEM", "may lie above the linear map"},
    {__GFP_MOVABLE, "__GFP_MOVABLE", "can be moved: lies beside its like"},
    {__GFP_RECLAIMABLE, "__GFP_RECLAIMABLE", "can be had back: lies beside its like"},
    {__GFP_HIGH, "__GFP_HIGH", "may use half of the reserve below min"},
    {__GFP_IO, "__GFP_IO", "reclaim may start input and output"},
    {__GFP_FS, "__GFP_FS", "reclaim may call into file systems"},
    {__GFP_ZERO, "__GFP_ZERO", "cleared"},
    {__GFP_ATOMIC, "__GFP_ATOMIC", "cannot wait: a quarter more of the reserve"},
    {__GFP_DIRECT_RECLAIM, "__GFP_DIRECT_RECLAIM", "the caller may sleep and reclaim"},
    {__GFP_KSWAPD_RECLAIM, "__GFP_KSWAPD_RECLAIM", "wakes the reclaimer below low"},
    {__GFP_NOWARN, "__GFP_NOWARN", "no report when it fails"},
    {__GFP_RETRY_MAYFAIL, "__GFP_RETRY_MAYFAIL", "reclaims while that makes progress"},
    {__GFP_NOFAIL, "__GFP_NOFAIL", "may have the very last page"},
    {__GFP_NORETRY, "__GFP_NORETRY", "reclaims once at most"},
    {__GFP_MEMALLOC, "__GFP_MEMALLOC", "frees memory by using some: all of the reserve"},
    {__GFP_NOMEMALLOC, "__GFP_NOMEMALLOC", "none of the reserve, whatever else is said"},
    {__GFP_HARDWALL, "__GFP_HARDWALL", "for a user; no effect of its own"},
};

// The larger ones first: a mask is named after the first that it contains.
constexpr gfp_flag masks[] = {
    {GFP_HIGHUSER_MOVABLE, "GFP_HIGHUSER_MOVABLE", "a page of a user, by far the most"},
    {GFP_HIGHUSER, "GFP_HIGHUSER", "a page of a user that stays where it is"},
    {GFP_USER, "GFP_USER", "for a user, in the linear map"},
    {GFP_KERNEL, "GFP_KERNEL", "the kernel's usual way; may sleep"},
    {GFP_NOFS, "GFP_NOFS", "from within a file system"},
    {GFP_ATOMIC, "GFP_ATOMIC", "in an interrupt or under a lock; never sleeps"},
    {GFP_NOIO, "GFP_NOIO", "from within a disk driver"},
    {GFP_NOWAIT, "GFP_NOWAIT", "never sleeps and leaves the reserve alone"},
    {GFP_DMA, "GFP_DMA", "for old devices; says no more than where"},
};

// Rounds of reclaim after the first, while each makes progress: as many as Linux allows
// without any (MAX_RECLAIM_RETRIES).
constexpr u32 usual_retries = 16;

reserve_use reserve_of(gfp_t mask, bool reclaiming) {
    if (any(mask & __GFP_NOMEMALLOC)) return reserve_use::none;
    if (reclaiming || any(mask & __GFP_MEMALLOC)) return reserve_use::all;
    if (!any(mask & __GFP_HIGH)) return reserve_use::none;
    return any(mask & __GFP_ATOMIC) ? reserve_use::deeper : reserve_use::half;
}

u32 retries_of(gfp_t mask, unsigned order) {
    if (any(mask & __GFP_NOFAIL)) return gfp_plan::no_limit;
    if (any(mask & __GFP_NORETRY)) return 0;
    if (any(mask & __GFP_RETRY_MAYFAIL)) return gfp_plan::no_limit;
    // More than 32 KiB in one piece is worth one attempt.
    return order > 3 ? 0 : usual_retries;
}

}  // namespace

std::span<const gfp_flag> gfp_flag_table() { return flags; }
std::span<const gfp_flag> gfp_mask_table() { return masks; }

gfp_plan plan_allocation(gfp_t mask, unsigned order, bool reclaiming) {
    const reserve_use reserve = reserve_of(mask, reclaiming);
    const bool reclaim = gfp_may_wait(mask) && !reclaiming && reserve != reserve_use::all;
    // __GFP_NOMEMALLOC forbids this reserve, too.
    const bool urgent = any(mask & __GFP_ATOMIC) && any(mask & __GFP_HIGH) &&
                        !any(mask & __GFP_NOMEMALLOC);
    return {
        .wake_reclaimer = any(mask & __GFP_KSWAPD_RECLAIM) && !reclaiming,
        .reclaim = reclaim,
        .may_start_io = reclaim && any(mask & __GFP_IO),
        .may_enter_fs = reclaim && any(mask & __GFP_FS),
        .reserve = reserve,
        .use_highatomic = order > 0 && urgent,
        .most_retries = reclaim ? retries_of(mask, order) : 0,
        .must_not_fail = reclaim && any(mask & __GFP_NOFAIL),
        .warn = !any(mask & __GFP_NOWARN),
    };
}

void format_value(text_sink& out, const format_spec&, gfp_t mask) {
    if (!any(mask)) return out.write("0");
    u32 left = u32(mask);
    const char* separator = "";
    const auto say = [&](const gfp_flag& entry) {
        if ((left & u32(entry.bits)) != u32(entry.bits)) return false;
        left &= ~u32(entry.bits);
        out.write(separator);
        out.write(entry.name);
        separator = "|";
        return true;
    };
    for (const gfp_flag& entry : masks)
        if (say(entry)) break;
    for (const gfp_flag& entry : flags) say(entry);
    if (left != 0) format_to(out, "{}{:#x}", separator, left);
}
