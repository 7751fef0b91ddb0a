// Spaces as a whole: copies, promises, lines of maps, and the height of the tree.
#include "mm/vm/area_fixture.hpp"
#include "mm/vm/maps.hpp"

#include <test.hpp>

TEST(dup_mm, a_child_has_what_its_parent_lets_it_have) {
    test_space parent;
    test_file file;
    parent.map(0, 4, PROT_RW, anonymous | MAP_LOCKED);
    parent.map(4, 2, PROT_RW);
    parent.map(6, 2, PROT_READ, MAP_SHARED, file, 3);
    parent.map(8, 1, PROT_RW, anonymous | MAP_GROWSDOWN);
    EXPECT_EQ(parent.advise(1, 1, MADV_DONTFORK), 0);
    EXPECT_EQ(parent.advise(5, 1, MADV_WIPEONFORK), 0);
    ASSERT_TRUE(do_mlockall(*parent, MCL_FUTURE));
    const u32 committed = vm_committed.load(memory_order::relaxed);
    const result<mm_struct*> copied = dup_mm(*parent);
    ASSERT_TRUE(copied);
    {
        test_space child(*copied);
        EXPECT_STREQ(child.text(true),
                     "0-1 rw-pA, 2-4 rw-pA, 4-5 rw-pA, 5-6 rw-pWA, 6-8 r--s, 8-9 rw-pGA");
        EXPECT_EQ(child->total_vm, 8u);
        EXPECT_EQ(child->locked_vm, 0u);
        EXPECT_EQ(child->def_flags, 0u);
        EXPECT_EQ(vm_committed.load(memory_order::relaxed), committed + 6);
        EXPECT_EQ(file->f_count.load(memory_order::relaxed), 3u);
        EXPECT_TRUE(is_in_core(child.area_at(0), test_space::at(0)));
    }
    EXPECT_EQ(vm_committed.load(memory_order::relaxed), committed);
    EXPECT_EQ(file->f_count.load(memory_order::relaxed), 2u);
}

TEST(dup_mm, what_was_not_promised_again_is_not_copied) {
    test_space parent;
    parent.map(0, 8, PROT_RW);
    const u32 committed = vm_committed.load(memory_order::relaxed);
    overcommit_settings strict = overcommit;
    strict.overcommit_memory = OVERCOMMIT_NEVER;
    strict.overcommit_pages = committed + 8;
    strict.admin_reserve_pages = strict.user_reserve_pages = 0;
    const set_for_test never(overcommit, strict);
    EXPECT_EQ(dup_mm(*parent).error(), ENOMEM);
    EXPECT_EQ(vm_committed.load(memory_order::relaxed), committed);
}

TEST(mm, is_kept_by_those_who_use_it_and_those_who_borrow_it) {
    mm_struct* const mm = mm_alloc();
    ASSERT_TRUE(mm);
    ASSERT_TRUE(do_mmap(*mm, 0, PAGE_SIZE, PROT_RW, anonymous, nullptr, 0));
    mmget(*mm);
    mmput(*mm);
    EXPECT_EQ(mm->map_count, 1u);
    mmgrab(*mm);
    mmput(*mm);
    EXPECT_EQ(mm->map_count, 0u);
    mmdrop(*mm);
}

// ---- promises --------------------------------------------------------------------------

namespace {

overcommit_settings strictly(u32 more_pages) {
    overcommit_settings settings = overcommit;
    settings.overcommit_memory = OVERCOMMIT_NEVER;
    settings.overcommit_pages = vm_committed.load(memory_order::relaxed) + more_pages;
    settings.admin_reserve_pages = settings.user_reserve_pages = 0;
    return settings;
}

}  // namespace

TEST(overcommit, guess_refuses_what_is_more_than_all_of_ram) {
    test_space space;
    overcommit_settings small = overcommit;
    small.ram_pages = 10;
    const set_for_test guess(overcommit, small);
    EXPECT_EQ(space.map(0, 11, PROT_RW), ENOMEM);
    EXPECT_EQ(space.map(0, 11, PROT_RW, anonymous | MAP_NORESERVE), 0);
    EXPECT_EQ(space.map(20, 11, PROT_READ), 0);
    EXPECT_EQ(space.protect(20, 11, PROT_RW), ENOMEM);
    EXPECT_EQ(space.map(40, 11, PROT_RW, MAP_SHARED | MAP_ANONYMOUS), ENOMEM);
    EXPECT_EQ(space.map(40, 10, PROT_RW), 0);
    EXPECT_EQ(space.map(60, 10, PROT_RW), 0);
    overcommit.overcommit_memory = OVERCOMMIT_ALWAYS;
    EXPECT_EQ(space.map(80, 11, PROT_RW), 0);
}

TEST(overcommit, never_refuses_what_would_pass_the_limit) {
    test_space space;
    const set_for_test never(overcommit, strictly(10));
    EXPECT_EQ(space.map(0, 10, PROT_RW), ENOMEM);  // below it, as Linux has it
    EXPECT_EQ(space.map(0, 9, PROT_RW), 0);
    EXPECT_EQ(space.map(10, 1, PROT_RW, anonymous | MAP_NORESERVE), ENOMEM);
    EXPECT_EQ(space.map(10, 1, PROT_RW, MAP_SHARED | MAP_ANONYMOUS), ENOMEM);
    EXPECT_EQ(do_brk(*space, space->brk + 1), space->brk);
    EXPECT_EQ(space.unmap(8, 1), 0);
    EXPECT_EQ(space.map(10, 1, PROT_RW, MAP_SHARED | MAP_ANONYMOUS), 0);
    EXPECT_EQ(space.map(11, 1, PROT_RW), ENOMEM);
    EXPECT_EQ(space.unmap(10, 1), 0);  // the file goes, and its promise
    EXPECT_EQ(space.map(11, 1, PROT_RW), 0);
}

TEST(overcommit, a_reserve_is_kept) {
    test_space space;
    overcommit_settings settings = strictly(10);
    settings.admin_reserve_pages = 4;
    const set_for_test never(overcommit, settings);
    EXPECT_EQ(space.map(0, 6, PROT_RW), ENOMEM);
    EXPECT_EQ(space.map(0, 5, PROT_RW), 0);
    EXPECT_EQ(overcommit_settings({.overcommit_ratio = 30, .ram_pages = 1000}).commit_limit(),
              300u);
}

// ---- maps ------------------------------------------------------------------------------

TEST(maps, lines_are_those_of_linux) {
    test_space space;
    test_file file;
    file->i_ino = 1234;
    file->s_dev = MKDEV(8, 1);
    space.map(0, 2, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0x1f);
    space.map(2, 1, PROT_NONE, MAP_SHARED, file, 0xFFFFF);
    space.map(4, 1, PROT_RW);
    EXPECT_EQ(do_brk(*space, 0x08101000), 0x08101000u);
    ASSERT_TRUE(do_mmap(*space, 0xBFFDF000, 0x21000, PROT_RW, anonymous | MAP_FIXED, nullptr, 0));
    text_buffer<512> out;
    show_maps(out, *space);
    text_buffer<64> name;
    file->name(name);
    text_buffer<512> expected;
    format_to(expected,
              "08100000-08101000 rw-p 00000000 00:00 0          [heap]\n"
              "10000000-10002000 r-xp 0001f000 08:01 1234       {}\n"
              "10002000-10003000 ---s fffff000 08:01 1234       {}\n"
              "10004000-10005000 rw-p 00000000 00:00 0 \n"
              "bffdf000-c0000000 rw-p 00000000 00:00 0          [stack]\n",
              name.view(), name.view());
    EXPECT_TRUE(out.view() == expected.view());
}

TEST(maps, the_picture_has_a_line_for_each_area) {
    test_space space;
    for (u32 i = 0; i < 5; ++i) space.map(2 * i, 1, i % 2 ? PROT_READ : PROT_RW);
    text_buffer<1024> out;
    draw_vmas(out, *space);
    u32 lines = 0, column = 0;
    for (const char c : out.view()) {
        column = c == '\n' ? 0 : column + 1;
        EXPECT_LE(column, 80u);
        lines += c == '\n';
    }
    EXPECT_EQ(lines, 6u);
    EXPECT_TRUE(out.view().find("hole 256M, largest 256M") != std::string_view::npos);
}

// ---- the tree --------------------------------------------------------------------------

namespace {

// Areas of one page with holes of one between them, and a wish for two.
u32 steps_to_find_room(test_space& space, u32 areas) {
    for (u32 i = space->map_count; i < areas; ++i)
        EXPECT_TRUE(do_mmap(*space, space->mmap_base - (2 * i + 1) * PAGE_SIZE, PAGE_SIZE,
                            PROT_READ, anonymous | MAP_FIXED, nullptr, 0));
    const u32 before = space->tree_steps;
    EXPECT_EQ(get_unmapped_area(*space, 0, 2 * PAGE_SIZE, 0).value_or(0),
              space->mmap_base - (2 * areas - 1) * PAGE_SIZE - 2 * PAGE_SIZE);
    return space->tree_steps - before;
}

}  // namespace

TEST(vma_tree, room_is_found_in_as_many_steps_as_the_tree_is_high) {
    test_space space;
    EXPECT_LE(steps_to_find_room(space, 8), 2 * 4u);
    EXPECT_LE(steps_to_find_room(space, 256), 2 * 9u);
}

TEST(vma_tree, what_was_found_last_is_found_without_a_step) {
    test_space space;
    for (u32 i = 0; i < 20; ++i) space.map(2 * i, 1, PROT_READ);
    EXPECT_EQ(find_vma(*space, test_space::at(4))->vm_start, test_space::at(4));
    const u32 before = space->tree_steps;
    EXPECT_EQ(find_vma(*space, test_space::at(4) + 5)->vm_start, test_space::at(4));
    EXPECT_EQ(space->tree_steps, before);
    // An area that is gone is not found there.
    EXPECT_EQ(space.unmap(4, 1), 0);
    EXPECT_EQ(find_vma(*space, test_space::at(4))->vm_start, test_space::at(6));
    EXPECT_TRUE(!find_vma_intersection(*space, test_space::at(4), test_space::at(6)));
    vm_area_struct* prev = nullptr;
    EXPECT_TRUE(!find_vma_prev(*space, test_space::at(39), prev));
    EXPECT_EQ(prev->vm_start, test_space::at(38));
}
