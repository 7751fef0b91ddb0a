// mmap: where areas go, and every way in which it is refused, in Linux's order.
#include "mm/vm/area_fixture.hpp"

#include <test.hpp>

namespace {

int error_of_mmap(test_space& space, u32 address, u32 bytes, u32 prot, u32 flags,
                  file* file = nullptr, u32 pgoff = 0) {
    return do_mmap(*space, address, bytes, prot, flags, file, pgoff).error();
}

u32 map_anywhere(test_space& space, u32 pages, u32 hint = 0, u32 flags = anonymous) {
    return do_mmap(*space, hint, pages * PAGE_SIZE, PROT_READ, flags, nullptr, 0).value_or(1);
}

constexpr u32 mmap_base = 0xB8000000;  // of a stack of 8 MiB

}  // namespace

TEST(mmap, arguments_are_checked_in_the_order_of_linux) {
    test_space space;
    struct {
        u32 address, bytes, flags, pgoff;
        int error;
    } const wrong[] = {
        {0, 0, 0, 0, EINVAL},                                        // nothing
        {1, ~0u, MAP_FIXED, ~0u, ENOMEM},                            // rounds up to 0
        {1, 0xC0000000, MAP_FIXED, ~0u, EOVERFLOW},                  // page numbers end
        {1, 0xC0000000, MAP_FIXED, 0, ENOMEM},                       // larger than all
        {0xBFFFF001, 0x1000, MAP_FIXED, 0, ENOMEM},                  // ends too high
        {0x10000001, 0x1000, MAP_FIXED, 0, EINVAL},                  // no page
        {0xF000, 0x1000, MAP_FIXED | MAP_PRIVATE, 0, EPERM},         // too low
        {0, 0x1000, anonymous & ~MAP_PRIVATE, 0, EINVAL},            // of no type
        {0, 0x1000, MAP_ANONYMOUS | MAP_SHARED_VALIDATE, 0, EINVAL},
        {0, 0x1000, MAP_ANONYMOUS | MAP_SHARED | MAP_GROWSDOWN, 0, EINVAL},
        {0, 0x1000, anonymous | MAP_HUGETLB, 0, ENOMEM},
        {0, 0, anonymous | MAP_HUGETLB, 0, EINVAL},
    };
    for (const auto& call : wrong)
        EXPECT_EQ(error_of_mmap(space, call.address, call.bytes, PROT_READ, call.flags,
                                nullptr, call.pgoff),
                  call.error);
    EXPECT_STREQ(space.text(), "");
}

TEST(mmap, a_file_allows_what_it_was_opened_for) {
    test_space space;
    test_file file;
    struct {
        u32 mode, prot, flags;
        int error;
    } const calls[] = {
        {FMODE_READ, PROT_WRITE, MAP_SHARED, EACCES},
        {FMODE_READ, PROT_WRITE, MAP_SHARED_VALIDATE | MAP_SYNC, EOPNOTSUPP},
        {FMODE_READ, PROT_READ, MAP_SHARED | MAP_SYNC, 0},
        {FMODE_READ, PROT_READ, MAP_SHARED_VALIDATE | MAP_FIXED_NOREPLACE, EOPNOTSUPP},
        {FMODE_READ, PROT_READ, MAP_SHARED_VALIDATE | MAP_NORESERVE, 0},
        {FMODE_WRITE, PROT_READ, MAP_PRIVATE, EACCES},
        {FMODE_WRITE, PROT_WRITE, MAP_SHARED, EACCES},
        {FMODE_READ, PROT_WRITE, MAP_PRIVATE, 0},
        {FMODE_READ, PROT_READ, MAP_PRIVATE | MAP_GROWSDOWN, EINVAL},
        {FMODE_READ, PROT_READ, MAP_PRIVATE | MAP_HUGETLB, EINVAL},
        {FMODE_READ, PROT_READ, 4, EINVAL},
    };
    u32 at = 0x20000000;
    for (const auto& call : calls) {
        file->f_mode = call.mode;
        EXPECT_EQ(error_of_mmap(space, at += PAGE_SIZE, PAGE_SIZE, call.prot, call.flags, file),
                  call.error);
    }
    file->f_mode = FMODE_READ | FMODE_WRITE;
}

TEST(mmap, what_can_not_be_mapped_has_no_device) {
    test_space space;
    test_file file;
    address_space* const mapping = file->f_mapping;
    file->f_mapping = nullptr;
    EXPECT_EQ(error_of_mmap(space, 0, PAGE_SIZE, PROT_READ, MAP_PRIVATE, file), ENODEV);
    file->f_mapping = mapping;
}

// A shared mapping of what may only be read looks shared, and never becomes writable.
TEST(mmap, a_file_that_may_not_be_written_is_never_shared_for_writing) {
    test_space space;
    test_file file;
    file->f_mode = FMODE_READ;
    EXPECT_EQ(space.map(0, 1, PROT_READ, MAP_SHARED, file), 0);
    file->f_mode = FMODE_READ | FMODE_WRITE;
    EXPECT_STREQ(space.text(), "0-1 r--s");
    EXPECT_EQ(space.area_at(0).vm_flags & (VM_SHARED | VM_MAYWRITE), 0u);
    EXPECT_EQ(space.protect(0, 1, PROT_RW), EACCES);
}

TEST(mmap, the_highest_hole_below_mmap_base) {
    test_space space;
    EXPECT_EQ(space->mmap_base, mmap_base);
    EXPECT_EQ(map_anywhere(space, 1), mmap_base - PAGE_SIZE);
    EXPECT_EQ(map_anywhere(space, 2), mmap_base - 3 * PAGE_SIZE);
    EXPECT_EQ(space->map_count, 1u);
    EXPECT_FALSE(!do_munmap(*space, mmap_base - 2 * PAGE_SIZE, PAGE_SIZE));
    EXPECT_EQ(map_anywhere(space, 2), mmap_base - 5 * PAGE_SIZE);
    EXPECT_EQ(map_anywhere(space, 1), mmap_base - 2 * PAGE_SIZE);
    EXPECT_EQ(space->map_count, 1u);
}

TEST(mmap, when_there_is_none_the_lowest_from_a_third_on) {
    test_space space;
    space->mmap_base = 0x40000;  // room for 0x30 pages
    EXPECT_EQ(map_anywhere(space, 0x30), 0x10000u);
    EXPECT_EQ(map_anywhere(space, 1), 0x40000000u);
    EXPECT_EQ(map_anywhere(space, 0x31), 0x40001000u);
    EXPECT_FALSE(!do_munmap(*space, 0x40000000, PAGE_SIZE));
    EXPECT_EQ(map_anywhere(space, 1), 0x40000000u);
}

TEST(mmap, no_hole_is_large_enough) {
    test_space space;
    EXPECT_EQ(map_anywhere(space, 0x7FFF0), 0x38010000u);
    EXPECT_EQ(error_of_mmap(space, 0, 0x40000000, PROT_READ, anonymous), ENOMEM);
}

TEST(mmap, the_lowest_hole_of_all_may_be_just_large_enough) {
    test_space space;
    const u32 above = 0x12000;
    EXPECT_EQ(map_anywhere(space, (mmap_base - above) >> PAGE_SHIFT, above), above);
    EXPECT_EQ(map_anywhere(space, 2), above - 2 * PAGE_SIZE);
}

TEST(mmap, a_hint_is_followed_where_it_is_free) {
    test_space space;
    EXPECT_EQ(map_anywhere(space, 2, 0x10000123), 0x10000000u);  // rounded down
    EXPECT_EQ(map_anywhere(space, 1, 0x10001000), mmap_base - PAGE_SIZE);
    EXPECT_EQ(map_anywhere(space, 1, 0x10002000), 0x10002000u);
    EXPECT_EQ(map_anywhere(space, 1, 0x1000), 0x10000u);  // raised to the lowest
    EXPECT_EQ(map_anywhere(space, 1, 0xBFFFF000), 0xBFFFF000u);
    EXPECT_EQ(map_anywhere(space, 2, 0xBFFFE000), mmap_base - 3 * PAGE_SIZE);
}

TEST(mmap, fixed_replaces_and_noreplace_does_not) {
    test_space space;
    space.map(0, 6, PROT_RW);
    EXPECT_EQ(space.map(2, 2, PROT_READ, anonymous | MAP_FIXED_NOREPLACE), EEXIST);
    EXPECT_EQ(space.map(6, 2, PROT_READ, anonymous | MAP_FIXED_NOREPLACE), 0);
    EXPECT_EQ(space.map(4, 3, PROT_EXEC), 0);
    EXPECT_STREQ(space.text(), "0-4 rw-p, 4-7 --xp, 7-8 r--p");
    EXPECT_EQ(space->total_vm, 8u);
}

TEST(mmap, no_hole_is_in_the_guard_gap_of_a_stack) {
    test_space space;
    constexpr u32 gap_pages = stack_guard_gap >> PAGE_SHIFT;
    const u32 stack_page = (mmap_base - test_space::base) / PAGE_SIZE - 1;
    EXPECT_EQ(space.map(stack_page, 1, PROT_RW, anonymous | MAP_GROWSDOWN), 0);
    EXPECT_EQ(map_anywhere(space, 1), mmap_base - PAGE_SIZE - stack_guard_gap - PAGE_SIZE);
    // Not by a hint either; by MAP_FIXED it is.
    EXPECT_EQ(map_anywhere(space, 1, mmap_base - 2 * PAGE_SIZE),
              mmap_base - PAGE_SIZE - stack_guard_gap - 2 * PAGE_SIZE);
    EXPECT_EQ(space.map(stack_page - gap_pages + 5, 1, PROT_READ), 0);
}

TEST(mmap, limits_of_the_space) {
    test_space space;
    space->rlimits[RLIMIT_AS] = 10 * PAGE_SIZE;
    EXPECT_EQ(space.map(0, 11, PROT_READ), ENOMEM);
    EXPECT_EQ(space.map(0, 8, PROT_READ), 0);
    EXPECT_EQ(space.map(8, 3, PROT_READ), ENOMEM);
    EXPECT_EQ(space.map(6, 4, PROT_READ), 0);  // two of them are counted already
    EXPECT_EQ(space->total_vm, 10u);
    space->rlimits[RLIMIT_AS] = RLIM_INFINITY;
    space->rlimits[RLIMIT_DATA] = 2 * PAGE_SIZE;
    EXPECT_EQ(space.map(20, 3, PROT_RW), ENOMEM);
    EXPECT_EQ(space.map(20, 3, PROT_RW, MAP_SHARED | MAP_ANONYMOUS), 0);
    EXPECT_EQ(space.map(30, 2, PROT_RW), 0);
    EXPECT_EQ(space.protect(0, 1, PROT_RW), ENOMEM);
    EXPECT_EQ(space->data_vm, 2u);
}

TEST(mmap, no_more_areas_than_allowed) {
    test_space space;
    const set_for_test few(sysctl_max_map_count, 3u);
    for (u32 i = 0; i < 4; ++i) EXPECT_EQ(space.map(4 * i, 3, PROT_READ), 0);
    // One more than the limit: so Linux counts.
    EXPECT_EQ(space.map(16, 1, PROT_READ), ENOMEM);
    EXPECT_EQ(space.unmap(1, 1), ENOMEM);          // would be two
    EXPECT_EQ(space.protect(0, 1, PROT_RW), ENOMEM);
    EXPECT_EQ(space.unmap(2, 1), 0);
    EXPECT_EQ(space.unmap(4, 1), 0);
    EXPECT_EQ(space.unmap(8, 3), 0);
    EXPECT_EQ(space.map(3, 1, PROT_RW), 0);  // three are as many as may be
    EXPECT_STREQ(space.text(), "0-2 r--p, 3-4 rw-p, 5-7 r--p, 12-15 r--p");
}

TEST(mmap, locked_memory) {
    test_space space;
    space->rlimits[RLIMIT_MEMLOCK] = 2 * PAGE_SIZE;
    EXPECT_EQ(space.map(0, 3, PROT_RW, anonymous | MAP_LOCKED), EAGAIN);
    EXPECT_EQ(space.map(0, 2, PROT_RW, anonymous | MAP_LOCKED), 0);
    EXPECT_EQ(space->locked_vm, 2u);
    EXPECT_TRUE(is_in_core(space.area_at(1), test_space::at(1)));
    EXPECT_EQ(space.map(4, 1, PROT_RW, anonymous | MAP_LOCKED), EAGAIN);
    space->rlimits[RLIMIT_MEMLOCK] = 0;
    EXPECT_EQ(space.map(4, 1, PROT_RW, anonymous | MAP_LOCKED), EPERM);
    space->may_lock_without_limit = true;
    EXPECT_EQ(space.map(4, 1, PROT_RW, anonymous | MAP_LOCKED), 0);
    EXPECT_EQ(space.unmap(1, 4), 0);
    EXPECT_EQ(space->locked_vm, 1u);
}

TEST(mmap, populate_faults_in_and_nonblock_does_not) {
    test_space space;
    EXPECT_EQ(space.map(0, 2, PROT_RW, anonymous | MAP_POPULATE), 0);
    EXPECT_EQ(space.map(4, 2, PROT_RW, anonymous | MAP_POPULATE | MAP_NONBLOCK), 0);
    EXPECT_TRUE(is_in_core(space.area_at(1), test_space::at(1)));
    EXPECT_FALSE(is_in_core(space.area_at(4), test_space::at(4)));
}

TEST(mmap, shared_anonymous_memory_is_a_file_of_zeroes_each) {
    test_space space;
    EXPECT_EQ(space.map(0, 2, PROT_RW, MAP_SHARED | MAP_ANONYMOUS, nullptr, 5), 0);
    EXPECT_EQ(space.map(2, 2, PROT_RW, MAP_SHARED | MAP_ANONYMOUS), 0);
    EXPECT_STREQ(space.text(), "0-2 rw-s, 2-4 rw-s");
    EXPECT_EQ(space.area_at(0).vm_pgoff, 0u);
    EXPECT_NE(space.area_at(0).vm_file, space.area_at(2).vm_file);
    EXPECT_EQ(space.area_at(0).vm_file->size(), 2 * PAGE_SIZE);
}
