#include "mm/phys/gfp_print.hpp"

#include "mm/phys/page_fixture.hpp"

#include <test.hpp>

namespace {

using page_fixture::output;

}  // namespace

TEST(gfp_print, names_every_flag_within_80_columns) {
    output().clear();
    print_gfp_flags(output());
    EXPECT_FALSE(output().truncated());
    size_t column = 0, lines = 0;
    for (const char c : output().view()) {
        column = c == '\n' ? 0 : column + 1;
        lines += c == '\n';
        ASSERT_LT(column, 80u);
    }
    EXPECT_EQ(lines, 2 + gfp_flag_table().size() + gfp_mask_table().size());
    EXPECT_TRUE(output().view().starts_with(
        "flags:\n"
        "  __GFP_DMA                 0x1  only from ZONE_DMA, the first 16 MiB\n"));
}

TEST(gfp_print, shows_who_may_have_the_last_pages) {
    page_fixture::two_zones zones;
    print_gfp_marks(output(), *zones);
    EXPECT_EQ(output().view(), std::string_view(
        "zone Normal: 754 pages free, high 80, low 67, min 54\n"
        "\n"
        "who may have a page            low to min   below min the reserve  to nothing\n"
        "free pages                          67-54       54-27       27-21        21-0\n"
        "  GFP_USER                            yes           -           -           -\n"
        "  GFP_KERNEL                          yes           -           -           -\n"
        "  GFP_NOFS                            yes           -           -           -\n"
        "  GFP_NOIO                            yes           -           -           -\n"
        "  GFP_NOWAIT                          yes           -           -           -\n"
        "  GFP_KERNEL|__GFP_HIGH               yes         yes           -           -\n"
        "  GFP_ATOMIC                          yes         yes         yes           -\n"
        "  GFP_KERNEL|__GFP_MEMALLOC           yes         yes         yes         yes\n"
        "  GFP_KERNEL in reclaim               yes         yes         yes         yes\n"
        "  GFP_ATOMIC|__GFP_NOMEMALLOC         yes           -           -           -\n"
        "\n"
        "below low, before it fails          wakes    reclaims by disk I/O    in files\n"
        "  GFP_USER                            yes         yes         yes         yes\n"
        "  GFP_KERNEL                          yes         yes         yes         yes\n"
        "  GFP_NOFS                            yes         yes         yes           -\n"
        "  GFP_NOIO                            yes         yes           -           -\n"
        "  GFP_NOWAIT                          yes           -           -           -\n"
        "  GFP_KERNEL|__GFP_HIGH               yes         yes         yes         yes\n"
        "  GFP_ATOMIC                          yes           -           -           -\n"
        "  GFP_KERNEL|__GFP_MEMALLOC           yes           -           -           -\n"
        "  GFP_KERNEL in reclaim                 -           -           -           -\n"
        "  GFP_ATOMIC|__GFP_NOMEMALLOC         yes           -           -           -\n"));
}

// What the table says is what happens: 54 is min, and the reserve is below.
TEST(gfp_print, tells_the_truth) {
    const struct {
        gfp_t mask;
        u32 left;
    } ends[] = {{GFP_KERNEL, 54},
                {GFP_NOWAIT, 54},
                {GFP_KERNEL | __GFP_HIGH, 27},
                {GFP_ATOMIC, 21},
                {GFP_KERNEL | __GFP_MEMALLOC, 0}};
    for (const auto& end : ends) {
        page_fixture::two_zones zones;
        page_list taken;
        while (page* const head = zones->alloc_pages(end.mask | __GFP_NOWARN, 0))
            taken.push_back(*head);
        EXPECT_EQ(zones->zone_at(ZONE_NORMAL).free_pages(), end.left);
        while (page* const head = taken.pop_back()) zones->free_pages(head, 0);
    }
}

TEST(gfp_print, shows_the_next_lower_zone_where_normal_is_empty) {
    page_fixture::zones zones(2048, 2048);
    zones.release(0, 1000);
    zones->start();
    print_gfp_marks(output(), *zones);
    EXPECT_TRUE(output().view().starts_with("zone DMA: 1000 pages free, "));
}
