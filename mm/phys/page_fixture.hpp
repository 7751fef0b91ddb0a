// For tests that run in the kernel too: a page allocator over 2048 struct pages of its
// own, one page block for each of two zones. No memory lies behind them. There is one
// place for all tests (64 KiB), so one of these lives at a time.
#pragma once

#include "mm/phys/memory_map.hpp"
#include "mm/phys/page_allocator.hpp"

#include <new>

namespace page_fixture {

inline constexpr u32 frames = 2 * pageblock_nr_pages;

struct room {
    page map[frames];
    migrate_type block_types[frames / pageblock_nr_pages];
    page_allocator allocator;
};
alignas(room) inline constinit unsigned char room_bytes[sizeof(room)] = {};
inline constinit memory_map map;

// What is printed; too large for the stack.
inline text_buffer<4000>& output() {
    static text_buffer<4000> text;
    return text;
}

// Nothing is free yet: release(), then start().
class zones {
public:
    // The first frames behind ZONE_DMA and ZONE_NORMAL: 0, 1024 or 2048.
    zones(u32 dma_end, u32 normal_end) : room_(new (room_bytes) room) {
        room_->allocator.init({.map = room_->map,
                               .frames = frames,
                               .block_types = room_->block_types,
                               .zone_end = {dma_end, normal_end, frames}});
        output().clear();
    }
    ~zones() { room_->allocator.check_invariants(); }
    zones(const zones&) = delete;
    zones& operator=(const zones&) = delete;

    page_allocator& operator*() { return room_->allocator; }
    page_allocator* operator->() { return &room_->allocator; }
    page* at(u32 frame) { return room_->map + frame; }
    void release(u32 first, u32 end) { room_->allocator.release({pfn(first), pfn(end)}); }

private:
    room* room_;
};

// DMA is empty; Normal is 1024 frames of which 256 to 1010 were released, HighMem as
// many, of which 300 were.
struct two_zones : zones {
    two_zones() : zones(0, 1024) {
        release(256, 1010);
        release(1024, 1324);
        (*this)->start();
    }
};

}  // namespace page_fixture
