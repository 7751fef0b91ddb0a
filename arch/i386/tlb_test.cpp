// What is counted, and that a CPU survives it. What is dropped is tested on the host
// (host-tests/arch/tlb_test.cpp), where a test can look.
#include "arch/i386/tlb.hpp"

#include <test.hpp>

namespace {

// What was counted since it was made.
struct counted {
    counted() {
        for (u32 i = 0; i < tlb_events; ++i)
            before[i] = tlb_count(static_cast<tlb_event>(i));
    }
    u32 of(tlb_event event) const {
        return tlb_count(event) - before[static_cast<u32>(event)];
    }
    u32 before[tlb_events];
};

constexpr u32 somewhere = 0xc0100000;

}  // namespace

TEST(tlb, short_ranges_of_the_kernel_are_flushed_page_by_page) {
    const counted flushes;
    flush_tlb_kernel_range(somewhere, 1);
    flush_tlb_kernel_range(somewhere, tlb_single_page_flush_ceiling);
    EXPECT_EQ(flushes.of(tlb_event::range), 2u);
    EXPECT_EQ(flushes.of(tlb_event::page), 1 + tlb_single_page_flush_ceiling);
    EXPECT_EQ(flushes.of(tlb_event::all), 0u);
}

TEST(tlb, long_ranges_of_the_kernel_drop_everything) {
    const counted flushes;
    flush_tlb_kernel_range(somewhere, tlb_single_page_flush_ceiling + 1);
    flush_tlb_all();
    EXPECT_EQ(flushes.of(tlb_event::all), 2u);
    EXPECT_EQ(flushes.of(tlb_event::range), 0u);
    EXPECT_EQ(flushes.of(tlb_event::space), 0u);
}

TEST(tlb, a_space_that_is_not_loaded_needs_no_flush) {
    const counted flushes;
    flush_tlb_space_range(&flushes, 0x08048000, 1);
    flush_tlb_space_range(&flushes, 0x08048000, 1000, freed_tables::of_pages);
    flush_tlb_top_entries(&flushes);
    EXPECT_EQ(flushes.of(tlb_event::not_loaded), 3u);
    EXPECT_EQ(flushes.of(tlb_event::range), 0u);
    EXPECT_EQ(flushes.of(tlb_event::space), 0u);
}
