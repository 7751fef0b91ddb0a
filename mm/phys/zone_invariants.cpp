// check_invariants(): every numbered promise of zone.hpp, looked at.
#include "mm/phys/zone.hpp"

void zone::check_area(unsigned order, u32& pages) const {
    const u32 head_flags = zone_bits_ | page_flags::bit(PG_buddy) | page_flags::order(order);
    u32 blocks = 0;
    for (unsigned type = 0; type < MIGRATE_TYPES; ++type) {
        const page_list& list = areas_[order].free_list[type];
        list.check_invariants();
        for (const page& head : list) {
            const u32 frame = frame_of(&head);
            ++blocks;
            kassert(is_aligned(frame, 1u << order) && frames_.contains(pfn(frame)) &&
                        frames_.contains(pfn(frame + (1u << order) - 1)),
                    "I1: frame {} of order {} in zone {}", frame, order, name());
            kassert(head.flags == head_flags, "I2: frame {} has flags {:#x}, not {:#x}", frame,
                    u32{head.flags}, head_flags);
            for (u32 i = 1; i < 1u << order; ++i)
                kassert((map_[frame + i].flags & page_flags::marks) == 0,
                        "I2: frame {} is marked {:#x} inside a free block of order {} at {}",
                        frame + i, u32{map_[frame + i].flags}, order, frame);
            kassert(order == MAX_ORDER - 1 || map_[frame ^ 1u << order].flags != head_flags,
                    "I3: frame {} and its buddy of order {} are both free", frame, order);
            kassert(block_type(frame) == type, "I6: frame {} is on list {}, its page block's is {}",
                    frame, migrate_type_name(static_cast<migrate_type>(type)),
                    migrate_type_name(block_type(frame)));
        }
    }
    kassert(blocks == areas_[order].nr_free, "I4: {} blocks of order {}, nr_free says {}", blocks,
            order, u32{areas_[order].nr_free});
    pages += blocks << order;
}

void zone::check_pcp(const per_cpu_pages& pcp) const {
    u32 pages = 0;
    for (unsigned order = 0; order < PCP_ORDERS; ++order) {
        const u32 head_flags = pcp_flags(order);
        for (const page_list& list : pcp.lists[order])
            for (const page& head : list) {
                kassert(head.flags == head_flags, "I7: frame {} has flags {:#x}, not {:#x}",
                        frame_of(&head), u32{head.flags}, head_flags);
                pages += 1u << order;
            }
    }
    kassert(pages == pcp.count, "I7: {} pages on a CPU's lists, count says {}", pages,
            u32{pcp.count});
}

// With nobody else at work in this zone.
void zone::check_invariants() const {
    u32 pages = 0;
    for (unsigned order = 0; order < MAX_ORDER; ++order) check_area(order, pages);
    kassert(pages == free_pages(), "I5: {} pages on the lists of zone {}, free_pages says {}",
            pages, name(), free_pages());
    for (const per_cpu_pages& pcp : pcp_) check_pcp(pcp);
    kassert(free_pages() + pcp_pages() <= managed_pages_,
            "I8: zone {} has {} free and {} on CPUs' lists of {} managed pages", name(),
            free_pages(), pcp_pages(), managed_pages_);
    u32 kept = 0;
    for (u32 frame = frames_.start.raw(); frame < frames_.end.raw(); frame += pageblock_nr_pages)
        if (block_type(frame) == MIGRATE_HIGHATOMIC) kept += pageblock_nr_pages;
    kassert(kept == nr_reserved_highatomic_, "I9: {} pages in high-atomic page blocks, not {}",
            kept, nr_reserved_highatomic());
}
