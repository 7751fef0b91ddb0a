// Ranges of any length (B6): the buddy system ends at 4 MiB, memory does not.
#include "mm/phys/zone.hpp"

// Neighbouring largest blocks, joined; what is too much of the last one goes back.
// Those that are kept for urgent requests stay with them.
// Nothing is moved out of the way: that takes page tables.
page* zone::take_contiguous_locked(u32 count) {
    constexpr unsigned largest = MAX_ORDER - 1;
    const u32 head_flags =
        zone_bits_ | page_flags::bit(PG_buddy) | page_flags::order(largest);
    const u32 blocks = (count + pageblock_nr_pages - 1) / pageblock_nr_pages;
    u32 row = 0;
    for (u32 frame = align_up(frames_.start.raw(), pageblock_nr_pages);
         frame < frames_.end.raw(); frame += pageblock_nr_pages) {
        const bool is_ours = map_[frame].flags == head_flags &&
                             block_type(frame) != MIGRATE_HIGHATOMIC;
        row = is_ours ? row + 1 : 0;
        if (row < blocks) continue;
        page* const first = map_ + (frame - (blocks - 1) * pageblock_nr_pages);
        for (u32 i = 0; i < blocks; ++i) take_off_list(first + i * pageblock_nr_pages, largest);
        free_pages_ -= blocks * pageblock_nr_pages;
        give_range_locked(first + count, blocks * pageblock_nr_pages - count);
        return first;
    }
    return nullptr;
}

void zone::give_range_locked(page* first, u32 count) {
    for_each_block(frame_of(first), count, [&](u32 frame, unsigned order) NO_THREAD_SAFETY_ANALYSIS {
        give_locked(map_ + frame, order);
    });
}
