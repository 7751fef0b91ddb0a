// What `demo highmem` claims, on a machine that has high memory and on one without.
#include "mm/map/highmem_demo.hpp"

#include "mm/map/highmem.hpp"
#include "mm/map/kernel_layout.hpp"
#include "mm/map/vmalloc.hpp"
#include "mm/phys/page_alloc.hpp"

#include <test.hpp>

namespace {

bool there_is_high_memory() {
    return the_page_allocator().zone_at(ZONE_HIGHMEM).managed_pages() > 0;
}

u32 longest_line(std::string_view text) {
    u32 longest = 0, column = 0;
    for (const char c : text) {
        column = c == '\n' ? 0 : column + 1;
        longest = max_of(longest, column);
    }
    return longest;
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST(highmem_demo, one_page_has_three_addresses) {
    if (!there_is_high_memory()) SKIP_TEST("there is no high memory");
    const auto seen = measure_highmem();
    ASSERT_TRUE(seen);
    EXPECT_GE(seen->frame.address().raw(), linear_map_bytes);
    EXPECT_GE(seen->address[0], PKMAP_BASE);
    EXPECT_LT(seen->address[0], FIXADDR_START);
    EXPECT_EQ(seen->address[1], fix_to_virt(kmap_slot(0)));
    EXPECT_TRUE(the_vmalloc_space().contains(seen->address[2]));
}

TEST(highmem_demo, what_one_way_writes_the_others_read) {
    if (!there_is_high_memory()) SKIP_TEST("there is no high memory");
    const auto seen = measure_highmem();
    ASSERT_TRUE(seen);
    for (u32 writer = 0; writer < highmem_figures::ways; ++writer) {
        for (const u32 equal : seen->equal_words[writer])
            EXPECT_EQ(equal, highmem_figures::words);
        EXPECT_NE(seen->pattern[writer], seen->pattern[(writer + 1) % highmem_figures::ways]);
        EXPECT_TRUE(seen->faults[writer]);
    }
}

TEST(highmem_demo, tells_it_in_eighty_columns) {
    static text_buffer<1500> out;
    out.clear();
    EXPECT_EQ(demo_highmem(out), 0);
    EXPECT_FALSE(out.truncated());
    EXPECT_LE(longest_line(out.view()), 80u);
    if (there_is_high_memory()) {
        EXPECT_TRUE(contains(out.view(), "0x11110000         1024        1024        1024\n"));
        EXPECT_TRUE(contains(out.view(), "0x33330000         1024        1024        1024\n"));
        EXPECT_FALSE(contains(out.view(), "is still possible"));
    } else {
        EXPECT_TRUE(contains(out.view(), "There is no high memory"));
    }
}
