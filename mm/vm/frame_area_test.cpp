#include "mm/vm/frame_area.hpp"

#include "mm/vm/area_fixture.hpp"
#include "mm/vm/fault.hpp"
#include "mm/vm/pagemap.hpp"
#include "mm/vm/smaps.hpp"
#include "mm/vm/user_tables.hpp"

#include <test.hpp>

namespace {

using F = kernel_format;

constexpr u32 first_frame = 0x100;

// A device of 16 pages, of which every other one is RAM.
constexpr vm_operations_struct area_operations = {
    .frame = [](const vm_area_struct&, u32 pgoff) {
        return device_frame{pfn(first_frame + pgoff), pgoff % 2 == 0};
    }};
constexpr file_operations operations = {
    .release = [](file&) {},
    .size = [](const file&) { return u64{0}; },
    .name = [](const file&, text_sink&) { return size_t{0}; },
    .mmap = [](file&, vm_area_struct& area) { return make_frame_area(area, area_operations); }};

struct device : file {
    device() {
        f_mode = FMODE_READ | FMODE_WRITE;
        f_op = &operations;
    }
};

fault_outcome touch(mm_struct& mm, u32 page, bool write = false) {
    fault_decision decision;
    return resolve_fault(mm, test_space::at(page), PF_USER | (write ? u32{PF_WRITE} : 0),
                         decision);
}
pte_entry shown(mm_struct& mm, u32 page) { return entry_at(mm, test_space::at(page)); }
u32 frame_shown(mm_struct& mm, u32 page) {
    const pte_entry entry = shown(mm, page);
    return F::present(entry) ? F::frame(entry) : 0;
}

bool in_core(mm_struct& mm, u32 page) {
    bool is = false;
    const auto note = [](void* context, u32, bool in) { *static_cast<bool*>(context) = in; };
    EXPECT_EQ(do_mincore(mm, test_space::at(page), PAGE_SIZE, note, &is).error(), 0);
    return is;
}

}  // namespace

TEST(frame_area, a_fault_finds_the_frame_and_counts_nothing) {
    device device;
    test_space space;
    ASSERT_EQ(space.map(0, 4, PROT_RW, MAP_SHARED, &device, 2), 0);
    EXPECT_TRUE(in_core(*space, 1));
    EXPECT_TRUE(touch(*space, 1));
    EXPECT_TRUE(touch(*space, 2, true));
    EXPECT_EQ(frame_shown(*space, 0), 0u);
    EXPECT_EQ(frame_shown(*space, 1), first_frame + 3);
    EXPECT_EQ(frame_shown(*space, 2), first_frame + 4);
    const page_rights rights = F::rights(shown(*space, 1));
    EXPECT_TRUE(rights.special && rights.uncached && rights.write && rights.user);
    EXPECT_FALSE(F::rights(shown(*space, 2)).uncached);
    EXPECT_EQ(get_mm_rss(*space), 0u);
    EXPECT_EQ(smaps_of(space.area_at(0)).resident, 0u);
    u64 word = 0;
    EXPECT_EQ(read_pagemap(*space, test_space::at(1) >> PAGE_SHIFT, {&word, 1}), 1u);
    EXPECT_EQ(word, PM_PRESENT | u64{first_frame + 3});
}

TEST(frame_area, a_child_finds_the_same_frames_by_faults_of_its_own) {
    device device;
    test_space parent;
    ASSERT_EQ(parent.map(0, 4, PROT_RW, MAP_SHARED, &device), 0);
    EXPECT_TRUE(touch(*parent, 1, true));
    const result<mm_struct*> copied = dup_mm(*parent);
    ASSERT_TRUE(copied);
    test_space child(*copied);
    EXPECT_EQ(frame_shown(*child, 1), 0u);
    EXPECT_TRUE(touch(*child, 1, true));
    EXPECT_EQ(frame_shown(*child, 1), first_frame + 1);
    EXPECT_TRUE(F::rights(shown(*parent, 1)).write);
}

TEST(frame_area, rights_go_and_come_back_and_the_frame_stays) {
    device device;
    test_space space;
    ASSERT_EQ(space.map(0, 4, PROT_RW, MAP_SHARED, &device), 0);
    EXPECT_TRUE(touch(*space, 1, true));
    EXPECT_EQ(space.protect(1, 1, PROT_READ), 0);
    EXPECT_FALSE(F::rights(shown(*space, 1)).write);
    EXPECT_FALSE(touch(*space, 1, true));
    EXPECT_EQ(space.protect(1, 1, PROT_NONE), 0);
    EXPECT_EQ(space.protect(1, 1, PROT_RW), 0);
    const page_rights rights = F::rights(shown(*space, 1));
    EXPECT_TRUE(rights.write && rights.special && rights.uncached);
    EXPECT_EQ(frame_shown(*space, 1), first_frame + 1);
}

TEST(frame_area, it_moves_and_is_cut_and_does_not_grow) {
    device device;
    test_space space;
    ASSERT_EQ(space.map(0, 4, PROT_RW, MAP_SHARED, &device), 0);
    EXPECT_TRUE(touch(*space, 3));
    EXPECT_EQ(do_mremap(*space, test_space::at(0), space.bytes(4), space.bytes(5),
                        MREMAP_MAYMOVE, 0).error(), EFAULT);
    EXPECT_EQ(space.unmap(0, 2), 0);
    EXPECT_EQ(do_mremap(*space, test_space::at(2), space.bytes(2), space.bytes(2),
                        MREMAP_MAYMOVE | MREMAP_FIXED, test_space::at(8)).value_or(0),
              test_space::at(8));
    EXPECT_EQ(frame_shown(*space, 9), first_frame + 3);
    EXPECT_EQ(frame_shown(*space, 3), 0u);
    EXPECT_TRUE(touch(*space, 8));
    EXPECT_EQ(frame_shown(*space, 8), first_frame + 2);
}

TEST(frame_area, nothing_of_it_is_ever_copied) {
    device device;
    test_space space;
    EXPECT_EQ(space.map(0, 4, PROT_RW, MAP_PRIVATE, &device), EACCES);
    ASSERT_EQ(space.map(0, 4, PROT_READ, MAP_PRIVATE, &device), 0);
    EXPECT_TRUE(touch(*space, 0));
    EXPECT_FALSE(F::rights(shown(*space, 0)).write);
    EXPECT_EQ(space.protect(0, 4, PROT_RW), EACCES);
    EXPECT_FALSE(touch(*space, 0, true));
    EXPECT_EQ(space.advise(0, 4, MADV_DONTNEED), EINVAL);
    EXPECT_EQ(do_mlock(*space, test_space::at(0), space.bytes(4), 0).error(), 0);
    EXPECT_EQ(space->locked_vm, 0u);
}
