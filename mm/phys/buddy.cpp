// The buddy system: split and merge. zone.hpp has the theory.
#include "mm/phys/zone.hpp"

void zone::init(zone_type type, page* map, pfn_range frames, migrate_type* block_types) {
    type_ = type;
    zone_bits_ = page_flags::zone(type);
    pcp_bits_ = zone_bits_ | page_flags::bit(PG_pcp);
    map_ = map;
    frames_ = frames;
    block_types_ = block_types;
    for (u32 frame = frames.start.raw(); frame < frames.end.raw(); frame += pageblock_nr_pages)
        block_types_[frame >> pageblock_order] = MIGRATE_MOVABLE;
}

inline void zone::split(page* head, unsigned from, unsigned order, migrate_type type) {
    while (from > order) {
        --from;
        put_on_list(head + (1u << from), from, type);
    }
}

inline page* zone::smallest_block(unsigned order, migrate_type type, unsigned& found) const {
    for (const free_area* area = &areas_[order]; area < areas_ + MAX_ORDER; ++area)
        if (page* const head = area->free_list[type].first()) {
            found = static_cast<unsigned>(area - areas_);
            return head;
        }
    return nullptr;
}

inline page* zone::take_smallest(unsigned order, migrate_type type) {
    unsigned found = 0;
    page* const head = smallest_block(order, type, found);
    if (!head) return nullptr;
    take_off_list(head, found);
    split(head, found, order, type);
    return head;
}

[[gnu::always_inline]] inline page* zone::take_from_lists(unsigned order, migrate_type type) {
    page* head = take_smallest(order, type);
    if (!head) [[unlikely]] head = steal(order, type);
    if (head) free_pages_ -= 1u << order;
    return head;
}

[[gnu::always_inline]] inline void zone::merge_into_lists(page* head, unsigned order) {
    u32 frame = frame_of(head);
    kdebug_assert(is_aligned(frame, 1u << order) && frames_.contains(pfn(frame)),
                  "frame {} of order {} does not belong in zone {}", frame, order, name());
    const migrate_type type = block_type(frame);
    free_pages_ += 1u << order;
    head->flags = zone_bits_;
    while (order < MAX_ORDER - 1) {
        const u32 buddy_frame = frame ^ 1u << order;
        page* const buddy = map_ + buddy_frame;
        // Free, of this order, in this zone: all of it in one comparison.
        if (buddy->flags != (zone_bits_ | page_flags::bit(PG_buddy) | page_flags::order(order)))
            break;
        take_off_list(buddy, order);
        frame &= buddy_frame;
        ++order;
    }
    put_on_list(map_ + frame, order, type);
}

page* zone::take(unsigned order, migrate_type type) {
    lock_guard held(lock);
    return take_from_lists(order, type);
}

page* zone::take_locked(unsigned order, migrate_type type) { return take_from_lists(order, type); }

void zone::give(page* head, unsigned order) {
    lock_guard held(lock);
    merge_into_lists(head, order);
}

void zone::give_locked(page* head, unsigned order) { merge_into_lists(head, order); }

// For steal(): one block of exactly this order, from this type's lists.
page* zone::take_of_type(unsigned order, migrate_type type) { return take_smallest(order, type); }

// `blocks` blocks of `order`, one behind the other, onto a per-CPU list.
inline void zone::mark_run(page_list& to, page* first, unsigned order, u32 blocks) {
    const u32 flags = pcp_flags(order);
    for (; blocks > 0; --blocks, first += 1u << order) {
        first->flags = flags;
        to.push_back(*first);
    }
}

// Gives what taking one block at a time would give: the smallest block is used up
// before the next one is touched. But a block that is wanted whole is not split.
u32 zone::take_many_locked(page_list& to, unsigned order, migrate_type type, u32 blocks) {
    u32 wanted = blocks;
    while (wanted > 0) {
        unsigned has = order;
        page* head = smallest_block(order, type, has);
        if (head) {
            take_off_list(head, has);
        } else {
            has = order;
            head = steal(order, type);
            if (!head) break;
        }
        const migrate_type home = block_type(frame_of(head));
        u32 inside = 1u << (has - order);
        while (inside > wanted) {
            inside /= 2;
            --has;
            page* const upper = head + (1u << has);
            if (inside >= wanted) {
                put_on_list(upper, has, home);
            } else {
                mark_run(to, head, order, inside);
                wanted -= inside;
                head = upper;
            }
        }
        mark_run(to, head, order, inside);
        wanted -= inside;
    }
    const u32 taken = blocks - wanted;
    free_pages_ -= taken << order;
    return taken;
}
