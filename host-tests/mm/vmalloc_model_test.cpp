// vmalloc against its model (vmalloc_world.hpp), for long, over both formats of page
// tables, lazily and at once; and what no kernel test has room for.
#include "arch/i386/paging/two_level.hpp"
#include "host-tests/mm/vmalloc_world.hpp"
#include "host-tests/support/kernel.hpp"
#include "lib/random.hpp"

#include <test.hpp>

#include <cmath>

namespace {

template <class Format>
void take_random_steps(u32 window_pages, u32 lazy_max, u64 seed, u32 steps) {
    vmalloc_world<Format> world(window_pages, lazy_max);
    random_source random(seed);
    for (u32 step = 0; step < steps; ++step) {
        const u32 dice = random.below(100);
        const u32 takes = step / 300 % 2 == 0 ? 55 : 35;
        const u32 pages = 1 + random.below(random.one_in(6) ? 120 : 6);
        if (dice < takes) {
            world.alloc(pages, random.one_in(5) ? PAGE_SIZE << random.below(6) : PAGE_SIZE);
        } else if (dice < 80) {
            world.free(random.below(1000));
        } else if (dice < 85) {
            world.map(random.below(1000));
        } else if (dice < 90) {
            world.remap(pages);
        } else if (dice < 97) {
            world.free_wrongly(vmalloc_world<Format>::start + random.below(window_pages) * PAGE_SIZE,
                               random.one_in(2) ? VM_MAP : VM_ALLOC);
        } else if (random.one_in(4)) {
            world.purge();
        }
        world.check(step % 16 == 0);
    }
}

template <class Format>
void random_steps(u32 window_pages, u32 lazy_max, u64 seed, u32 steps) {
    try {
        take_random_steps<Format>(window_pages, lazy_max, seed, steps);
    } catch (const kernel_panic& panic) {
        FAIL() << panic.message;
    }
}

}  // namespace

TEST(vmalloc_model, random_steps_pae_lazily) {
    for (u64 seed = 1; seed <= 3; ++seed) random_steps<pae>(1500, 400, seed, 1500);
}
TEST(vmalloc_model, random_steps_two_level_lazily) { random_steps<two_level>(2500, 700, 4, 1500); }
TEST(vmalloc_model, random_steps_at_once) { random_steps<pae>(1500, 0, 5, 1500); }
// Hardly room: nearly every allocation sweeps or is refused.
TEST(vmalloc_model, random_steps_in_a_narrow_window) {
    for (u64 seed = 6; seed <= 9; ++seed) random_steps<two_level>(150, 100000, seed, 800);
}

// Areas of one page, of which every second one is freed: 5,000 holes too small, one
// behind them that will do.
TEST(vmalloc_model, ten_thousand_areas_cost_levels_not_areas) {
    simulated_memory memory({.frames = 2048, .dma_end = 0});
    model_tables<pae> tables(*memory);
    vmalloc_space space;
    ASSERT_TRUE(space.init({.start = 0xD0000000,
                            .end = 0xE0000000,
                            .tables = &tables,
                            .pages = &*memory,
                            .lazy_max_pages = 0}));
    const auto get = [&](u32 pages) {
        return space.get_area(pages << PAGE_SHIFT, PAGE_SIZE, 0, GFP_KERNEL, 0);
    };
    std::vector<vm_struct*> areas;
    const auto steps_with = [&](u32 count) {
        while (areas.size() < count) {
            areas.push_back(get(1));
            vm_struct* const hole = get(1);
            vm_struct* const kept = get(1);
            areas.push_back(kept);
            space.free_area(hole);
            // The hole is for nobody: it is filled where it is, by half.
            areas.push_back(space.get_area(1, PAGE_SIZE, VM_NO_GUARD, GFP_KERNEL, 0));
        }
        const u32 before = space.nodes_visited();
        vm_struct* const last = get(3);
        const u32 steps = space.nodes_visited() - before;
        space.free_area(last);
        return steps;
    };
    const u32 with_ten = steps_with(10);
    const u32 with_thousands = steps_with(10000);
    EXPECT_LE(with_ten, 2 * std::log2(10.0) + 2);
    EXPECT_LE(with_thousands, 2 * std::log2(10000.0) + 2);
    space.check_invariants();
    for (vm_struct* const area : areas) space.free_area(area);
    EXPECT_TRUE(space.destroy());
}

TEST(vmalloc_model, a_refusal_is_told_once_and_by_name) {
    vmalloc_world<pae> world(100, 0);
    simulated_memory memory({.frames = 2048, .dma_end = 0});
    model_tables<pae> tables(*memory);
    vmalloc_space space;
    ASSERT_TRUE(space.init({.start = 0xD0000000, .end = 0xD0010000, .tables = &tables,
                            .pages = &*memory, .lazy_max_pages = 0}));
    clear_log();
    EXPECT_EQ(space.alloc(20 << PAGE_SHIFT, PAGE_SIZE, GFP_KERNEL, {}, 0), 0u);
    ASSERT_EQ(kernel_log().size(), 1u);
    EXPECT_NE(kernel_log()[0].text.find("vmalloc error: 81920 bytes"), std::string::npos);
    EXPECT_EQ(space.alloc(20 << PAGE_SHIFT, PAGE_SIZE, GFP_KERNEL | __GFP_NOWARN, {}, 0), 0u);
    EXPECT_EQ(kernel_log().size(), 1u);
    clear_log();
    EXPECT_EQ(space.remap(0x5000, 10, {}, 0), 0u);
    ASSERT_EQ(kernel_log().size(), 1u);
    EXPECT_NE(kernel_log()[0].text.find("it is RAM"), std::string::npos);
    clear_log();
    const u32 area = space.alloc(1, PAGE_SIZE, GFP_KERNEL, {}, 0);
    space.free(area + PAGE_SIZE, VM_ALLOC, "vfree");
    EXPECT_NE(kernel_log().at(0).text.find("BUG: vfree(0xd0001000): inside the area at 0xd0000000"),
              std::string::npos);
    space.free(area, VM_ALLOC, "vfree");
    space.free(area, VM_ALLOC, "vfree");
    EXPECT_NE(kernel_log().back().text.find("no area is there"), std::string::npos);
    EXPECT_TRUE(space.destroy());
}
