// For tests in the kernel and on the host: a page allocator over 2048 struct pages
// with no memory behind them. The pages are shared, so one arena lives at a time.
//
//     page_arena arena;                            // one zone, Normal, all free
//     page_arena arena({.dma_end = 1024});         // two zones
//     EXPECT_EQ(lists_of(zone).view(), "10@0 8@1024");   a block of 2^8 at frame 1024
//
// Marks and list sizes are zero until start(). A machine of this size then treats
// all migrate types alike; a test of the types does without.
#pragma once

#include "lib/test/scratch.hpp"
#include "mm/phys/page_allocator.hpp"

#include <new>

inline constexpr u32 TEST_PAGES = 2 * pageblock_nr_pages;

// Bytes: nothing is made of them before an arena is.
struct test_page_storage {
    alignas(page) char pages[TEST_PAGES * sizeof(page)];
    migrate_type types[TEST_PAGES / pageblock_nr_pages];
    alignas(page_allocator) char allocator[sizeof(page_allocator)];
};
inline test_page_storage& the_test_pages() { return scratch_as<test_page_storage>(); }

// Who was told what: a test has one report or none.
struct heard_reports {
    u32 count;
    page_bug bug;
    u32 frame;
    unsigned order;
};
inline constinit heard_reports heard{};
inline void hear_report(const page_report& report) {
    heard = {heard.count + 1, report.bug, report.frame.raw(), report.order};
}

class page_arena {
public:
    struct shape {
        u32 dma_end = 0;
        u32 normal_end = TEST_PAGES;
        bool released = true;
    };

    page_arena() : page_arena(shape{}) {}
    explicit page_arena(const shape& shape)
        : allocator_(*new (the_test_pages().allocator) page_allocator) {
        allocator_.init({.map = map(),
                         .frames = TEST_PAGES,
                         .block_types = the_test_pages().types,
                         .zone_end = {shape.dma_end, shape.normal_end, TEST_PAGES}});
        if (shape.released) allocator_.release({pfn(0), pfn(TEST_PAGES)});
        heard = {};
        allocator_.set_reporter(hear_report);
    }

    static page* map() { return reinterpret_cast<page*>(the_test_pages().pages); }
    page* at(u32 frame) { return map() + frame; }
    u32 frame_of(const page* page) const { return allocator_.frame_of(page).raw(); }
    zone& normal() { return allocator_.zone_at(ZONE_NORMAL); }

    // A block of the zone's own, past all lists in front of it.
    page* take(zone& zone, unsigned order, migrate_type type = MIGRATE_MOVABLE) {
        lock_guard held(zone.lock);
        return zone.take_locked(order, type);
    }
    page* take(unsigned order, migrate_type type = MIGRATE_MOVABLE) {
        return take(normal(), order, type);
    }
    void give(zone& zone, u32 frame, unsigned order) {
        lock_guard held(zone.lock);
        zone.give_locked(at(frame), order);
    }
    void give(u32 frame, unsigned order) { give(normal(), frame, order); }
    void set_type(u32 frame, migrate_type type) {
        lock_guard held(normal().lock);
        normal().set_block_type_locked(frame, type);
    }

    page_allocator& operator*() { return allocator_; }
    page_allocator* operator->() { return &allocator_; }

private:
    page_allocator& allocator_;  // too large for the kernel's stack
};

// A zone's free blocks, the largest first: "10@1024 3@8" (order@frame).
class lists_of : public text_buffer<240> {
public:
    explicit lists_of(const zone& zone) {
        for (unsigned type = 0; type < MIGRATE_TYPES; ++type)
            print(zone, migrate_type(type));
    }
    lists_of(const zone& zone, migrate_type type) { print(zone, type); }

private:
    void print(const zone& zone, migrate_type type) {
        for (unsigned order = MAX_ORDER; order-- > 0;)
            for (const page& head : zone.area(order).free_list[type])
                format_to(*this, "{}{}@{}", view().empty() ? "" : " ", order,
                          static_cast<u32>(&head - page_arena::map()));
    }
};

// A number for what is free, in which blocks, and of which type: the same blocks on
// the same lists give the same number, in whatever order they are there.
inline u64 picture_of(const page_allocator& allocator) {
    u64 picture = 0xcbf29ce484222325;
    const auto stir = [&](u32 value) { picture = (picture ^ value) * 0x100000001b3; };
    for (u32 frame = 0; frame < allocator.frames(); ++frame) {
        const page& page = allocator.map()[frame];
        if (!PageBuddy(page)) continue;
        stir(frame);
        stir(page.flags);
        stir(allocator.zone_at(page_zonenum(page)).block_type(frame));
    }
    return picture;
}
