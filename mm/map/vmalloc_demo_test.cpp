// The figures of the demonstrations, on memory of the test's own, and what is printed.
#include "mm/map/vmalloc_demo.hpp"

#include "lib/errno.hpp"
#include "lib/symbol.hpp"
#include "mm/map/vmalloc_fixture.hpp"
#include "mm/map/vmallocinfo.hpp"
#include "mm/phys/page_fixture.hpp"

namespace {

using vmalloc_fixture::fixture;

void expect_lines_of_80_columns(std::string_view text) {
    EXPECT_FALSE(page_fixture::output().truncated());
    while (!text.empty()) {
        const size_t end = text.find('\n');
        ASSERT_LT(end, size_t{80});
        text.remove_prefix(end + 1);
    }
}

text_buffer<4000>& fresh_output() {
    page_fixture::output().clear();
    return page_fixture::output();
}

u64 next_tick() {
    static u64 ticks;
    return ++ticks;
}

}  // namespace

TEST(vmalloc_demo, shredded_memory_has_no_block_and_an_area) {
    fixture<pae> space;
    const u32 free_before = space.pages().free_pages_count();
    const fragmentation_figures figures = measure_fragmentation(*space, 4);
    EXPECT_FALSE(figures.block_was_there);
    EXPECT_TRUE(figures.area_was_there);
    EXPECT_EQ(figures.largest_order, 0u);
    EXPECT_EQ(figures.pieces, 16u);
    // Half of it, but for what could not be taken.
    EXPECT_GE(figures.free_pages, free_before / 2 - 16);
    EXPECT_LE(figures.free_pages, free_before / 2 + 64);
    space.pages().drain_local_pages();
    EXPECT_EQ(space.pages().pages_in_use(), 0u);
    EXPECT_EQ(space.pages().free_pages_count(), TEST_PAGES);
    space.pages().check_invariants();
    // And then there is a block again.
    page* const block = space.pages().alloc_pages(GFP_NOWAIT, 10);
    EXPECT_TRUE(block);
    if (block) space.pages().free_pages(block, 10);
}

TEST(vmalloc_demo, kmalloc_touches_no_page_table) {
    fixture<pae> space(0);
    const auto contiguous = cost_of_kmalloc(next_tick);
    ASSERT_TRUE(contiguous.has_value());
    EXPECT_EQ(contiguous->pieces, 1u);
    EXPECT_EQ(contiguous->entries_written, 0u);
    EXPECT_EQ(contiguous->flushes, 0u);
    EXPECT_EQ(contiguous->ticks_to_get, 1u);
    const auto mapped = cost_of_vmalloc(*space, next_tick);
    ASSERT_TRUE(mapped.has_value());
    EXPECT_EQ(mapped->entries_written, 16u);
    EXPECT_EQ(mapped->entries_cleared, 16u);
    EXPECT_EQ(mapped->flushes, 1u);
    EXPECT_EQ(mapped->ticks_to_free, 1u);
    EXPECT_GE(mapped->pieces, 1u);
    EXPECT_LE(mapped->pieces, 16u);
}

TEST(vmalloc_demo, a_lazy_free_does_not_flush) {
    fixture<pae> space;
    const auto mapped = cost_of_vmalloc(*space, nullptr);
    ASSERT_TRUE(mapped.has_value());
    EXPECT_EQ(mapped->flushes, 0u);
    EXPECT_EQ(mapped->ticks_to_get, 0u);
}

TEST(vmalloc_demo, three_pages_and_a_guard) {
    fixture<two_level> space;
    text_buffer<4000>& out = fresh_output();
    EXPECT_EQ(demo_three_pages(out, *space), 0);
    expect_lines_of_80_columns(out.view());
    EXPECT_NE(out.view().find("An area of 3 pages at 0xe0000000"), std::string_view::npos);
    EXPECT_NE(out.view().find("16384 bytes"), std::string_view::npos);
    EXPECT_NE(out.view().find("0xe0003000  none: the guard, its entry is 0x0\n"),
              std::string_view::npos);
}

TEST(vmalloc_demo, without_memory_each_says_so_and_unwinds) {
    fixture<pae> space(0);
    fail_nth armed(space.pages().fail_page_alloc(), 1);
    text_buffer<4000>& out = fresh_output();
    EXPECT_EQ(demo_three_pages(out, *space), ENOMEM);
    EXPECT_EQ(out.view(), std::string_view("demo vmalloc: there is not enough memory\n"));
    EXPECT_EQ(space.pages().pages_in_use(), 0u);
}

TEST(vmalloc_demo, prints_lines_of_80_columns) {
    fixture<pae> space;
    text_buffer<4000>& out = fresh_output();
    EXPECT_EQ(demo_kmalloc_vmalloc(out, *space, next_tick), 0);
    EXPECT_EQ(demo_fragmentation(out, *space), 0);
    expect_lines_of_80_columns(out.view());
    EXPECT_NE(out.view().find("64 KiB side by side: there is none\n"), std::string_view::npos);
    EXPECT_NE(out.view().find("64 KiB in pages: there it is, runs of frames: 16\n"),
              std::string_view::npos);
}

TEST(vmallocinfo, shows_kinds_zones_and_what_waits) {
    fixture<pae> space;
    const u32 a = space.alloc(3);
    page* const pages[] = {space->page_of(a)};
    const u32 b = space->map(pages, 1, 0, vmalloc_fixture::rights, 0);
    const u32 c = space->remap(0xFEE00000, PAGE_SIZE, vmalloc_fixture::rights, 0);
    const u32 d = space.alloc(1);
    space.free(d);
    text_buffer<4000>& out = fresh_output();
    print_vmallocinfo(out, *space);
    expect_lines_of_80_columns(out.view());
    text_buffer<600> wanted;
    format_to(wanted, "0xe0000000-0xe0004000   16384 {} pages=3 vmalloc NNormal=3\n",
              code_address{0x1234});
    wanted.write("0xe0004000-0xe0006000    8192 pages=1 vmap\n");
    wanted.write("0xe0006000-0xe0008000    8192 phys=0xfee00000 ioremap\n"
                 "0xe0008000-0xe000a000    8192 freed, waits for a flush\n");
    EXPECT_EQ(out.view(), wanted.view());
    space->free(b, VM_MAP, "vunmap");
    space->free(c, VM_IOREMAP, "iounmap");
    space.free(a);
}
