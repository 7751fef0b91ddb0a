// Page blocks and their types (B9): who may take from whom, and when a page block
// changes sides.
//
//     wanted        then               last
//     unmovable     reclaimable        movable
//     movable       reclaimable        unmovable
//     reclaimable   unmovable          movable
//
// A page that cannot be moved, put between pages that can, spoils a whole page block
// for larger requests. So when a type runs out, it first tries to win a page block:
// the one with the largest free block of a foreign type, if at least half of it is
// free or in use by its own kind (in a movable page block: by what cannot be moved).
// Only when there is none does it take a single block, the smallest, and leave the
// page block what it was.
//
// A movable page does no harm anywhere, so it wins page blocks only where much is
// free at once, and otherwise is content with the smallest foreign block.
#include "mm/phys/zone.hpp"

namespace {

constexpr unsigned FALLBACKS = 2;
constexpr migrate_type fallbacks[MIGRATE_PCPTYPES][FALLBACKS] = {
    {MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE},   // for MIGRATE_UNMOVABLE
    {MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE}, // for MIGRATE_MOVABLE
    {MIGRATE_UNMOVABLE, MIGRATE_MOVABLE},     // for MIGRATE_RECLAIMABLE
};

constexpr u32 first_of_block(u32 frame) { return align_down(frame, pageblock_nr_pages); }

constexpr bool may_claim(unsigned order, migrate_type type) {
    return type != MIGRATE_MOVABLE || order >= pageblock_order / 2;
}

// Pages in use that `type` would like to have for neighbours, in a page block of type
// `home`. Among movable pages those that cannot be moved are all strangers.
constexpr bool is_alike(migrate_type in_use, migrate_type type, migrate_type home) {
    if (in_use == type) return true;
    return home == MIGRATE_MOVABLE && in_use != MIGRATE_MOVABLE;
}

}  // namespace

// One block of exactly `order`, off the lists; null when no type has any.
page* zone::steal(unsigned order, migrate_type type) {
    if (type >= MIGRATE_PCPTYPES) return nullptr;
    for (unsigned from = MAX_ORDER; from-- > order && may_claim(from, type);)
        for (const migrate_type other : fallbacks[type]) {
            page_list& list = areas_[from].free_list[other];
            if (!list.empty() && claim_page_block(frame_of(&list.front()), type))
                return take_of_type(order, type);
        }
    for (const migrate_type other : fallbacks[type])
        if (page* const head = take_of_type(order, other)) {
            ++stats_.stolen_blocks;
            return head;
        }
    return nullptr;
}

// If half of the frame's page block is free or in use by the same kind, all of it
// becomes `type`.
bool zone::claim_page_block(u32 frame, migrate_type type) {
    const u32 first = first_of_block(frame);
    const migrate_type home = block_type(frame);
    u32 for_us = 0;
    for (u32 at = first; at < first + pageblock_nr_pages;) {
        const u32 flags = map_[at].flags;
        const bool in_use = flags & page_flags::bit(PG_allocated);
        const bool free = flags & page_flags::bit(PG_buddy);
        const u32 pages = flags & (page_flags::marks & ~page_flags::bit(PG_reserved))
                              ? 1u << page_order(map_[at])
                              : 1;
        if (free || (in_use && is_alike(page_migrate_type(map_[at]), type, home)))
            for_us += pages;
        at += pages;
    }
    if (for_us < pageblock_nr_pages / 2) return false;
    set_block_type_locked(frame, type);
    ++stats_.changed_pageblocks;
    return true;
}

void zone::set_block_type_locked(u32 frame, migrate_type type) {
    if (block_type(frame) == type) return;
    move_free_blocks(frame, type);
    store_atomically(block_types_[frame >> pageblock_order], type, memory_order::relaxed);
}

// The free blocks of the frame's page block go to the lists of `to` (I6).
u32 zone::move_free_blocks(u32 frame, migrate_type to) {
    const u32 first = first_of_block(frame);
    u32 moved = 0;
    for (u32 at = first; at < first + pageblock_nr_pages;) {
        page& head = map_[at];
        if (!PageBuddy(head)) {
            ++at;
            continue;
        }
        const unsigned order = page_order(head);
        areas_[order].free_list[to].move_to_front(head);
        moved += 1u << order;
        at += 1u << order;
    }
    return moved;
}

// At most a hundredth of the zone, but one page block where the zone has several.
void zone::reserve_highatomic_locked(page* head) {
    const u32 most = managed_pages_ / 100 + pageblock_nr_pages;
    if (nr_reserved_highatomic_ + pageblock_nr_pages > most) return;
    if (managed_pages_ < 4 * pageblock_nr_pages) return;
    const u32 frame = frame_of(head);
    if (block_type(frame) == MIGRATE_HIGHATOMIC) return;
    nr_reserved_highatomic_ += pageblock_nr_pages;
    set_plenty();
    set_block_type_locked(frame, MIGRATE_HIGHATOMIC);
}

// It becomes the type of the request that is short of memory: any other would be
// stolen from next, and mixed.
bool zone::unreserve_highatomic_locked(migrate_type type) {
    for (const free_area& area : areas_) {
        if (area.free_list[MIGRATE_HIGHATOMIC].empty()) continue;
        const u32 frame = frame_of(&area.free_list[MIGRATE_HIGHATOMIC].front());
        nr_reserved_highatomic_ -= pageblock_nr_pages;
        set_plenty();
        set_block_type_locked(frame, type);
        return true;
    }
    return false;
}
