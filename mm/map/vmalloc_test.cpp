// A vmalloc space of the test's own: what is placed where, what is mapped, what comes
// back, and what is left when something is refused.
#include "lib/test/sleep_reports.hpp"
#include "mm/map/vmalloc_fixture.hpp"
#include "mm/slab/kmalloc.hpp"
#include "mm/slab/slab_debug.hpp"

#include <test.hpp>

namespace {

using namespace vmalloc_fixture;

}  // namespace

// Once for each format of page tables.
#define FORMAT_TEST(name_)                                           \
    template <class Format> static void body_of_##name_();           \
    TEST(vmalloc_pae, name_) { body_of_##name_<pae>(); }             \
    TEST(vmalloc_two_level, name_) { body_of_##name_<two_level>(); } \
    template <class Format> static void body_of_##name_()

FORMAT_TEST(pages_are_mapped_one_by_one_with_a_guard_behind) {
    fixture<Format> space;
    ASSERT_TRUE(space.ready);
    const u32 a = space.alloc(3), b = space.alloc(1), c = space.alloc(400);
    EXPECT_EQ(a, page_address_in(0));
    EXPECT_EQ(b, page_address_in(4));
    EXPECT_EQ(c, page_address_in(6));
    EXPECT_EQ(space.pages().pages_in_use(), 3u + 1 + 400);
    space.expect_mapped(a, 3);
    space.expect_mapped(b, 1);
    EXPECT_EQ(space.tables().rights_of(a), rights);
    space->check_invariants();
    space.free(a);
    EXPECT_FALSE(space->frame_of(a).has_value());
    space.expect_mapped(b, 1);
    space.free(b);
    space.free(c);
    EXPECT_EQ(space.pages().pages_in_use(), 0u);
    space->check_invariants();
}

TEST(vmalloc, size_is_rounded_up_to_pages) {
    fixture<pae> space;
    const u32 a = space->alloc(1, PAGE_SIZE, quiet, rights, 0);
    const u32 b = space->alloc(PAGE_SIZE + 1, PAGE_SIZE, quiet, rights, 0);
    EXPECT_EQ(space->find(a)->size(), 2 * PAGE_SIZE);
    EXPECT_EQ(space->find(b)->size(), 3 * PAGE_SIZE);
    EXPECT_EQ(space->find(b)->nr_pages, 2u);
    space.free(a);
    space.free(b);
}

TEST(vmalloc, what_cannot_be_is_refused) {
    fixture<pae> space;
    EXPECT_EQ(space.alloc(0), 0u);
    EXPECT_EQ(space.alloc(window_pages), 0u);  // no room for the guard
    EXPECT_EQ(space.alloc(TEST_PAGES + 1), 0u);
    EXPECT_EQ(space->alloc(~size_t{0}, PAGE_SIZE, quiet, rights, 0), 0u);
    EXPECT_EQ(space->map(nullptr, 0, 0, rights, 0), 0u);
    space.free(0);
    static constinit vmalloc_space none;
    EXPECT_EQ(none.alloc(PAGE_SIZE, PAGE_SIZE, quiet, rights, 0), 0u);
    EXPECT_EQ(none.remap(0xFE000000, PAGE_SIZE, rights, 0), 0u);
    EXPECT_FALSE(none.contains(0));
    EXPECT_FALSE(none.frame_of(start).has_value());
    space->check_invariants();
}

TEST(vmalloc, the_lowest_hole_that_is_large_enough) {
    fixture<pae> space(0);  // what is freed is a hole at once
    u32 areas[6];
    for (u32& area : areas) area = space.alloc(3);
    space.free(areas[1]);  // pages 4 ... 7
    space.free(areas[3]);  // pages 12 ... 19
    space.free(areas[4]);
    EXPECT_EQ(space.alloc(4), page_address_in(12));
    EXPECT_EQ(space.alloc(1), page_address_in(4));
    EXPECT_EQ(space.alloc(1), page_address_in(6));
    EXPECT_EQ(space.alloc(2), page_address_in(17));
    EXPECT_EQ(space.alloc(1), page_address_in(24));
    space->check_invariants();
    for (const u32 number : {0u, 4u, 6u, 8u, 12u, 17u, 20u, 24u}) space.free(page_address_in(number));
    EXPECT_EQ(space->largest_hole(), window_pages << PAGE_SHIFT);
    space->check_invariants();
}

TEST(vmalloc, alignment_leaves_usable_holes_on_both_sides) {
    fixture<pae> space(0);
    const u32 a = space.alloc(1);
    const u32 b = space.alloc(2, 64 * KiB);
    EXPECT_EQ(b, page_address_in(16));
    EXPECT_EQ(space.alloc(13), page_address_in(2));
    space->check_invariants();
    EXPECT_EQ(space.alloc(1), page_address_in(19));
    for (const u32 area : {a, b, page_address_in(2), page_address_in(19)}) space.free(area);
    EXPECT_EQ(space->largest_hole(), window_pages << PAGE_SHIFT);
}

// A hole of exactly the size, well aligned, is found when no larger one is left.
TEST(vmalloc, an_aligned_area_takes_the_last_hole_that_fits) {
    fixture<pae> space(0);
    const u32 all = space->get_area((window_pages - 1) << PAGE_SHIFT, PAGE_SIZE, 0, quiet, 0)->va_start;
    EXPECT_EQ(space.alloc(1), 0u);
    space->free_area(space->find(all));
    vm_struct* const lower = space->get_area(15 << PAGE_SHIFT, PAGE_SIZE, 0, quiet, 0);
    vm_struct* const fits = space->get_area(7 << PAGE_SHIFT, PAGE_SIZE, 0, quiet, 0);
    vm_struct* const rest =
        space->get_area((window_pages - 25) << PAGE_SHIFT, PAGE_SIZE, 0, quiet, 0);
    ASSERT_TRUE(lower && fits && rest);
    const u32 wanted = fits->va_start;
    EXPECT_EQ(wanted, page_address_in(16));
    space->free_area(fits);
    EXPECT_EQ(space.alloc(7, 64 * KiB), wanted);
    EXPECT_EQ(space.alloc(1, 64 * KiB), 0u);
    space.free(wanted);
    space->free_area(lower);
    space->free_area(rest);
    space->check_invariants();
}

TEST(vmalloc, freed_addresses_wait_for_one_flush) {
    fixture<pae> space(12);
    const u32 flushes = space.tables().flushes;
    const u32 a = space.alloc(3), b = space.alloc(3), c = space.alloc(4);
    space.free(b);
    space.free(a);
    EXPECT_EQ(space->stats().lazy_pages, 8u);
    EXPECT_TRUE(space->was_freed(a));
    EXPECT_EQ(space.tables().flushes, flushes);
    EXPECT_EQ(space.pages().pages_in_use(), 4u);  // the frames are back already
    EXPECT_EQ(space.alloc(3), page_address_in(13));
    space.free(c);
    EXPECT_EQ(space.tables().flushes, flushes + 1);
    EXPECT_EQ(space.tables().last_flush.start, a);
    EXPECT_EQ(space.tables().last_flush.end, page_address_in(13));
    EXPECT_EQ(space->stats().lazy_pages, 0u);
    EXPECT_FALSE(space->was_freed(a));
    EXPECT_EQ(space.alloc(3), a);
    space.free(a);
    space.free(page_address_in(13));
    EXPECT_EQ(space->stats().flushes, space.tables().flushes);
    space->check_invariants();
}

TEST(vmalloc, lazy_areas_are_swept_before_there_is_no_room) {
    fixture<pae> space(100000, 64);
    const u32 a = space.alloc(31), b = space.alloc(31);
    EXPECT_EQ(space.alloc(1), 0u);
    space.free(a);
    space.free(b);
    const u32 flushes = space.tables().flushes;
    EXPECT_EQ(space.alloc(63), a);
    EXPECT_EQ(space.tables().flushes, flushes + 1);
    space.free(a);
}

TEST(vmalloc, without_laziness_each_free_flushes_before_the_frames_go) {
    fixture<pae> space(0);
    const u32 a = space.alloc(2);
    const u32 flushes = space.tables().flushes;
    space.free(a);
    EXPECT_EQ(space.tables().flushes, flushes + 1);
    EXPECT_EQ(space->stats().lazy_pages, 0u);
    EXPECT_EQ(space.alloc(2), a);
    space.free(a);
}

TEST(vmalloc, a_wrong_free_changes_nothing) {
    fixture<pae> space;
    const u32 a = space.alloc(3);
    page* const pages[] = {space->page_of(a)};
    const u32 b = space->map(pages, 1, 0, rights, 0);
    for (const u32 wrong : {a + PAGE_SIZE, a + 8, b, start - PAGE_SIZE, page_address_in(500), ~0u})
        space.free(wrong);
    space->free(a, VM_MAP, "vunmap");
    space.expect_mapped(a, 3);
    EXPECT_EQ(space->stats().areas, 2u);
    space->free(b, VM_MAP, "vunmap");
    EXPECT_EQ(space.pages().pages_in_use(), 3u);
    space.free(a);
    space.free(a);
    EXPECT_EQ(space->stats().areas, 0u);
    space->check_invariants();
}

TEST(vmalloc, vmap_shows_pages_again_and_leaves_them) {
    fixture<pae> space;
    const u32 a = space.alloc(4);
    page* twisted[4];
    for (u32 i = 0; i < 4; ++i) twisted[i] = space->page_of(a + ((3 - i) << PAGE_SHIFT));
    const u32 b = space->map(twisted, 4, 0, {.no_execute = true}, 0);
    ASSERT_TRUE(b);
    for (u32 i = 0; i < 4; ++i) EXPECT_EQ(space->page_of(b + (i << PAGE_SHIFT)), twisted[i]);
    EXPECT_FALSE(space.tables().rights_of(b).write);
    EXPECT_EQ(space->find(b)->flags, u32{VM_MAP});
    space->free(b, VM_MAP, "vunmap");
    EXPECT_EQ(space.pages().pages_in_use(), 4u);
    space.expect_mapped(a, 4);
    space.free(a);
}

FORMAT_TEST(ioremap_maps_what_is_no_memory_of_ours) {
    fixture<Format> space(100000, 3000);
    const page_rights device{.write = true, .uncached = true, .special = true};
    const u32 a = space->remap(0xFEE00123, 0x1000, device, 0);
    ASSERT_TRUE(a);
    EXPECT_EQ(a & ~PAGE_MASK, 0x123u);
    EXPECT_EQ(*space->frame_of(a), u64{0xFEE00000});
    EXPECT_EQ(*space->frame_of(a + 0x1000), u64{0xFEE01000});
    EXPECT_FALSE(space->frame_of(a + 0x2000).has_value());
    EXPECT_FALSE(space->page_of(a));
    EXPECT_EQ(space.tables().rights_of(a), device);
    EXPECT_EQ(space->find(a)->phys_addr, u64{0xFEE00000});
    EXPECT_EQ(space->find(a)->flags, u32{VM_IOREMAP});
    space->free(a & PAGE_MASK, VM_IOREMAP, "iounmap");
    const u32 large = space->remap(0xFD000000, 4 * MiB, device, 0);
    ASSERT_TRUE(large);
    EXPECT_TRUE(space.tables().is_large(large));
    space->free(large, VM_IOREMAP, "iounmap");
    // Where a table has been, it is used again.
    space->purge();
    const u32 again = space->remap(0xFD000000, 4 * MiB, device, 0);
    EXPECT_EQ(again, start);
    EXPECT_EQ(*space->frame_of(again + 5 * PAGE_SIZE), u64{0xFD005000});
    EXPECT_FALSE(space.tables().is_large(again));
    space->free(again, VM_IOREMAP, "iounmap");
    EXPECT_FALSE(space->frame_of(large).has_value());
    EXPECT_EQ(space.pages().pages_in_use(), 0u);
    space->check_invariants();
}

TEST(vmalloc, ioremap_refuses_ram_nothing_and_what_wraps) {
    fixture<pae> space;
    EXPECT_EQ(space->remap(0x1000, 0x1000, rights, 0), 0u);  // free
    const u32 a = space.alloc(1);
    EXPECT_EQ(space->remap(*space->frame_of(a), 8, rights, 0), 0u);  // in use
    const u64 ram_end = u64{TEST_PAGES} << PAGE_SHIFT;
    EXPECT_EQ(space->remap(ram_end - 1, 2, rights, 0), 0u);
    EXPECT_EQ(space->remap(ram_end, 0, rights, 0), 0u);
    EXPECT_EQ(space->remap(0xFFFFF000, 0x1001, rights, 0), 0u);
    EXPECT_EQ(space->remap(~u64{0} - 4, 8, rights, 0), 0u);
    EXPECT_EQ(space->remap(ram_end, ~u64{0}, rights, 0), 0u);
    EXPECT_EQ(space->remap(ram_end, 0xF0000000 - ram_end, rights, 0), 0u);
    const u32 last = space->remap(0xFFFFF000, 0x1000, rights, 0);
    EXPECT_NE(last, 0u);
    space->free(last, VM_IOREMAP, "iounmap");
    space.free(a);
    space->check_invariants();
}

TEST(vmalloc, each_area_is_found_by_every_address_in_it) {
    fixture<pae> space;
    const u32 a = space.alloc(2), b = space.alloc(2);
    const vm_struct* const first = space->find(a);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->va_start, a);
    EXPECT_EQ(first->caller, uintptr_t{0x1234});
    EXPECT_EQ(space->find(a + 2 * PAGE_SIZE - 1), first);
    EXPECT_FALSE(first->is_guard(a + 2 * PAGE_SIZE - 1));
    EXPECT_EQ(space->find(a + 2 * PAGE_SIZE), first);
    EXPECT_TRUE(first->is_guard(a + 2 * PAGE_SIZE));
    EXPECT_EQ(space->find(b)->va_start, b);
    EXPECT_FALSE(space->find(b + 3 * PAGE_SIZE));
    EXPECT_FALSE(space->find(a - 1));
    EXPECT_FALSE(space->find(0));
    vmalloc_space::facts facts;
    ASSERT_TRUE(space->describe_from(a + 1, facts));
    EXPECT_EQ(facts.area.va_start, b);
    EXPECT_EQ(facts.zone_pages[ZONE_NORMAL], 2u);
    EXPECT_FALSE(space->describe_from(b + 1, facts));
    space.free(a);
    space.free(b);
}

// At every point at which something can be lacking, and behind each, nothing is missing.
FORMAT_TEST(every_failure_leaves_all_as_it_was) {
    fixture<Format> space;
    if (failslab.armed()) SKIP_TEST("objects fail by chance, as the command line says");
    const u32 before = space.alloc(5);
    struct { fault_attr& fault; u32 points; } const ways[] = {
        {space.tables().memory.fault, 1},
        {space.pages().fail_page_alloc(), 20},
        {failslab, 2}};  // the area, the array
    for (const auto& way : ways) {
        u32 refused = 0;
        const u32 points = for_each_failure(way.fault, [&] {
            const u32 entries = space->stats().entries_written;
            const u32 hole = space->largest_hole();
            // Behind this there is no table yet.
            vm_struct* const filler =
                space->get_area(1100 << PAGE_SHIFT, PAGE_SIZE, 0, quiet, 0);
            const u32 a = space.alloc(20);
            if (a) {
                space.expect_mapped(a, 20);
                space.free(a);
                space->purge();
            } else {
                ++refused;
                EXPECT_EQ(space->stats().entries_written, entries);
            }
            if (filler) space->free_area(filler);
            EXPECT_EQ(space.pages().pages_in_use(), 5u);
            EXPECT_EQ(space->largest_hole(), hole);
            space->check_invariants();
        });
        EXPECT_GE(points, way.points);
        EXPECT_GE(refused, way.points);
    }
    space.expect_mapped(before, 5);
    space.free(before);
}

// In an interrupt an area is put off; the next call by a task frees it.
TEST(vmalloc, vfree_in_an_interrupt_is_put_off) {
    fixture<pae> space;
    const u32 a = space.alloc(2);
    {
        sleep_reports reports;
        irq_enter();
        space.free(a);
        irq_exit();
        EXPECT_EQ(reports.count(), 0u);
    }
    EXPECT_EQ(space.pages().pages_in_use(), 2u);
    EXPECT_TRUE(space->was_freed(a));
    EXPECT_FALSE(space->find(a));
    space->check_invariants();
    const u32 b = space.alloc(1);
    EXPECT_EQ(space.pages().pages_in_use(), 1u);
    EXPECT_FALSE(space->frame_of(a).has_value());
    EXPECT_NE(b, a);  // the address waits for its flush
    space.free(b);
}

TEST(vmalloc, may_sleep_and_says_so) {
    fixture<pae> space;
    const u32 a = space.alloc(1);
    sleep_reports reports;
    preempt_disable();
    EXPECT_EQ(space.alloc(0), 0u);
    EXPECT_EQ(reports.count(), 1u);
    EXPECT_STREQ(reports.what(), "vmalloc");
    space.free(a);
    EXPECT_EQ(reports.count(), 2u);
    EXPECT_STREQ(reports.what(), "vfree");
    preempt_enable();
}

// What boot has mapped keeps its place; the holes are around it.
TEST(vmalloc, early_areas_are_in_the_window_from_the_start) {
    page_arena arena;
    arena->start();
    simulated_tables<pae> tables(*arena);
    static constinit vm_struct upper, lower;
    upper = {}, lower = {};
    upper.va_start = page_address_in(8), upper.va_end = page_address_in(12);
    lower.va_start = start, lower.va_end = page_address_in(2);
    vmalloc_space space;
    space.add_early(upper);
    space.add_early(lower);
    ASSERT_TRUE(space.init({.start = start,
                            .end = page_address_in(64),
                            .tables = &tables,
                            .pages = &*arena,
                            .lazy_max_pages = 0}));
    space.check_invariants();
    EXPECT_EQ(space.find(page_address_in(9)), &upper);
    EXPECT_EQ(space.alloc(5 * PAGE_SIZE, PAGE_SIZE, quiet, rights, 0), page_address_in(2));
    EXPECT_EQ(space.alloc(1, PAGE_SIZE, quiet, rights, 0), page_address_in(12));
    space.free(page_address_in(2), VM_ALLOC, "vfree");
    space.free(page_address_in(12), VM_ALLOC, "vfree");
    space.free_area(&upper);
    space.free_area(&lower);
    space.check_invariants();
    EXPECT_EQ(space.largest_hole(), 64 * PAGE_SIZE);
    EXPECT_TRUE(space.destroy());
}
