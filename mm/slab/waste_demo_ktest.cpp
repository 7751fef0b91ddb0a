// `demo waste`: the numbers are those that the rules of each allocator say.
#include "mm/slab/waste_demo.hpp"

#include "lib/demo.hpp"
#include "lib/errno.hpp"
#include "mm/phys/shrinker.hpp"
#include "mm/slab/kmem_cache.hpp"
#include "mm/slab/slab_debug.hpp"
#include "mm/slab/slab_strategy.hpp"
#include "mm/slab/slab_fixture.hpp"

#include "mm/phys/page_alloc.hpp"

#include <test.hpp>

TEST(waste_demo, pages) {
    if (the_page_allocator().managed_pages() < 1024) SKIP_TEST("it takes more memory");
    const waste_figures figures = measure_waste();
    EXPECT_EQ(figures.pages[0].asked, 66u * 4096);
    EXPECT_EQ(figures.pages[1].asked, 66u * 4096);
    // The machine may have no 128 pages side by side; then both say so.
    if (figures.pages[0].given == 0) SKIP_TEST("there is no block of 128 pages");
    EXPECT_EQ(figures.pages[0].given, 128u * 4096);
    EXPECT_EQ(figures.pages[1].given, 66u * 4096);
}

TEST(waste_demo, objects) {
    const waste_figures figures = measure_waste();
    for (const waste_row& row : figures.objects) EXPECT_EQ(row.asked, 10000u);
    EXPECT_EQ(figures.objects[0].given, 100u * 4096);
    if (&the_slab_strategy() != &slub_strategy() || slab_debug_flags("kmalloc-128") != 0)
        SKIP_TEST("for slub without debugging the numbers are known");
    EXPECT_EQ(figures.objects[1].given, 100u * 128);
    EXPECT_EQ(figures.objects[2].given, 3u * 4096);  // 40 in a page
}

TEST(waste_demo, gives_everything_back) {
    for (const demonstration* const demo : registered<demonstration>()) {
        if (std::string_view(demo->name) != "waste") continue;
        struct width_sink final : text_sink {
            void write(std::string_view text) override {
                for (const char c : text) {
                    width = c == '\n' ? 0 : width + 1;
                    widest = max_of(widest, width);
                }
            }
            size_t width = 0, widest = 0;
        } out;
        const u32 before = pages_in_use_without_empty_slabs();
        // Beside the tests themselves the smallest machine may have no room for it.
        const int status = demo->run(out);
        if (status != ENOMEM || the_page_allocator().managed_pages() >= 1024)
            EXPECT_EQ(status, 0);
        EXPECT_EQ(pages_in_use_without_empty_slabs(), before);
        EXPECT_LE(out.widest, 80u);
        return;
    }
    EXPECT_TRUE(false);  // there is no such demonstration
}
