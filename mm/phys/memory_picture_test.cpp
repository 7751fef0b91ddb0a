#include "mm/phys/memory_picture.hpp"

#include "mm/phys/page_fixture.hpp"

#include <test.hpp>

namespace {

using page_fixture::output;

constexpr u64 at(u32 frame) { return u64{frame} << PAGE_SHIFT; }

// A small machine: from frame 320 on the kernel, a module, the screen's memory, and
// what was taken at boot, with mem_map in it; ACPI's tables at the end of the zone.
void build_map() {
    const e820_entry raw[] = {{0, at(1000), E820_RAM},
                              {at(1000), at(24), E820_ACPI},
                              {at(1024), at(1000), E820_RAM}};
    page_fixture::map.build(raw, {});
    page_fixture::map.reserve(at(320), at(340), memory_kind::kernel);
    page_fixture::map.reserve(at(340), at(344), memory_kind::module);
    page_fixture::map.reserve(at(344), at(348), memory_kind::framebuffer);
    page_fixture::map.reserve(at(348), at(380), memory_kind::boot);
}

constexpr pfn_range struct_pages{pfn(360), pfn(376)};

struct painted_zones : page_fixture::zones {
    painted_zones() : zones(0, 1024) {
        build_map();
        release(1, 160);
        release(384, 1000);
        release(1024, 2024);
        (*this)->start();
    }
    memory_picture picture() { return {**this, page_fixture::map, struct_pages}; }
};

}  // namespace

TEST(memory_picture, fits_any_memory_into_sixteen_rows) {
    EXPECT_EQ(memory_picture::frames_a_cell(1), 1u);
    EXPECT_EQ(memory_picture::frames_a_cell(1024), 1u);
    EXPECT_EQ(memory_picture::frames_a_cell(1025), 2u);
    EXPECT_EQ(memory_picture::frames_a_cell(2048), 2u);
    EXPECT_EQ(memory_picture::frames_a_cell(65 << 18), 1u << 15);
    EXPECT_EQ(memory_picture::frames_a_cell(0), 1u);
}

TEST(memory_picture, shows_every_owner_by_its_letter) {
    painted_zones zones;
    page* const listed = zones->alloc_pages(GFP_KERNEL, 1);
    page* const used = zones->alloc_pages(GFP_KERNEL, 2);
    zones->free_pages(listed, 1);
    zones.picture().print(output(), {pfn(0), pfn(2048)});
    EXPECT_EQ(output().view(), std::string_view(
        "8 KiB a cell\n"
        "-- zone Normal ------------------------------------------------------------\n"
        "          0x0 0p##333344444444555555555555555566666666666666666666666666666666\n"
        "      0x80000 5555555555555555RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR\n"
        "     0x100000 TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTKKKKKKKKKKmmFFTTTTTTMMMMMMMMTTTT\n"
        "     0x180000 7777777777777777777777777777777777777777777777777777777777777777\n"
        "     0x200000 8888888888888888888888888888888888888888888888888888888888888888\n"
        "     0x280000 8888888888888888888888888888888888888888888888888888888888888888\n"
        "     0x300000 7777777777777777777777777777777777777777777777777777777777777777\n"
        "     0x380000 6666666666666666666666666666666655555555555555553333RRRRRRRRRRRR\n"
        "-- zone HighMem ------------------------------------------------------------\n"
        "     0x400000 9999999999999999999999999999999999999999999999999999999999999999\n"
        "     0x480000 9999999999999999999999999999999999999999999999999999999999999999\n"
        "     0x500000 9999999999999999999999999999999999999999999999999999999999999999\n"
        "     0x580000 9999999999999999999999999999999999999999999999999999999999999999\n"
        "     0x600000 8888888888888888888888888888888888888888888888888888888888888888\n"
        "     0x680000 8888888888888888888888888888888888888888888888888888888888888888\n"
        "     0x700000 7777777777777777777777777777777777777777777777777777777777777777\n"
        "     0x780000 6666666666666666666666666666666655555555555555553333............\n"));
    zones->free_pages(used, 2);
}

TEST(memory_picture, shows_a_page_a_cell_when_little_is_shown) {
    painted_zones zones;
    zones.picture().print(output(), {pfn(340), pfn(386)});
    EXPECT_EQ(output().view(), std::string_view(
        "4 KiB a cell\n"
        "-- zone Normal ------------------------------------------------------------\n"
        "     0x154000 mmmmFFFFTTTTTTTTTTTTMMMMMMMMMMMMMMMMTTTTTTTT77\n"));
}

TEST(memory_picture, begins_a_row_at_each_zone) {
    painted_zones zones;
    zones.picture().print(output(), {pfn(1022), pfn(1026)});
    EXPECT_EQ(output().view(), std::string_view(
        "4 KiB a cell\n"
        "-- zone Normal ------------------------------------------------------------\n"
        "     0x3fe000 RR\n"
        "-- zone HighMem ------------------------------------------------------------\n"
        "     0x400000 99\n"));
}

TEST(memory_picture, gives_a_cell_to_whoever_has_most_of_it) {
    page_fixture::zones zones(0, 1024);
    build_map();
    zones.release(1, 4);
    zones.release(6, 8);
    zones.release(17, 20);
    zones->start();
    const memory_picture picture(*zones, page_fixture::map, {});
    // 2048 frames are two a cell. In the first, one is the firmware's and one free: a
    // tie, which free memory wins. So do frames 16 and 17.
    picture.print(output(), {pfn(0), pfn(2048)});
    EXPECT_TRUE(output().view().find(" 01T1TTTT01TTTT") != std::string_view::npos);
}

TEST(memory_picture, ends_where_the_allocator_ends) {
    painted_zones zones;
    zones.picture().print(output(), {pfn(2044), pfn(9000)});
    EXPECT_EQ(output().view(), std::string_view(
        "4 KiB a cell\n"
        "-- zone HighMem ------------------------------------------------------------\n"
        "     0x7fc000 ....\n"));
}
