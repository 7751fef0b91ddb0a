// For tests of what prints: pages of the test arena's (test_pages.hpp), released as a
// test likes, a memory map, and room for the text.
#pragma once

#include "mm/phys/memory_map.hpp"
#include "mm/phys/test_pages.hpp"

namespace page_fixture {

inline constinit memory_map map;

// What is printed; too large for the stack.
inline text_buffer<4000>& output() {
    static text_buffer<4000> text;
    return text;
}

// Nothing is free yet: release(), then start().
class zones : public page_arena {
public:
    // The first frames behind ZONE_DMA and ZONE_NORMAL: 0, 1024 or 2048.
    zones(u32 dma_end, u32 normal_end)
        : page_arena({.dma_end = dma_end, .normal_end = normal_end, .released = false}) {
        (*this)->set_reporter(report_bad_page);
        output().clear();
    }
    ~zones() { (*this)->check_invariants(); }
    zones(const zones&) = delete;
    zones& operator=(const zones&) = delete;

    void release(u32 first, u32 end) { (*this)->release({pfn(first), pfn(end)}); }
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
