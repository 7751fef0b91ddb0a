// munmap and mprotect: ranges that begin and end anywhere.
#include "mm/slab/slab_debug.hpp"
#include "mm/vm/area_fixture.hpp"

#include <test.hpp>

TEST(munmap, wrong_ranges_and_nothing_there) {
    test_space space;
    EXPECT_EQ(do_munmap(*space, 0x10000001, PAGE_SIZE).error(), EINVAL);
    EXPECT_EQ(do_munmap(*space, 0x10000000, 0).error(), EINVAL);
    EXPECT_EQ(do_munmap(*space, 0xC0001000, PAGE_SIZE).error(), EINVAL);
    EXPECT_EQ(do_munmap(*space, 0xBFFFF000, 2 * PAGE_SIZE).error(), EINVAL);
    EXPECT_EQ(do_munmap(*space, 0xBFFFF000, PAGE_SIZE).error(), 0);
    EXPECT_EQ(do_munmap(*space, 0, 0xC0000000).error(), 0);
}

TEST(munmap, ends_middles_and_many) {
    test_space space;
    space.map(0, 10, PROT_READ);
    EXPECT_EQ(space.unmap(0, 1), 0);
    EXPECT_EQ(space.unmap(9, 1), 0);
    EXPECT_EQ(space.unmap(4, 2), 0);
    EXPECT_STREQ(space.text(), "1-4 r--p, 6-9 r--p");
    EXPECT_EQ(space.area_at(6).vm_pgoff, test_space::at(6) >> PAGE_SHIFT);
    space.map(20, 4, PROT_RW);
    space.map(30, 4, PROT_RW);
    EXPECT_EQ(space.unmap(3, 28), 0);
    EXPECT_STREQ(space.text(), "1-3 r--p, 31-34 rw-p");
    EXPECT_EQ(space->total_vm, 5u);
    EXPECT_EQ(space->hiwater_vm, 14u);
    EXPECT_EQ(space.unmap(0, 40), 0);
    EXPECT_EQ(space->map_count, 0u);
}

TEST(munmap, trims_without_any_memory) {
    test_space space;
    space.map(0, 10, PROT_RW);
    space.touch(0);
    fail_nth none(failslab, 1);
    EXPECT_EQ(space.unmap(0, 2), 0);
    EXPECT_EQ(space.unmap(8, 2), 0);
    EXPECT_FALSE(none.failed());
}

TEST(mprotect, arguments) {
    test_space space;
    space.map(0, 2, PROT_READ);
    EXPECT_EQ(do_mprotect(*space, 1, 0, PROT_READ).error(), EINVAL);
    EXPECT_EQ(do_mprotect(*space, 0x1000, 0, 0x10).error(), 0);
    EXPECT_EQ(do_mprotect(*space, 0xFFFFF000, 2 * PAGE_SIZE, 0x10).error(), ENOMEM);
    EXPECT_EQ(space.protect(0, 1, 0x10), EINVAL);
    EXPECT_EQ(space.protect(0, 1, PROT_READ | PROT_SEM), 0);
    EXPECT_EQ(space.protect(0, 1, PROT_GROWSDOWN | PROT_GROWSUP), EINVAL);
    EXPECT_EQ(space.protect(0, 1, PROT_READ | PROT_GROWSDOWN), EINVAL);
    EXPECT_EQ(space.protect(0, 1, PROT_READ | PROT_GROWSUP), EINVAL);
    EXPECT_EQ(space.protect(2, 1, PROT_READ), ENOMEM);
    EXPECT_STREQ(space.text(), "0-2 r--p");
}

TEST(mprotect, changes_what_lies_before_a_hole) {
    test_space space;
    space.map(0, 2, PROT_READ);
    space.map(3, 2, PROT_READ);
    EXPECT_EQ(space.protect(1, 3, PROT_RW), ENOMEM);
    EXPECT_STREQ(space.text(), "0-1 r--p, 1-2 rw-p, 3-5 r--p");
}

TEST(mprotect, over_several_areas_joins_them) {
    test_space space;
    space.map(0, 2, PROT_READ);
    space.map(2, 2, PROT_EXEC);
    space.map(4, 2, PROT_NONE);
    EXPECT_EQ(space.protect(1, 4, PROT_RW), 0);
    EXPECT_STREQ(space.text(), "0-1 r--p, 1-5 rw-p, 5-6 ---p");
    EXPECT_EQ(space->data_vm, 4u);
    EXPECT_EQ(space->exec_vm, 0u);
}

TEST(mprotect, grows_down_to_the_beginning_of_a_stack) {
    test_space space;
    space.map(10, 8, PROT_RW, anonymous | MAP_GROWSDOWN);
    EXPECT_EQ(space.protect(14, 1, PROT_READ | PROT_GROWSDOWN), 0);
    EXPECT_STREQ(space.text(), "10-15 r--pG, 15-18 rw-pG");
}

TEST(mprotect, promises_what_becomes_writable) {
    test_space space;
    const u32 before = vm_committed.load(memory_order::relaxed);
    space.map(0, 4, PROT_READ);
    EXPECT_EQ(vm_committed.load(memory_order::relaxed), before);
    EXPECT_EQ(space.protect(1, 2, PROT_RW), 0);
    EXPECT_STREQ(space.text(true), "0-1 r--p, 1-3 rw-pA, 3-4 r--p");
    EXPECT_EQ(vm_committed.load(memory_order::relaxed), before + 2);
    // The promise stays, and with it the border.
    EXPECT_EQ(space.protect(1, 2, PROT_READ), 0);
    EXPECT_STREQ(space.text(true), "0-1 r--p, 1-3 r--pA, 3-4 r--p");
    EXPECT_EQ(space.unmap(2, 1), 0);
    EXPECT_EQ(vm_committed.load(memory_order::relaxed), before + 1);
}
