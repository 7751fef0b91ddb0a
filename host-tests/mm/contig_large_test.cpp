// Ranges of more than two page blocks, and rows of free ones with gaps between.
#include "host-tests/mm/simulated_memory.hpp"

#include <test.hpp>

namespace {

constexpr u32 blocks = 8;
constexpr simulated_memory::shape eight_blocks{
    .frames = blocks * pageblock_nr_pages, .dma_end = 0, .normal_end = ~0u};

// In each zone and order: how many blocks are free.
std::vector<u32> free_blocks(page_allocator& allocator) {
    allocator.drain_local_pages();
    std::vector<u32> counts;
    for (const zone& zone : allocator.zones())
        for (unsigned order = 0; order < MAX_ORDER; ++order)
            counts.push_back(zone.area(order).nr_free);
    return counts;
}

// All page blocks are taken whole, by frame; block 0 lacks the reserved page 0.
std::vector<page*> take_all(page_allocator& allocator) {
    std::vector<page*> heads(blocks);
    constexpr gfp_t mask = GFP_KERNEL | __GFP_MEMALLOC | __GFP_NOWARN;
    while (page* const head = allocator.alloc_pages(mask, MAX_ORDER - 1))
        heads[allocator.frame_of(head).raw() >> pageblock_order] = head;
    return heads;
}

}  // namespace

TEST(contig_large, three_thousand_pages_and_back) {
    simulated_memory memory(eight_blocks);
    const std::vector<u32> at_first = free_blocks(*memory);
    for (const u32 count : {3000u, 3072u, 2049u, 5 * 1024u}) {
        page* const first = memory->alloc_contig_pages(count, GFP_KERNEL);
        ASSERT_TRUE(first);
        EXPECT_EQ(memory->pages_in_use(), count);
        memory->check_invariants();
        memory->free_contig_pages(first, count);
        EXPECT_EQ(free_blocks(*memory), at_first);
        memory->check_invariants();
    }
}

TEST(contig_large, a_gap_ends_a_row) {
    simulated_memory memory(eight_blocks);
    for (unsigned type = 0; type < MAX_NR_ZONES; ++type) {
        zone& zone = memory->zone_at(type);
        for (u32& mark : zone.wmark) mark = 0;
    }
    const std::vector<page*> heads = take_all(*memory);
    for (const unsigned free : {1, 2, 4, 6, 7})
        memory->free_pages(heads[free], MAX_ORDER - 1);
    EXPECT_FALSE(memory->alloc_contig_pages(2049, GFP_KERNEL));
    memory->free_pages(heads[5], MAX_ORDER - 1);
    page* const first = memory->alloc_contig_pages(3000, GFP_KERNEL);
    ASSERT_TRUE(first);
    EXPECT_EQ(first, heads[4]);  // 1 and 2 are too few
    memory->check_invariants();
}
