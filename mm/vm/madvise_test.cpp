// madvise, mlock, msync, mincore: what is said of ranges, and what they answer at holes.
#include "mm/vm/area_fixture.hpp"

#include <test.hpp>

TEST(madvise, arguments) {
    test_space space;
    const auto error = [&](u32 address, u32 bytes, s32 advice) {
        return do_madvise(*space, address, bytes, advice).error();
    };
    EXPECT_EQ(error(1, 0, 99), EINVAL);
    EXPECT_EQ(error(1, 0, MADV_NORMAL), EINVAL);
    EXPECT_EQ(error(0x1000, 0xFFFFFFFF, MADV_NORMAL), EINVAL);
    EXPECT_EQ(error(0xFFFFF000, 0x2000, MADV_NORMAL), EINVAL);
    EXPECT_EQ(error(0x1000, 0, MADV_NORMAL), 0);
    EXPECT_EQ(error(0x1000, 0x1000, MADV_NORMAL), ENOMEM);
    EXPECT_EQ(error(0x1000, 0x1000, -1), EINVAL);
}

TEST(madvise, flags_split_and_join) {
    test_space space;
    space.map(0, 6, PROT_RW);
    EXPECT_EQ(space.advise(1, 2, MADV_DONTFORK), 0);
    EXPECT_EQ(space.advise(3, 1, MADV_WIPEONFORK), 0);
    EXPECT_EQ(space.advise(4, 1, MADV_RANDOM), 0);
    EXPECT_EQ(space.advise(5, 1, MADV_DONTDUMP), 0);
    EXPECT_STREQ(space.text(), "0-1 rw-p, 1-3 rw-pD, 3-4 rw-pW, 4-5 rw-pR, 5-6 rw-pX");
    EXPECT_EQ(space.advise(4, 1, MADV_SEQUENTIAL), 0);
    EXPECT_EQ(space.area_at(4).vm_flags & (VM_SEQ_READ | VM_RAND_READ), u32{VM_SEQ_READ});
    EXPECT_EQ(space.advise(0, 6, MADV_NORMAL), 0);
    EXPECT_EQ(space.advise(0, 6, MADV_DOFORK), 0);
    EXPECT_EQ(space.advise(0, 6, MADV_KEEPONFORK), 0);
    EXPECT_EQ(space.advise(0, 6, MADV_DODUMP), 0);
    EXPECT_STREQ(space.text(), "0-6 rw-p");
}

TEST(madvise, walks_over_holes_and_tells_them_at_the_end) {
    test_space space;
    space.map(0, 1, PROT_RW);
    space.map(2, 1, PROT_RW);
    EXPECT_EQ(space.advise(0, 5, MADV_DONTFORK), ENOMEM);
    EXPECT_STREQ(space.text(), "0-1 rw-pD, 2-3 rw-pD");
}

TEST(madvise, some_areas_refuse_some) {
    test_space space;
    test_file file;
    space.map(0, 1, PROT_RW, MAP_SHARED, file);
    space.map(1, 1, PROT_RW, anonymous | MAP_LOCKED);
    EXPECT_EQ(space.advise(0, 1, MADV_WIPEONFORK), EINVAL);
    EXPECT_EQ(space.advise(0, 1, MADV_FREE), EINVAL);
    EXPECT_EQ(space.advise(1, 1, MADV_FREE), EINVAL);
    EXPECT_EQ(space.advise(1, 1, MADV_DONTNEED), EINVAL);
    EXPECT_EQ(space.advise(1, 1, MADV_COLD), EINVAL);
    EXPECT_EQ(space.advise(1, 1, MADV_WILLNEED), 0);
    EXPECT_EQ(space.advise(1, 1, MADV_REMOVE), EINVAL);
    EXPECT_EQ(space.advise(1, 1, MADV_DONTNEED_LOCKED), 0);
    EXPECT_FALSE(is_in_core(space.area_at(1), test_space::at(1)));
    space.area_at(0).vm_flags |= VM_IO;
    EXPECT_EQ(space.advise(0, 1, MADV_DOFORK), EINVAL);
    EXPECT_EQ(space.advise(0, 1, MADV_DODUMP), EINVAL);
}

TEST(madvise, remove_makes_a_hole_in_the_file) {
    test_space space;
    test_file file;
    const u32 word = 0x12345678;
    ASSERT_TRUE(file->write(0, &word, sizeof word));
    // It is enough that it might be written; a file that is open for reading only may not.
    space.map(0, 2, PROT_READ, MAP_SHARED, file);
    file->f_mode &= ~FMODE_WRITE;
    space.map(10, 2, PROT_READ, MAP_SHARED, file);
    EXPECT_EQ(space.advise(10, 1, MADV_REMOVE), EACCES);
    space.map(20, 2, PROT_READ, MAP_PRIVATE, file);
    EXPECT_EQ(space.advise(20, 1, MADV_REMOVE), EACCES);
    EXPECT_EQ(space.advise(0, 2, MADV_POPULATE_READ), EFAULT);  // page 1 is behind its end
    EXPECT_EQ(space.advise(0, 1, MADV_REMOVE), 0);
    u32 read = 1;
    EXPECT_EQ(file->read(0, &read, sizeof read), sizeof read);
    EXPECT_EQ(read, 0u);
}

TEST(madvise, populate_needs_the_right) {
    test_space space;
    space.map(0, 2, PROT_READ);
    EXPECT_EQ(space.advise(0, 2, MADV_POPULATE_WRITE), EINVAL);
    EXPECT_EQ(space.advise(0, 1, MADV_POPULATE_READ), 0);
    EXPECT_TRUE(is_in_core(space.area_at(0), test_space::at(0)));
    EXPECT_EQ(space.protect(0, 2, PROT_NONE), 0);
    EXPECT_EQ(space.advise(0, 1, MADV_POPULATE_READ), EINVAL);
}

// ---- mlock -----------------------------------------------------------------------------

TEST(mlock, locks_whole_pages_and_counts_them_once) {
    test_space space;
    space.map(0, 6, PROT_RW);
    EXPECT_EQ(do_mlock(*space, test_space::at(1) + 5, PAGE_SIZE, 0).error(), 0);
    EXPECT_STREQ(space.text(), "0-1 rw-p, 1-3 rw-pL, 3-6 rw-p");
    EXPECT_EQ(do_mlock(*space, test_space::at(2), 2 * PAGE_SIZE, MLOCK_ONFAULT).error(), 0);
    EXPECT_STREQ(space.text(), "0-1 rw-p, 1-2 rw-pL, 2-4 rw-pLO, 4-6 rw-p");
    EXPECT_EQ(space->locked_vm, 3u);
    EXPECT_TRUE(is_in_core(space.area_at(1), test_space::at(1)));
    EXPECT_FALSE(is_in_core(space.area_at(3), test_space::at(3)));
    EXPECT_EQ(do_munlock(*space, test_space::at(0), 6 * PAGE_SIZE).error(), 0);
    EXPECT_EQ(space->locked_vm, 0u);
    EXPECT_EQ(do_mlock(*space, 0, 0, 2).error(), EINVAL);
    EXPECT_EQ(do_mlock(*space, 0xFFFFF000, PAGE_SIZE + 1, 0).error(), EINVAL);
}

TEST(mlock, stops_at_a_hole_with_what_lies_before_locked) {
    test_space space;
    space.map(0, 1, PROT_RW);
    space.map(2, 1, PROT_RW);
    EXPECT_EQ(do_mlock(*space, test_space::at(0), 3 * PAGE_SIZE, 0).error(), ENOMEM);
    EXPECT_STREQ(space.text(), "0-1 rw-pL, 2-3 rw-p");
    EXPECT_EQ(do_mlock(*space, test_space::at(1), PAGE_SIZE, 0).error(), ENOMEM);
    // Nobody can have a page of this one: it is locked, and the answer is no.
    EXPECT_EQ(space.protect(2, 1, PROT_NONE), 0);
    EXPECT_EQ(do_mlock(*space, test_space::at(2), PAGE_SIZE, 0).error(), ENOMEM);
    EXPECT_STREQ(space.text(), "0-1 rw-pL, 2-3 ---pL");
}

TEST(mlock, the_limit_counts_no_page_twice) {
    test_space space;
    space.map(0, 6, PROT_RW);
    space->rlimits[RLIMIT_MEMLOCK] = 4 * PAGE_SIZE;
    EXPECT_EQ(do_mlock(*space, test_space::at(1), 3 * PAGE_SIZE, 0).error(), 0);
    EXPECT_EQ(do_mlock(*space, test_space::at(2), 4 * PAGE_SIZE, 0).error(), ENOMEM);
    EXPECT_EQ(do_mlock(*space, test_space::at(0), 4 * PAGE_SIZE, 0).error(), 0);
    EXPECT_EQ(do_mlockall(*space, MCL_CURRENT).error(), ENOMEM);
    space->rlimits[RLIMIT_MEMLOCK] = 0;
    EXPECT_EQ(do_mlock(*space, test_space::at(0), PAGE_SIZE, 0).error(), EPERM);
    EXPECT_EQ(do_mlockall(*space, MCL_CURRENT).error(), EPERM);
    EXPECT_EQ(do_munlock(*space, test_space::at(0), PAGE_SIZE).error(), 0);
    EXPECT_STREQ(space.text(), "0-1 rw-p, 1-4 rw-pL, 4-6 rw-p");
}

TEST(mlock, all_that_is_and_all_that_comes) {
    test_space space;
    space.map(0, 2, PROT_RW);
    space.map(4, 1, PROT_NONE);
    EXPECT_EQ(do_mlockall(*space, 0).error(), EINVAL);
    EXPECT_EQ(do_mlockall(*space, MCL_ONFAULT).error(), EINVAL);
    EXPECT_EQ(do_mlockall(*space, 8).error(), EINVAL);
    EXPECT_EQ(do_mlockall(*space, MCL_CURRENT).error(), 0);
    space.map(6, 1, PROT_RW);
    EXPECT_STREQ(space.text(), "0-2 rw-pL, 4-5 ---pL, 6-7 rw-p");
    EXPECT_EQ(do_mlockall(*space, MCL_FUTURE | MCL_ONFAULT).error(), 0);
    space.map(8, 1, PROT_RW);
    EXPECT_STREQ(space.text(), "0-2 rw-pL, 4-5 ---pL, 6-7 rw-p, 8-9 rw-pLO");
    EXPECT_EQ(do_munlockall(*space).error(), 0);
    space.map(9, 1, PROT_RW);
    EXPECT_STREQ(space.text(), "0-2 rw-p, 4-5 ---p, 6-7 rw-p, 8-10 rw-p");
}

// ---- msync, mincore --------------------------------------------------------------------

TEST(msync, answers) {
    test_space space;
    space.map(0, 1, PROT_RW);
    space.map(2, 1, PROT_RW, anonymous | MAP_LOCKED);
    const auto error = [&](u32 page, u32 pages, u32 flags) {
        return do_msync(*space, test_space::at(page), test_space::bytes(pages), flags).error();
    };
    EXPECT_EQ(do_msync(*space, 0x1000, 1, 8).error(), EINVAL);
    EXPECT_EQ(do_msync(*space, 0x1001, 1, MS_SYNC).error(), EINVAL);
    EXPECT_EQ(do_msync(*space, 0x1000, 1, MS_SYNC | MS_ASYNC).error(), EINVAL);
    EXPECT_EQ(do_msync(*space, 0xFFFFF000, 0x2000, MS_SYNC).error(), ENOMEM);
    EXPECT_EQ(do_msync(*space, 0x1000, 0, MS_SYNC).error(), 0);
    EXPECT_EQ(error(0, 1, MS_SYNC), 0);
    EXPECT_EQ(error(0, 3, MS_SYNC), ENOMEM);
    EXPECT_EQ(error(0, 3, MS_ASYNC), ENOMEM);
    EXPECT_EQ(error(0, 1, MS_INVALIDATE), 0);
    EXPECT_EQ(error(0, 3, MS_SYNC | MS_INVALIDATE), EBUSY);
    EXPECT_EQ(error(0, 3, MS_ASYNC | MS_INVALIDATE), EBUSY);
    EXPECT_EQ(error(2, 2, MS_SYNC), ENOMEM);
    EXPECT_EQ(error(1, 1, MS_SYNC), ENOMEM);
}

TEST(mincore, which_pages_are_there) {
    test_space space;
    space.map(0, 4, PROT_RW);
    space.map(1, 2, PROT_RW, anonymous | MAP_POPULATE);
    struct seen {
        u32 pages = 0, resident = 0;
    } seen;
    const auto visit = [](void* context, u32 index, bool resident) {
        auto& seen = *static_cast<struct seen*>(context);
        EXPECT_EQ(index, seen.pages);
        ++seen.pages;
        seen.resident = seen.resident << 1 | resident;
    };
    EXPECT_EQ(do_mincore(*space, test_space::at(0), 4 * PAGE_SIZE - 1, visit, &seen).error(), 0);
    EXPECT_EQ(seen.pages, 4u);
    EXPECT_EQ(seen.resident, 0b0110u);
    seen = {};
    EXPECT_EQ(do_mincore(*space, test_space::at(2), 4 * PAGE_SIZE, visit, &seen).error(), ENOMEM);
    EXPECT_EQ(seen.pages, 2u);
    EXPECT_EQ(do_mincore(*space, 1, PAGE_SIZE, visit, &seen).error(), EINVAL);
    EXPECT_EQ(do_mincore(*space, 0xBFFFF000, 2 * PAGE_SIZE, visit, &seen).error(), ENOMEM);
    EXPECT_EQ(do_mincore(*space, 0x1000, 0xFFFFFFFF, visit, &seen).error(), ENOMEM);
    EXPECT_EQ(do_mincore(*space, 0x1000, 0, visit, &seen).error(), 0);
}
