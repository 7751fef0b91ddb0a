// To the letter: other programs read these lines.
#include "mm/phys/mem_files.hpp"

#include "mm/phys/page_fixture.hpp"

#include <test.hpp>

namespace {

using page_fixture::output;

// The more CPUs there are, the shorter are their lists; but four batches at least.
void expect_pagesets(text_sink& out, u32 low) {
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu)
        format_to(out,
                  "    cpu: {}\n"
                  "              count: 0\n"
                  "              high:  {}\n"
                  "              batch: 1\n",
                  cpu, max_of(low / NR_CPUS, 4u));
}

}  // namespace

TEST(buddyinfo, has_linux_s_lines_for_zones_with_memory) {
    page_fixture::two_zones zones;
    print_buddyinfo(output(), *zones);
    EXPECT_EQ(output().view(), std::string_view(
        "Node 0, zone   Normal      0      1      0      0      1      1      1      1      2      0      0 \n"
        "Node 0, zone  HighMem      0      0      1      1      0      1      0      0      1      0      0 \n"));
}

TEST(pagetypeinfo, counts_free_blocks_and_page_blocks_by_type) {
    page_fixture::two_zones zones;
    {
        zone& high = zones->zone_at(ZONE_HIGHMEM);
        lock_guard held(high.lock);
        high.set_block_type_locked(1024, MIGRATE_RECLAIMABLE);
    }
    print_pagetypeinfo(output(), *zones);
    EXPECT_EQ(output().view(), std::string_view(
        "Page block order: 10\n"
        "Pages per block:  1024\n"
        "\n"
        "Free pages count per migrate type at order       0      1      2      3      4      5      6      7      8      9     10 \n"
        "Node    0, zone   Normal, type    Unmovable      0      1      0      0      1      1      1      1      2      0      0 \n"
        "Node    0, zone   Normal, type      Movable      0      0      0      0      0      0      0      0      0      0      0 \n"
        "Node    0, zone   Normal, type  Reclaimable      0      0      0      0      0      0      0      0      0      0      0 \n"
        "Node    0, zone   Normal, type   HighAtomic      0      0      0      0      0      0      0      0      0      0      0 \n"
        "Node    0, zone  HighMem, type    Unmovable      0      0      0      0      0      0      0      0      0      0      0 \n"
        "Node    0, zone  HighMem, type      Movable      0      0      0      0      0      0      0      0      0      0      0 \n"
        "Node    0, zone  HighMem, type  Reclaimable      0      0      1      1      0      1      0      0      1      0      0 \n"
        "Node    0, zone  HighMem, type   HighAtomic      0      0      0      0      0      0      0      0      0      0      0 \n"
        "\n"
        "Number of blocks type     Unmovable      Movable  Reclaimable   HighAtomic \n"
        "Node 0, zone   Normal            1            0            0            0 \n"
        "Node 0, zone  HighMem            0            0            1            0 \n"));
}

TEST(zoneinfo, shows_marks_reserves_and_every_cpu_s_lists) {
    page_fixture::two_zones zones;
    page* const head = zones->alloc_pages(GFP_KERNEL, 0);
    const e820_entry raw[] = {{0, 1020 * u64{PAGE_SIZE}, E820_RAM},
                              {1024 * u64{PAGE_SIZE}, 300 * u64{PAGE_SIZE}, E820_RAM},
                              {1400 * u64{PAGE_SIZE}, 2 * u64{PAGE_SIZE}, E820_ACPI}};
    page_fixture::map.build(raw, {});
    static text_buffer<2000> expected;
    expected.clear();
    expected.write(
        "Node 0, zone      DMA\n"
        "  pages free     0\n"
        "        min      0\n"
        "        low      0\n"
        "        high     0\n"
        "        spanned  0\n"
        "        present  0\n"
        "        managed  0\n"
        "        protection: (0, 0, 0)\n"
        "Node 0, zone   Normal\n"
        "  pages free     753\n"
        "        min      54\n"
        "        low      67\n"
        "        high     80\n"
        "        spanned  1024\n"
        "        present  923\n"
        "        managed  754\n"
        "        protection: (0, 0, 9)\n"
        "      nr_free_pages 753\n"
        "  pagesets\n");
    expect_pagesets(expected, 67);
    expected.write(
        "  start_pfn:           0\n"
        "Node 0, zone  HighMem\n"
        "  pages free     300\n"
        "        min      32\n"
        "        low      37\n"
        "        high     42\n"
        "        spanned  1024\n"
        "        present  300\n"
        "        managed  300\n"
        "        protection: (0, 0, 0)\n"
        "      nr_free_pages 300\n"
        "  pagesets\n");
    expect_pagesets(expected, 37);
    expected.write("  start_pfn:           1024\n");
    print_zoneinfo(output(), *zones, page_fixture::map);
    EXPECT_FALSE(expected.truncated());
    EXPECT_EQ(output().view(), expected.view());
    zones->free_pages(head, 0);
}

TEST(meminfo, sums_low_and_high_memory_in_kb) {
    page_fixture::two_zones zones;
    page* const head = zones->alloc_pages(GFP_KERNEL, 4);
    const vm_counter_set counters{.slab_reclaimable = 3, .slab_unreclaimable = 40, .file_pages = 5};
    print_meminfo(output(), *zones, counters);
    EXPECT_EQ(output().view(), std::string_view(
        "MemTotal:           4216 kB\n"
        "MemFree:            4152 kB\n"
        "MemAvailable:       3628 kB\n"
        "Buffers:               0 kB\n"
        "Cached:               20 kB\n"
        "HighTotal:          1200 kB\n"
        "HighFree:           1200 kB\n"
        "LowTotal:           3016 kB\n"
        "LowFree:            2952 kB\n"
        "Slab:                172 kB\n"
        "SReclaimable:         12 kB\n"
        "SUnreclaim:          160 kB\n"));
    zones->free_pages(head, 4);
}

TEST(meminfo, available_is_never_below_zero) {
    page_fixture::zones zones(0, 1024);
    zones.release(0, 20);
    zones->start();
    // All 20 pages are kept for others, and 16 of them are in use.
    page* const head = zones->alloc_pages(GFP_KERNEL | __GFP_MEMALLOC, 4);
    ASSERT_TRUE(head != nullptr);
    EXPECT_EQ(zones->free_pages_count(), 4u);
    EXPECT_EQ(available_pages(*zones), 0u);
    zones->free_pages(head, 4);
}
