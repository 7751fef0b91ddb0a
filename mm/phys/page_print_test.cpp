#include "mm/phys/page_print.hpp"

#include "lib/errno.hpp"
#include "mm/phys/page_block.hpp"
#include "mm/phys/page_fixture.hpp"

#include <test.hpp>

namespace {

using page_fixture::output;

bool says(std::string_view line) {
    return output().view().find(line) != std::string_view::npos;
}

// The line "linear" holds an address, which is another one on each machine.
void expect_linear(u32 frame) {
    text_buffer<64> line;
    format_to(line, "\nlinear     {}\n", phys_to_virt(pfn(frame).address()));
    EXPECT_TRUE(says(line.view()));
}

std::string_view behind_linear() {
    const std::string_view text = output().view();
    return text.substr(text.find("zone "));
}

}  // namespace

TEST(page_block, is_found_from_any_page_in_it) {
    page_fixture::two_zones zones;
    const auto block = block_of_frame(*zones, pfn(600));
    ASSERT_TRUE(block.has_value());
    EXPECT_EQ(block->first, 512u);
    EXPECT_EQ(block->order, 8u);
    EXPECT_EQ(block->mark, PG_buddy);
    EXPECT_EQ(block_of_frame(*zones, pfn(1008))->first, 1008u);
    EXPECT_EQ(block_of_frame(*zones, pfn(1009))->first, 1008u);
    EXPECT_EQ(block_of_frame(*zones, pfn(1007))->first, 992u);
    EXPECT_EQ(block_of_frame(*zones, pfn(1015))->mark, PG_reserved);
    EXPECT_EQ(block_of_frame(*zones, pfn(1015))->order, 0u);
}

TEST(page_block, does_not_make_one_up_for_a_page_that_lost_its_head) {
    page_fixture::two_zones zones;
    const u32 flags = zones.at(512)->flags;
    zones.at(512)->flags = page_flags::zone(ZONE_NORMAL);
    EXPECT_FALSE(block_of_frame(*zones, pfn(600)).has_value());
    EXPECT_EQ(show_page("600", *zones, output()), 0);
    EXPECT_TRUE(says("mark       none: it changed just now, or its marks are damaged\n"));
    zones.at(512)->flags = flags;
}

TEST(page_print, tells_a_free_page_inside_its_block) {
    page_fixture::two_zones zones;
    print_page(output(), *zones, pfn(600));
    EXPECT_TRUE(output().view().starts_with(
        "frame      0x258 (600)\nphysical   0x258000\nlinear     0x"));
    expect_linear(600);
    EXPECT_EQ(behind_linear(), std::string_view(
        "zone       Normal\n"
        "mark       inside the block at frame 0x200: free, order 8 (256 pages)\n"
        "type       page block 0: Unmovable\n"
        "refcount   0\n"
        "mapcount   0\n"
        "mapping    none\n"
        "private    0x0\n"
        "flags      none (0x40000000)\n"));
}

TEST(page_print, tells_a_block_in_use) {
    page_fixture::two_zones zones;
    page* const head = zones->alloc_pages(GFP_HIGHUSER_MOVABLE, 4);
    ASSERT_TRUE(head != nullptr);
    get_page(*head);
    head->_mapcount = 2;
    head->index = 7;
    head->private_ = 0xab;
    print_page(output(), *zones, zones->frame_of(head));
    EXPECT_EQ(output().view(), std::string_view(
        "frame      0x500 (1280)\n"
        "physical   0x500000\n"
        "linear     none (HighMem)\n"
        "zone       HighMem\n"
        "mark       in use, order 4 (16 pages)\n"
        "type       Unmovable, in page block 1: Unmovable\n"
        "refcount   2\n"
        "mapcount   3\n"
        "mapping    none\n"
        "private    0xab\n"
        "flags      allocated (0x84020000)\n"));
    head->_mapcount = -1;
    zones->put_page(head);
    zones->put_page(head);
}

TEST(page_print, tells_pages_on_a_cpu_s_list_and_reserved_ones) {
    page_fixture::two_zones zones;
    page* const head = zones->alloc_pages(GFP_KERNEL, 0);
    ASSERT_TRUE(head != nullptr);
    zones->free_pages(head, 0);
    print_page(output(), *zones, zones->frame_of(head));
    EXPECT_TRUE(says("mark       on a CPU's list, order 0 (1 page)\n"));
    output().clear();
    print_page(output(), *zones, pfn(3));
    EXPECT_TRUE(says("mark       reserved, never given out\n"));
}

TEST(page_print, shows_the_words_of_a_slab_as_its_own) {
    page_fixture::two_zones zones;
    page* const head = zones->alloc_pages(GFP_KERNEL, 0);
    ASSERT_TRUE(head != nullptr);
    head->flags = head->flags | page_flags::bit(PG_slab);
    head->counters = 0x1234;
    print_page(output(), *zones, zones->frame_of(head));
    EXPECT_TRUE(says(", counters 0x1234\n"));
    EXPECT_TRUE(says("slab|allocated"));
    EXPECT_FALSE(says("mapcount"));
    head->counters = ~0u;
    head->slab_cache = nullptr;
    head->flags = head->flags & ~page_flags::bit(PG_slab);
    zones->free_pages(head, 0);
}

TEST(page_print, takes_frames_and_addresses) {
    EXPECT_EQ(*parse_frame("1234"), 1234u);
    EXPECT_EQ(*parse_frame("0x4d2"), 0x4d2u);
    EXPECT_EQ(*parse_frame("p:0x4d2fff"), 0x4d2u);
    EXPECT_EQ(*parse_frame("p:0x100000000"), 0x100000u);
    EXPECT_FALSE(parse_frame("p:").has_value());
    EXPECT_FALSE(parse_frame("4d2").has_value());
}

TEST(page_print, refuses_what_is_no_frame_of_mem_map) {
    page_fixture::two_zones zones;
    EXPECT_EQ(show_page("2048", *zones, output()), EINVAL);
    EXPECT_EQ(show_page("p:0xfffffffffffff000", *zones, output()), EINVAL);
    EXPECT_EQ(show_page("kernel", *zones, output()), EINVAL);
    EXPECT_EQ(output().view(), std::string_view(
        "page: frame 0x800 is beyond mem_map, which has 0x800 frames\n"
        "page: frame 0xfffffffffffff is beyond mem_map, which has 0x800 frames\n"
        "page: \"kernel\" is no frame: 1234, 0x4d2, p:0x4d2000\n"));
    output().clear();
    EXPECT_EQ(show_page("2047", *zones, output()), 0);
}
