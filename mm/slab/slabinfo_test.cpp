// To the letter: other programs read these lines.
#include "mm/slab/slabinfo.hpp"

#include "mm/slab/slabtop.hpp"

#include <test.hpp>

namespace {

cache_facts facts(const char* name, u32 slabs, u32 active, u32 slab_pages = 1) {
    cache_facts cache;
    cache.name = name;
    cache.size = 128;
    cache.objects = 32 * slab_pages;
    cache.slab_pages = slab_pages;
    cache.counts = {.active_objects = active,
                    .total_objects = slabs * cache.objects,
                    .active_slabs = slabs,
                    .total_slabs = slabs,
                    .cpu_objects = 0};
    return cache;
}

}  // namespace

TEST(slabinfo, has_linux_s_header) {
    text_buffer<240> out;
    print_slabinfo_header(out);
    EXPECT_EQ(out.view(), std::string_view(
        "slabinfo - version: 2.1\n"
        "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>"
        " : tunables <limit> <batchcount> <sharedfactor>"
        " : slabdata <active_slabs> <num_slabs> <sharedavail>\n"));
}

TEST(slabinfo, has_linux_s_lines) {
    text_buffer<400> out;
    print_slabinfo_line(out, facts("nf_conntrack", 9, 288));
    cache_facts cache = facts("a_name_longer_than_the_column", 1000000, 3, 4);
    cache.stack_limit = 27;
    cache.counts.active_slabs = 2;
    print_slabinfo_line(out, cache);
    EXPECT_EQ(out.view(), std::string_view(
        "nf_conntrack         288    288    128   32    1 : tunables    0    0    0"
        " : slabdata      9      9      0\n"
        "a_name_longer_than_the_column      3 128000000    128  128    4"
        " : tunables   27   14    0 : slabdata      2 1000000      0\n"));
}

TEST(slabtop, sums_and_the_largest_first) {
    cache_sums sums;
    largest_caches largest;
    for (const cache_facts& cache : {facts("small", 1, 1), facts("large", 3, 90, 4),
                                     facts("none", 0, 0), facts("also small", 1, 32)}) {
        sums.add(cache);
        largest.add(cache);
    }
    text_buffer<800> out;
    print_slabtop(out, sums, largest);
    EXPECT_EQ(out.view(), std::string_view(
        " Active / Total Objects (% used)    : 123 / 448 (27.4%)\n"
        " Active / Total Slabs   (% used)    : 5 / 5 (100.0%)\n"
        " Active / Total Caches  (% used)    : 3 / 4 (75.0%)\n"
        " Active / Total Size    (% used)    : 15.4 KiB / 56 KiB (27.4%)\n"
        "\n"
        "  OBJS ACTIVE    USE OBJ SIZE  SLABS OBJ/SLAB CACHE SIZE NAME\n"
        "   384     90  23.4%      128      3      128        48K large\n"
        "    32      1   3.1%      128      1       32         4K small\n"
        "    32     32 100.0%      128      1       32         4K also small\n"
        "     0      0   0.0%      128      0       32         0K none\n"));
}

TEST(slabtop, shows_as_many_as_there_is_room_for) {
    largest_caches largest;
    for (u32 pages = 1; pages <= 30; ++pages) largest.add(facts("one", pages * 7 % 31, 0));
    ASSERT_EQ(largest.all().size(), size_t{largest_caches::most});
    for (u32 i = 0; i < largest_caches::most; ++i)
        EXPECT_EQ(largest.all()[i].pages(), 30 - i);
}
