// The eight cases of vma_merge.hpp, and what keeps areas apart.
#include "mm/vm/area_fixture.hpp"

#include <test.hpp>

TEST(vma_merge, case_1_a_hole_joins_both) {
    test_space space;
    space.map(0, 2, PROT_RW);
    space.map(4, 2, PROT_RW);
    EXPECT_STREQ(space.text(), "0-2 rw-p, 4-6 rw-p");
    space.map(2, 2, PROT_RW);
    EXPECT_STREQ(space.text(), "0-6 rw-p");
}

TEST(vma_merge, case_2_a_hole_joins_the_one_before) {
    test_space space;
    space.map(0, 2, PROT_RW);
    space.map(4, 2, PROT_READ);
    space.map(2, 2, PROT_RW);
    EXPECT_STREQ(space.text(), "0-4 rw-p, 4-6 r--p");
}

TEST(vma_merge, case_3_a_hole_joins_the_one_behind) {
    test_space space;
    space.map(0, 2, PROT_READ);
    space.map(4, 2, PROT_RW);
    space.map(2, 2, PROT_RW);
    EXPECT_STREQ(space.text(), "0-2 r--p, 2-6 rw-p");
    EXPECT_EQ(space.area_at(2).vm_pgoff, test_space::at(2) >> PAGE_SHIFT);
}

TEST(vma_merge, case_4_the_end_joins_the_one_behind) {
    test_space space;
    space.map(0, 4, PROT_EXEC);
    space.map(4, 4, PROT_READ);
    EXPECT_EQ(space.protect(2, 2, PROT_READ), 0);
    EXPECT_STREQ(space.text(), "0-2 --xp, 2-8 r--p");
    EXPECT_EQ(space.area_at(2).vm_pgoff, test_space::at(2) >> PAGE_SHIFT);
}

TEST(vma_merge, case_5_the_beginning_joins_the_one_before) {
    test_space space;
    space.map(0, 4, PROT_RW);
    space.map(4, 4, PROT_READ);
    EXPECT_EQ(space.protect(4, 2, PROT_RW), 0);
    EXPECT_STREQ(space.text(), "0-6 rw-p, 6-8 r--p");
    EXPECT_EQ(space.area_at(6).vm_pgoff, test_space::at(6) >> PAGE_SHIFT);
}

TEST(vma_merge, case_6_all_three_are_one) {
    test_space space;
    space.map(0, 2, PROT_RW);
    space.map(2, 2, PROT_READ);
    space.map(4, 2, PROT_RW);
    EXPECT_EQ(space.protect(2, 2, PROT_RW), 0);
    EXPECT_STREQ(space.text(), "0-6 rw-p");
    EXPECT_EQ(space->map_count, 1u);
}

TEST(vma_merge, case_7_the_whole_joins_the_one_before) {
    test_space space;
    space.map(0, 2, PROT_RW);
    space.map(2, 2, PROT_READ);
    space.map(4, 2, PROT_EXEC);
    EXPECT_EQ(space.protect(2, 2, PROT_RW), 0);
    EXPECT_STREQ(space.text(), "0-4 rw-p, 4-6 --xp");
}

TEST(vma_merge, case_8_the_whole_joins_the_one_behind) {
    test_space space;
    space.map(0, 2, PROT_EXEC);
    space.map(2, 2, PROT_READ);
    space.map(4, 2, PROT_RW);
    EXPECT_EQ(space.protect(2, 2, PROT_RW), 0);
    EXPECT_STREQ(space.text(), "0-2 --xp, 2-6 rw-p");
}

TEST(vma_merge, a_part_in_the_middle_is_cut_out) {
    test_space space;
    space.map(0, 6, PROT_RW);
    EXPECT_EQ(space.protect(2, 2, PROT_READ), 0);
    EXPECT_STREQ(space.text(), "0-2 rw-p, 2-4 r--p, 4-6 rw-p");
    EXPECT_EQ(space.area_at(4).vm_pgoff, test_space::at(4) >> PAGE_SHIFT);
    EXPECT_EQ(space.protect(2, 2, PROT_RW), 0);
    EXPECT_STREQ(space.text(), "0-6 rw-p");
}

// ---- anon_vma --------------------------------------------------------------------------

TEST(vma_merge, an_anon_vma_speaks_for_neighbours_without_one) {
    test_space space;
    space.map(0, 2, PROT_RW);
    struct anon_vma* const first = space.touch(0);
    space.map(4, 2, PROT_RW);
    space.map(2, 2, PROT_RW);
    EXPECT_STREQ(space.text(), "0-6 rw-p");
    EXPECT_EQ(space.area_at(5).anon_vma, first);
}

TEST(vma_merge, the_one_that_grows_takes_over_an_anon_vma) {
    test_space space;
    space.map(0, 2, PROT_RW);
    space.map(4, 2, PROT_RW);
    struct anon_vma* const second = space.touch(4);
    space.map(2, 2, PROT_RW);
    // Linux 6.1 joins with the one behind first; the one before has an empty chain.
    EXPECT_STREQ(space.text(), "0-2 rw-p, 2-6 rw-p");
    EXPECT_EQ(space.area_at(2).anon_vma, second);
}

TEST(vma_merge, all_three_have_the_anon_vma_of_the_last) {
    test_space space;
    space.map(0, 2, PROT_RW);
    space.map(2, 2, PROT_READ);
    space.map(4, 2, PROT_RW);
    struct anon_vma* const last = space.touch(4);
    EXPECT_EQ(space.protect(2, 2, PROT_RW), 0);
    EXPECT_STREQ(space.text(), "0-6 rw-p");
    EXPECT_EQ(space.area_at(0).anon_vma, last);
}

TEST(vma_merge, two_anon_vmas_are_two_areas) {
    test_space space;
    space.map(0, 2, PROT_RW);
    space.map(4, 2, PROT_RW);
    EXPECT_NE(space.touch(0), space.touch(4));
    space.map(2, 2, PROT_RW);
    EXPECT_STREQ(space.text(), "0-2 rw-p, 2-6 rw-p");
    space.map(2, 2, PROT_READ);
    EXPECT_EQ(space.protect(2, 2, PROT_RW), 0);
    EXPECT_STREQ(space.text(), "0-4 rw-p, 4-6 rw-p");  // vma_merge: the one before first
}

TEST(vma_merge, halves_of_an_area_have_one_anon_vma_and_join_again) {
    test_space space;
    space.map(0, 6, PROT_RW);
    struct anon_vma* const whole = space.touch(0);
    EXPECT_EQ(space.protect(2, 2, PROT_READ), 0);
    EXPECT_EQ(space.area_at(2).anon_vma, whole);
    EXPECT_EQ(space.area_at(4).anon_vma, whole);
    EXPECT_EQ(space.protect(2, 2, PROT_RW), 0);
    EXPECT_STREQ(space.text(), "0-6 rw-p");
}

TEST(vma_merge, an_area_that_was_forked_speaks_for_no_other) {
    test_space parent;
    parent.map(0, 2, PROT_RW);
    parent.touch(0);
    const result<mm_struct*> copied = dup_mm(*parent);
    ASSERT_TRUE(copied);
    test_space child(*copied);
    child.map(2, 2, PROT_RW);
    EXPECT_STREQ(child.text(), "0-2 rw-p, 2-4 rw-p");
    parent.map(2, 2, PROT_RW);
    EXPECT_STREQ(parent.text(), "0-4 rw-p");
}

// ---- files -----------------------------------------------------------------------------

TEST(vma_merge, pages_of_a_file_join_where_they_are_neighbours_in_it) {
    test_space space;
    test_file file;
    EXPECT_EQ(space.map(0, 2, PROT_READ, MAP_SHARED, file, 7), 0);
    EXPECT_EQ(space.map(2, 2, PROT_READ, MAP_SHARED, file, 9), 0);
    EXPECT_STREQ(space.text(), "0-4 r--s");
    EXPECT_EQ(space.map(4, 2, PROT_READ, MAP_SHARED, file, 12), 0);
    EXPECT_STREQ(space.text(), "0-4 r--s, 4-6 r--s");
    test_file other;
    EXPECT_EQ(space.map(6, 2, PROT_READ, MAP_SHARED, other, 14), 0);
    EXPECT_STREQ(space.text(), "0-4 r--s, 4-6 r--s, 6-8 r--s");
    EXPECT_EQ(file->f_count.load(memory_order::relaxed), 3u);
}

TEST(vma_merge, areas_of_a_file_stay_in_its_i_mmap) {
    test_space space;
    test_file file;
    EXPECT_EQ(space.map(0, 6, PROT_RW, MAP_SHARED, file, 0), 0);
    EXPECT_EQ(file->f_mapping->i_mmap_writable.load(memory_order::relaxed), 1u);
    EXPECT_EQ(space.protect(2, 2, PROT_READ), 0);
    EXPECT_STREQ(space.text(), "0-2 rw-s, 2-4 r--s, 4-6 rw-s");
    EXPECT_EQ(file->f_mapping->i_mmap_writable.load(memory_order::relaxed), 3u);
    EXPECT_EQ(space.unmap(1, 2), 0);
    EXPECT_STREQ(space.text(), "0-1 rw-s, 3-4 r--s, 4-6 rw-s");
    EXPECT_EQ(space.area_at(3).vm_pgoff, 3u);
    EXPECT_EQ(space.protect(3, 1, PROT_RW), 0);
    EXPECT_STREQ(space.text(), "0-1 rw-s, 3-6 rw-s");
    EXPECT_EQ(space.unmap(0, 6), 0);
    EXPECT_EQ(file->f_mapping->i_mmap_writable.load(memory_order::relaxed), 0u);
    EXPECT_EQ(file->f_count.load(memory_order::relaxed), 1u);
}

namespace {
s32 opened, closed;
constexpr vm_operations_struct counted = {
    .open = [](vm_area_struct&) { ++opened; },
    .close = [](vm_area_struct&) { ++closed; },
    .fault = nullptr,
    .page_mkwrite = nullptr,
    .name = [](const vm_area_struct&) -> const char* { return "[counted]"; },
};
}  // namespace

TEST(vma_merge, who_is_told_of_the_end_of_an_area_joins_none) {
    opened = closed = 0;
    {
        test_space space;
        space.map(0, 4, PROT_READ);
        space.area_at(0).vm_ops = &counted;
        EXPECT_EQ(space.protect(1, 2, PROT_RW), 0);
        EXPECT_EQ(opened, 2);
        EXPECT_EQ(space.protect(1, 2, PROT_READ), 0);
        EXPECT_STREQ(space.text(), "0-1 r--p, 1-3 r--p, 3-4 r--p");
        EXPECT_EQ(space.unmap(1, 2), 0);
        EXPECT_EQ(closed, 1);
    }
    EXPECT_EQ(closed, opened + 1);
}

TEST(vma_merge, a_device_area_joins_none) {
    test_space space;
    space.map(0, 2, PROT_READ);
    space.area_at(0).vm_flags |= VM_IO;
    space.map(2, 2, PROT_READ);
    EXPECT_EQ(space.advise(0, 1, MADV_DONTFORK), 0);
    EXPECT_EQ(space.advise(0, 1, MADV_NORMAL), 0);
    EXPECT_STREQ(space.text(), "0-1 r--pD, 1-2 r--p, 2-4 r--p");
}
