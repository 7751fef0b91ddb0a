// mremap: in place, moved, and refused.
#include "mm/vm/area_fixture.hpp"

#include <test.hpp>

namespace {

constexpr u32 fixed = MREMAP_MAYMOVE | MREMAP_FIXED;
constexpr u32 keep = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;

result<u32> remap(test_space& space, u32 page, u32 old_pages, u32 new_pages, u32 flags = 0,
                  u32 to = 0) {
    return do_mremap(*space, test_space::at(page), test_space::bytes(old_pages),
                     test_space::bytes(new_pages), flags, to ? test_space::at(to) : 0);
}
// Its page; 0xFFFF: it failed.
u32 remapped_to(const result<u32>& place) {
    return place ? (*place - test_space::base) >> PAGE_SHIFT : 0xFFFF;
}

}  // namespace

TEST(mremap, arguments_in_the_order_of_linux) {
    test_space space;
    space.map(0, 4, PROT_RW);
    space.map(8, 4, PROT_READ);
    const auto error = [&](u32 address, u32 old_bytes, u32 new_bytes, u32 flags, u32 to) {
        return do_mremap(*space, address, old_bytes, new_bytes, flags, to).error();
    };
    constexpr u32 page = PAGE_SIZE;
    EXPECT_EQ(error(0x5000, page, page, 8, 0), EINVAL);
    EXPECT_EQ(error(0x5000, page, page, MREMAP_FIXED, 0), EINVAL);
    EXPECT_EQ(error(0x5000, page, page, MREMAP_DONTUNMAP, 0), EINVAL);
    EXPECT_EQ(error(0x5000, page, 2 * page, keep, 0), EINVAL);
    EXPECT_EQ(error(0x5001, page, page, 0, 0), EINVAL);
    EXPECT_EQ(error(0x5000, page, 0, 0, 0), EINVAL);
    EXPECT_EQ(error(0x5000, page, page, 0, 0), EFAULT);  // nothing is there
    const u32 at = test_space::at(0);
    EXPECT_EQ(error(at, page, page, fixed, 0x20000001), EINVAL);
    EXPECT_EQ(error(at, page, page, fixed, 0xC0000000), EINVAL);
    EXPECT_EQ(error(at, 2 * page, page, fixed, at + page), EINVAL);  // overlap
    EXPECT_EQ(error(at, page, page, fixed, 0xF000), EPERM);
    EXPECT_EQ(error(at, 0, page, MREMAP_MAYMOVE, 0), EINVAL);       // of a private area
    EXPECT_EQ(error(at, 5 * page, 6 * page, MREMAP_MAYMOVE, 0), EFAULT);
    EXPECT_EQ(error(at, 2 * page, 3 * page, 0, 0), ENOMEM);         // not its end
    EXPECT_EQ(error(at, 4 * page, 9 * page, 0, 0), ENOMEM);         // the hole is too small
    EXPECT_STREQ(space.text(), "0-4 rw-p, 8-12 r--p");
}

TEST(mremap, grows_into_the_hole_behind_and_joins_what_follows) {
    test_space space;
    space.map(0, 2, PROT_RW);
    space.map(4, 2, PROT_RW);
    EXPECT_EQ(remapped_to(remap(space, 1, 1, 2)), 1u);
    EXPECT_STREQ(space.text(), "0-3 rw-p, 4-6 rw-p");
    EXPECT_EQ(remapped_to(remap(space, 0, 3, 4)), 0u);
    EXPECT_STREQ(space.text(), "0-6 rw-p");
    EXPECT_EQ(space->total_vm, 6u);
}

TEST(mremap, shrinks) {
    test_space space;
    space.map(0, 6, PROT_RW);
    EXPECT_EQ(remapped_to(remap(space, 1, 4, 2)), 1u);
    EXPECT_STREQ(space.text(), "0-3 rw-p, 5-6 rw-p");
    EXPECT_EQ(remapped_to(remap(space, 0, 3, 3)), 0u);
    EXPECT_EQ(remapped_to(remap(space, 0, 9, 3)), 0u);  // what is not there goes as well
    EXPECT_STREQ(space.text(), "0-3 rw-p");
}

TEST(mremap, moves_a_part_and_leaves_the_rest) {
    test_space space;
    space.map(0, 6, PROT_RW, anonymous | MAP_LOCKED);
    const u32 committed = vm_committed.load(memory_order::relaxed);
    EXPECT_EQ(remapped_to(remap(space, 2, 2, 3, fixed, 20)), 20u);
    EXPECT_STREQ(space.text(true), "0-2 rw-pLA, 4-6 rw-pLA, 20-23 rw-pLA");
    EXPECT_EQ(space->locked_vm, 7u);
    EXPECT_EQ(vm_committed.load(memory_order::relaxed), committed + 1);
    // Pages keep their numbers, so what was theirs is found.
    EXPECT_EQ(space.area_at(20).vm_pgoff, test_space::at(2) >> PAGE_SHIFT);
    EXPECT_TRUE(is_in_core(space.area_at(20), test_space::at(22)));
}

TEST(mremap, an_untouched_area_is_numbered_anew_and_joins) {
    test_space space;
    space.map(0, 2, PROT_RW);
    space.map(20, 2, PROT_RW);
    EXPECT_EQ(remapped_to(remap(space, 0, 2, 2, fixed, 22)), 22u);
    EXPECT_STREQ(space.text(), "20-24 rw-p");
    space.touch(20);
    EXPECT_EQ(remapped_to(remap(space, 22, 2, 2, fixed, 30)), 30u);
    EXPECT_EQ(remapped_to(remap(space, 30, 2, 2, fixed, 10)), 10u);
    EXPECT_EQ(remapped_to(remap(space, 10, 2, 2, fixed, 22)), 22u);
    EXPECT_STREQ(space.text(), "20-24 rw-p");
    EXPECT_EQ(remapped_to(remap(space, 20, 2, 2, fixed, 24)), 24u);
    EXPECT_STREQ(space.text(), "22-24 rw-p, 24-26 rw-p");
}

TEST(mremap, moves_next_to_itself) {
    test_space space;
    space.map(0, 2, PROT_RW);
    EXPECT_EQ(remapped_to(remap(space, 0, 2, 2, fixed, 2)), 2u);
    EXPECT_STREQ(space.text(), "2-4 rw-p");
    // What was moved away, and what it left, stay two.
    EXPECT_EQ(remapped_to(remap(space, 2, 2, 2, keep, 4)), 4u);
    EXPECT_STREQ(space.text(), "2-4 rw-p, 4-6 rw-p");
    EXPECT_EQ(space->total_vm, 4u);
}

TEST(mremap, replaces_what_lies_at_the_new_place) {
    test_space space;
    space.map(0, 2, PROT_RW);
    space.map(10, 6, PROT_READ);
    EXPECT_EQ(remapped_to(remap(space, 0, 2, 2, fixed, 12)), 12u);
    EXPECT_STREQ(space.text(), "10-12 r--p, 12-14 rw-p, 14-16 r--p");
}

TEST(mremap, to_nowhere_in_particular) {
    test_space space;
    space.map(0, 2, PROT_RW);
    space.map(2, 1, PROT_READ);
    EXPECT_EQ(remap(space, 0, 2, 3, MREMAP_MAYMOVE).value_or(0),
              space->mmap_base - 3 * PAGE_SIZE);
}

TEST(mremap, a_shared_area_can_be_had_twice) {
    test_space space;
    space.map(0, 2, PROT_RW, MAP_SHARED | MAP_ANONYMOUS);
    EXPECT_EQ(remapped_to(remap(space, 0, 0, 2, fixed, 10)), 10u);
    EXPECT_STREQ(space.text(), "0-2 rw-s, 10-12 rw-s");
    EXPECT_EQ(space.area_at(0).vm_file, space.area_at(10).vm_file);
}

TEST(mremap, dontunmap_leaves_an_empty_unlocked_area) {
    test_space space;
    space.map(0, 2, PROT_RW, anonymous | MAP_LOCKED);
    EXPECT_TRUE(is_in_core(space.area_at(0), test_space::at(0)));
    EXPECT_EQ(remapped_to(remap(space, 0, 2, 2, keep, 10)), 10u);
    EXPECT_STREQ(space.text(true), "0-2 rw-pA, 10-12 rw-pLA");
    EXPECT_FALSE(is_in_core(space.area_at(0), test_space::at(0)));
    EXPECT_TRUE(is_in_core(space.area_at(10), test_space::at(10)));
    EXPECT_EQ(space->locked_vm, 2u);
    EXPECT_TRUE(!space.area_at(0).anon_vma);
}

TEST(mremap, limits) {
    test_space space;
    space.map(0, 2, PROT_RW, anonymous | MAP_LOCKED);
    space->rlimits[RLIMIT_MEMLOCK] = 2 * PAGE_SIZE;
    EXPECT_EQ(remap(space, 0, 2, 3).error(), EAGAIN);
    space->rlimits[RLIMIT_MEMLOCK] = RLIM_INFINITY;
    space->rlimits[RLIMIT_AS] = 2 * PAGE_SIZE;
    EXPECT_EQ(remap(space, 0, 2, 3).error(), ENOMEM);
    EXPECT_EQ(remap(space, 0, 2, 2, keep, 10).error(), ENOMEM);
    space.area_at(0).vm_flags |= VM_DONTEXPAND;
    EXPECT_EQ(remap(space, 0, 2, 3).error(), EFAULT);
    EXPECT_EQ(remap(space, 0, 2, 2, keep, 10).error(), EINVAL);
    space.area_at(0).vm_flags &= ~u32{VM_DONTEXPAND};
    const set_for_test few(sysctl_max_map_count, 4u);
    EXPECT_EQ(remap(space, 0, 2, 2, fixed, 10).error(), ENOMEM);
    EXPECT_STREQ(space.text(), "0-2 rw-pL");
}
