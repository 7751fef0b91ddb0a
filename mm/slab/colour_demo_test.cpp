// What `demo colour` claims.
#include "mm/slab/colour_demo.hpp"

#include "lib/demo.hpp"
#include "lib/errno.hpp"
#include "mm/phys/page_fixture.hpp"
#include "mm/slab/kmalloc.hpp"
#include "mm/slab/slab_fixture.hpp"

#include <test.hpp>

namespace {

using kind = colour_demo::kind;

struct filled_demo {
    ~filled_demo() { colour_demo::destroy(demo); }
    colour_demo* operator->() const { return demo; }
    colour_demo* const demo = colour_demo::make();
};

}  // namespace

TEST(colour_demo, each_slab_begins_a_colour_further) {
    const filled_demo demo;
    ASSERT_TRUE(demo.demo);
    EXPECT_EQ(demo->colours(), 8u);
    for (u32 i = 0; i < colour_demo::slabs; ++i)
        EXPECT_EQ(demo->offset(i), demo->offset(0) + i % 8 * demo->colour_step());
}

TEST(colour_demo, uncoloured_all_are_missed_and_coloured_each_once) {
    const filled_demo demo;
    ASSERT_TRUE(demo.demo);
    EXPECT_EQ(demo->misses(kind::uncoloured), colour_demo::rounds * colour_demo::slabs);
    EXPECT_EQ(demo->misses(kind::coloured), colour_demo::slabs);
}

TEST(colour_demo, shows_rows_of_eighty_columns_and_gives_its_memory_back) {
    text_buffer<4000>& out = page_fixture::output();
    for (const demonstration* demo : registered<demonstration>()) {
        if (std::string_view(demo->name) != "colour") continue;
        out.clear();
        const u32 before = pages_in_use_without_empty_slabs();
        EXPECT_EQ(demo->run(out), 0);
        EXPECT_EQ(pages_in_use_without_empty_slabs(), before);
        EXPECT_FALSE(out.truncated());
        const size_t at = out.view().find("uncoloured   640 misses of 640\n"
                                          "  coloured      64 misses of 640\n");
        EXPECT_NE(at, std::string_view::npos);
        u32 column = 0;
        for (const char c : out.view()) {
            column = c == '\n' ? 0 : column + 1;
            EXPECT_LE(column, 80u);
        }
        return;
    }
    EXPECT_TRUE(false);  // there is no such demonstration
}

TEST(colour_demo, says_so_when_there_is_no_memory) {
    if (failslab.armed()) SKIP_TEST("allocations fail by chance");
    text_buffer<4000>& out = page_fixture::output();
    for (const demonstration* demo : registered<demonstration>()) {
        if (std::string_view(demo->name) != "colour") continue;
        for (const u32 n : {1u, 2u, 3u, 200u}) {
            out.clear();
            const fail_nth armed(failslab, n);
            EXPECT_EQ(demo->run(out), ENOMEM);
            EXPECT_TRUE(out.view() == "demo colour: there is no memory for 64 slabs\n");
        }
    }
}
