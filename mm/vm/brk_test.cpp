// brk, and stacks that grow: what becomes larger at one end.
#include "mm/vm/area_fixture.hpp"

#include <test.hpp>

namespace {
// Where the fixture's heap begins.
constexpr u32 start = 0x08100000;
}  // namespace

TEST(brk, any_byte_and_pages_behind_it) {
    test_space space;
    EXPECT_EQ(do_brk(*space, 0), start);
    EXPECT_EQ(do_brk(*space, start + 1), start + 1);
    EXPECT_EQ(space->total_vm, 1u);
    EXPECT_EQ(do_brk(*space, start + PAGE_SIZE), start + PAGE_SIZE);
    EXPECT_EQ(space->total_vm, 1u);
    EXPECT_EQ(do_brk(*space, start + PAGE_SIZE + 1), start + PAGE_SIZE + 1);
    EXPECT_EQ(space->total_vm, 2u);
    EXPECT_EQ(space->map_count, 1u);
    EXPECT_EQ(do_brk(*space, start + 5), start + 5);
    EXPECT_EQ(space->total_vm, 1u);
    EXPECT_EQ(do_brk(*space, start), start);
    EXPECT_EQ(space->map_count, 0u);
    EXPECT_EQ(do_brk(*space, start - 1), start);
}

TEST(brk, is_refused_by_staying_where_it_is) {
    test_space space;
    EXPECT_EQ(do_brk(*space, start + PAGE_SIZE), start + PAGE_SIZE);
    EXPECT_EQ(do_brk(*space, 0xFFFFFFFF), start + PAGE_SIZE);
    EXPECT_EQ(do_brk(*space, TASK_SIZE + 1), start + PAGE_SIZE);
    space->rlimits[RLIMIT_DATA] = 2 * PAGE_SIZE;
    space->end_data = space->start_data + 1;
    EXPECT_EQ(do_brk(*space, start + 2 * PAGE_SIZE), start + PAGE_SIZE);
    EXPECT_EQ(do_brk(*space, start + 2 * PAGE_SIZE - 1), start + 2 * PAGE_SIZE - 1);
}

TEST(brk, a_page_stays_free_behind_it_and_a_stacks_guard_gap) {
    test_space space;
    ASSERT_TRUE(do_mmap(*space, start + 4 * PAGE_SIZE, PAGE_SIZE, PROT_READ,
                        anonymous | MAP_FIXED, nullptr, 0));
    EXPECT_EQ(do_brk(*space, start + 4 * PAGE_SIZE), start);
    EXPECT_EQ(do_brk(*space, start + 3 * PAGE_SIZE), start + 3 * PAGE_SIZE);
    ASSERT_TRUE(do_munmap(*space, start + 4 * PAGE_SIZE, PAGE_SIZE));
    ASSERT_TRUE(do_mmap(*space, start + 4 * PAGE_SIZE + stack_guard_gap, PAGE_SIZE, PROT_RW,
                        anonymous | MAP_FIXED | MAP_GROWSDOWN, nullptr, 0));
    EXPECT_EQ(do_brk(*space, start + 3 * PAGE_SIZE + 1), start + 3 * PAGE_SIZE);
}

// What the program's data ends with looks the same, and is not the heap.
TEST(brk, the_heap_is_an_area_by_itself) {
    test_space space;
    ASSERT_TRUE(do_mmap(*space, start - PAGE_SIZE, PAGE_SIZE, PROT_RW, anonymous | MAP_FIXED,
                        nullptr, 0));
    EXPECT_EQ(do_brk(*space, start + 1), start + 1);
    EXPECT_EQ(space->map_count, 2u);
    // Unless start_brk is within its last page.
    ASSERT_TRUE(do_munmap(*space, start, PAGE_SIZE));
    space->start_brk = space->brk = start - 100;
    EXPECT_EQ(do_brk(*space, start + 1), start + 1);
    EXPECT_EQ(space->map_count, 1u);
}

TEST(brk, over_a_hole_in_the_heap) {
    test_space space;
    EXPECT_EQ(do_brk(*space, start + 6 * PAGE_SIZE), start + 6 * PAGE_SIZE);
    ASSERT_TRUE(do_munmap(*space, start + 3 * PAGE_SIZE, 3 * PAGE_SIZE));
    EXPECT_EQ(do_brk(*space, start + 5 * PAGE_SIZE), start + 6 * PAGE_SIZE);  // nothing there
    EXPECT_EQ(do_brk(*space, start + 7 * PAGE_SIZE), start + 7 * PAGE_SIZE);
    EXPECT_EQ(space->map_count, 2u);
    EXPECT_EQ(do_brk(*space, start + PAGE_SIZE), start + PAGE_SIZE);
    EXPECT_EQ(space->total_vm, 1u);
}

TEST(brk, locked_where_all_that_comes_is_locked) {
    test_space space;
    ASSERT_TRUE(do_mlockall(*space, MCL_FUTURE));
    space->rlimits[RLIMIT_MEMLOCK] = 2 * PAGE_SIZE;
    EXPECT_EQ(do_brk(*space, start + 3 * PAGE_SIZE), start);
    EXPECT_EQ(do_brk(*space, start + 2 * PAGE_SIZE), start + 2 * PAGE_SIZE);
    EXPECT_EQ(space->locked_vm, 2u);
    EXPECT_TRUE(is_in_core(*find_vma(*space, start), start + PAGE_SIZE));
}

// ---- stacks ----------------------------------------------------------------------------

namespace {

constexpr u32 stack_page = 2000;

int expand(test_space& space, u32 page) {
    vm_area_struct* const area = find_vma(*space, test_space::at(page));
    const read_guard held(space->mmap_sem);
    return expand_stack(*area, test_space::at(page) + 123).error();
}

}  // namespace

TEST(stack_growth, down_to_the_page_that_is_touched) {
    test_space space;
    space.map(stack_page, 2, PROT_RW, anonymous | MAP_GROWSDOWN);
    EXPECT_EQ(expand(space, stack_page - 3), 0);
    EXPECT_STREQ(space.text(true), "1997-2002 rw-pGA");
    EXPECT_EQ(space.area_at(1997).vm_pgoff, test_space::at(1997) >> PAGE_SHIFT);
    EXPECT_EQ(space->stack_vm, 5u);
    EXPECT_EQ(expand(space, stack_page), 0);  // another fault was quicker
    EXPECT_STREQ(space.text(), "1997-2002 rw-pG");
}

TEST(stack_growth, other_areas_do_not_grow) {
    test_space space;
    space.map(stack_page, 2, PROT_RW);
    EXPECT_EQ(expand(space, stack_page - 1), EFAULT);
}

TEST(stack_growth, not_into_the_guard_gap) {
    test_space space;
    constexpr u32 gap = stack_guard_gap >> PAGE_SHIFT;
    space.map(stack_page, 1, PROT_RW, anonymous | MAP_GROWSDOWN);
    space.map(stack_page - gap - 10, 2, PROT_READ);
    EXPECT_EQ(expand(space, stack_page - 8), 0);
    EXPECT_EQ(expand(space, stack_page - 9), ENOMEM);
    // Nobody runs over what may not be touched, nor over another stack unnoticed.
    EXPECT_EQ(space.protect(stack_page - gap - 10, 2, PROT_NONE), 0);
    EXPECT_EQ(expand(space, stack_page - 9), 0);
}

TEST(stack_growth, limits) {
    test_space space;
    space.map(stack_page, 1, PROT_RW, anonymous | MAP_GROWSDOWN | MAP_LOCKED);
    space->rlimits[RLIMIT_STACK] = 3 * PAGE_SIZE;
    EXPECT_EQ(expand(space, stack_page - 3), ENOMEM);
    space->rlimits[RLIMIT_MEMLOCK] = 2 * PAGE_SIZE;
    EXPECT_EQ(expand(space, stack_page - 2), ENOMEM);
    space->rlimits[RLIMIT_MEMLOCK] = RLIM_INFINITY;
    space->rlimits[RLIMIT_AS] = 2 * PAGE_SIZE;
    EXPECT_EQ(expand(space, stack_page - 2), ENOMEM);
    space->rlimits[RLIMIT_AS] = RLIM_INFINITY;
    EXPECT_EQ(expand(space, stack_page - 2), 0);
    EXPECT_EQ(space->locked_vm, 3u);
    EXPECT_STREQ(space.text(), "1998-2001 rw-pLG");
}

TEST(stack_growth, not_below_what_programs_may_have) {
    test_space space;
    ASSERT_TRUE(do_mmap(*space, 0x11000, PAGE_SIZE, PROT_RW,
                        anonymous | MAP_FIXED | MAP_GROWSDOWN, nullptr, 0));
    vm_area_struct& area = *find_vma(*space, 0x11000);
    const read_guard held(space->mmap_sem);
    EXPECT_EQ(expand_stack(area, 0xFFFF).error(), EPERM);
    EXPECT_EQ(expand_stack(area, 0x10000).error(), 0);
}
