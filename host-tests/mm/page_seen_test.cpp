// What is seen of pages where only a host can arrange for it: owners of pages, which
// need DEBUG=1, a machine short of memory, and one with cells of many frames.
#include "lib/demo.hpp"
#include "lib/errno.hpp"
#include "mm/phys/memory_picture.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/phys/page_print.hpp"
#include "host-tests/mm/simulated_memory.hpp"

#include <test.hpp>

TEST(page_print_owner, tells_who_took_a_page_and_who_freed_it) {
    simulated_memory memory({.frames = 4096});
    page* const head = memory->alloc_pages(GFP_KERNEL, 1);
    text_buffer<1000> out;
    // The second page of the block has the same owner.
    const pfn second = memory->frame_of(head) + 1;
    print_page(out, *memory, second);
    EXPECT_NE(out.view().find("\nallocated  by 0x"), std::string_view::npos);
    EXPECT_EQ(out.view().find("freed "), std::string_view::npos);
    memory->free_pages(head, 1);
    out.clear();
    print_page(out, *memory, second);
    EXPECT_NE(out.view().find("\nallocated  by 0x"), std::string_view::npos);
    EXPECT_NE(out.view().find("\nfreed      by 0x"), std::string_view::npos);
}

TEST(demo_buddy, says_what_it_lacks_where_there_is_no_memory) {
    for (const demonstration* demo : registered<demonstration>()) {
        if (std::string_view(demo->name) != "buddy") continue;
        text_buffer<200> out;
        const fail_nth none_is_left(the_page_allocator().fail_page_alloc(), 1);
        EXPECT_EQ(demo->run(out), ENOMEM);
        EXPECT_TRUE(out.view().starts_with("demo buddy: there are no "));
        EXPECT_TRUE(out.view().ends_with(" of memory in one piece\n"));
        return;
    }
    FAIL() << "there is no such demonstration";
}

// 8192 frames are eight a cell.
TEST(memory_picture_cells, count_each_frame_once_and_show_the_largest_block) {
    constexpr u32 frames = 8192;
    std::vector<page> pages(frames);
    migrate_type types[frames / pageblock_nr_pages];
    const auto allocator = std::make_unique<page_allocator>();
    allocator->init({.map = pages.data(),
                     .frames = frames,
                     .block_types = types,
                     .zone_end = {0, frames, frames}});
    allocator->release({pfn(8), pfn(15)});  // blocks of 4, 2 and 1; one is reserved
    const e820_entry raw[] = {{0, u64{frames} << PAGE_SHIFT, E820_RAM}};
    const auto map = std::make_unique<memory_map>();
    map->build(raw, {});
    text_buffer<4000> out;
    // mem_map is five frames of the third cell; those before are of the same range.
    memory_picture(*allocator, *map, {pfn(19), pfn(24)}).print(out, {pfn(0), pfn(frames)});
    EXPECT_TRUE(out.view().starts_with("32 KiB a cell\n"));
    EXPECT_NE(out.view().find(" 0x0 T2MTTT"), std::string_view::npos);
}
