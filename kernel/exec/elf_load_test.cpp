// Where the segments of a file come to lie, and with which rights.
#include "kernel/exec/elf_load.hpp"

#include "kernel/exec/exec_fixture.hpp"

#include <test.hpp>

namespace {

int run(exec_world& world, const elf_builder& elf, u32 bytes = 0x6000) {
    world.put(elf, "/a", bytes);
    return world.run("/a");
}
int run(const elf_builder& elf, u32 bytes = 0x6000) {
    exec_world world;
    return run(world, elf, bytes);
}

}  // namespace

TEST(elf_load, a_program_of_a_linker) {
    exec_world world;
    ASSERT_EQ(run(world, usual_program()), 0);
    EXPECT_STREQ(world.maps(), "08048-08049 r--p 0 /a\n"
                               "08049-0804b r-xp 1 /a\n"
                               "0804b-0804d rw-p 2 /a\n"
                               "0804d-08050 rw-p 0 [heap]\n"
                               "bffdf-c0000 rw-p 0 [stack]\n");
    const mm_struct& mm = world.mm();
    EXPECT_EQ(world.start.eip, 0x08049080u);
    EXPECT_EQ(mm.start_code, 0x08049000u);
    EXPECT_EQ(mm.end_code, 0x0804a800u);
    EXPECT_EQ(mm.start_data, 0x0804bf00u);
    EXPECT_EQ(mm.end_data, 0x0804c100u);
    EXPECT_EQ(mm.start_brk, 0x08050000u);
    EXPECT_EQ(mm.brk, 0x08050000u);
    EXPECT_EQ(mm.start_stack, world.start.esp);
    EXPECT_TRUE(world.start.executable == world.file_of("/a"));
    // The heap begins behind the bss, an area of its own.
    EXPECT_EQ(do_brk(world.mm(), 0x08052001), 0x08052001u);
    EXPECT_STREQ(world.maps(), "08048-08049 r--p 0 /a\n"
                               "08049-0804b r-xp 1 /a\n"
                               "0804b-0804d rw-p 2 /a\n"
                               "0804d-08050 rw-p 0 [heap]\n"
                               "08050-08053 rw-p 0 [heap]\n"
                               "bffdf-c0000 rw-p 0 [stack]\n");
}

TEST(elf_load, behind_the_data_are_zeroes_and_before_them_is_the_file) {
    exec_world world;
    ASSERT_EQ(run(world, usual_program()), 0);
    EXPECT_EQ(world.byte_at(0x0804c0ff), 0xaa);
    for (u32 at = 0x0804c100; at < 0x0804d000; at += 4) EXPECT_EQ(world.word_at(at), 0u);
    EXPECT_EQ(world.word_at(0x0804f000), 0u);
    // The file itself has not changed.
    u8 byte = 0;
    auto* const file = static_cast<memory_file*>(world.start.executable);
    EXPECT_EQ(file->read(0x3100, &byte, 1), 1u);
    EXPECT_EQ(byte, 0xaa);
    // Text was not touched: nothing of it is resident.
    EXPECT_EQ(world.mm().rss[MM_FILEPAGES].load(memory_order::relaxed), 0u);
}

TEST(elf_load, without_bss_the_file_s_page_stays_as_it_is) {
    exec_world world;
    elf_builder elf(ET_EXEC, 0x08048080);
    elf.load(0x08048000, 0, 0x300, 0x300, RX);
    elf.load(0x08049000, 0x1000, 0x200, 0x200, RW);
    ASSERT_EQ(run(world, elf), 0);
    EXPECT_EQ(world.byte_at(0x08049200), 0xaa);
    EXPECT_EQ(world.mm().start_brk, 0x0804a000u);
}

TEST(elf_load, bss_that_fits_the_page_is_no_area) {
    exec_world world;
    elf_builder elf(ET_EXEC, 0x08048080);
    elf.load(0x08048000, 0, 0x300, 0x1000, RWX);
    elf.stack(RW);
    ASSERT_EQ(run(world, elf), 0);
    EXPECT_EQ(world.byte_at(0x080482ff), 0xaa);
    EXPECT_EQ(world.byte_at(0x08048300), 0);
    EXPECT_EQ(world.byte_at(0x08048fff), 0);
    EXPECT_STREQ(world.maps(), "08048-08049 rwxp 0 /a\n"
                               "bffdf-c0000 rw-p 0 [stack]\n");
}

TEST(elf_load, zeroes_of_a_segment_that_others_follow) {
    exec_world world;
    elf_builder elf(ET_EXEC, 0x08048080);
    elf.load(0x08048000, 0, 0x300, 0x2500, RWX);
    elf.load(0x0804c000, 0x1000, 0x1000, 0x1000, R);
    elf.stack(RW);
    ASSERT_EQ(run(world, elf), 0);
    EXPECT_STREQ(world.maps(), "08048-08049 rwxp 0 /a\n"
                               "08049-0804b rwxp 0 \n"
                               "0804c-0804d r--p 1 /a\n"
                               "bffdf-c0000 rw-p 0 [stack]\n");
    EXPECT_EQ(world.byte_at(0x08048300), 0);
    // In a segment that may not be written, they stay away; the last one needs them.
    elf_builder read_only(ET_EXEC, 0x08048080);
    read_only.load(0x08048000, 0, 0x300, 0x500, RX);
    read_only.load(0x0804c000, 0x1000, 0x1000, 0x1000, R);
    EXPECT_EQ(run(read_only), 0);
    elf_builder at_last(ET_EXEC, 0x08048080);
    at_last.load(0x08048000, 0, 0x300, 0x500, RX);
    EXPECT_EQ(run(at_last), EFAULT);
}

TEST(elf_load, a_static_pie_goes_below_mmap_base_as_one_piece) {
    exec_world world;
    ASSERT_EQ(run(world, usual_pie()), 0);
    // 0x5100 bytes, six pages, with a hole that is nobody's.
    EXPECT_EQ(world.mm().mmap_base, 0xb8000000u);
    EXPECT_STREQ(world.maps(), "b7ffa-b7ffb r--p 0 /a\n"
                               "b7ffb-b7ffc r-xp 1 /a\n"
                               "b7ffd-b7fff rw-p 2 /a\n"
                               "b7fff-b8000 rw-p 0 [heap]\n"
                               "bffdf-c0000 rw-p 0 [stack]\n");
    EXPECT_EQ(world.start.eip, 0xb7ffb080u);
    EXPECT_EQ(world.mm().start_code, 0xb7ffb000u);
    EXPECT_EQ(world.auxiliary_value(AT_PHDR), 0xb7ffa034u);
    EXPECT_EQ(world.auxiliary_value(AT_ENTRY), 0xb7ffb080u);
    EXPECT_EQ(world.auxiliary_value(AT_BASE), 0u);
}

TEST(elf_load, what_mmap_refuses_is_the_errno) {
    elf_builder low(ET_EXEC, 0x1000);
    low.load(0x1000, 0, 0x1000, 0x1000, RX);
    EXPECT_EQ(run(low), EPERM);
    elf_builder stack(ET_EXEC, 0x08048000);
    stack.load(0xbffff000, 0, 0x1000, 0x1000, RX);
    EXPECT_EQ(run(stack), EEXIST);
    elf_builder bss(ET_EXEC, 0x08048000);
    bss.load(0x08048000, 0, 0, 0x1000, RX);
    bss.load(0x1000, 0, 0, 0x1000, RX);
    EXPECT_EQ(run(bss), 0);  // the highest counts, and zeroes in between are nobody's
    elf_builder huge(ET_DYN, 0);
    huge.load(0x10000, 0, 0x1000, 0xbf000000, RX);
    EXPECT_EQ(run(huge), ENOMEM);
    elf_builder entry(ET_EXEC, TASK_SIZE);
    entry.load(0x08048000, 0, 0x1000, 0x1000, RX);
    EXPECT_EQ(run(entry), EINVAL);
}

TEST(elf_load, zeroes_that_would_begin_behind_the_file_are_efault) {
    elf_builder elf(ET_EXEC, 0x08048000);
    elf.load(0x08048000, 0, 0x1000, 0x1000, RX);
    elf.load(0x08049000, 0x9000, 0x100, 0x200, RW);
    EXPECT_EQ(run(elf), EFAULT);
}

TEST(elf_load, later_segments_replace_what_earlier_ones_have) {
    exec_world world;
    elf_builder elf(ET_EXEC, 0x08048000);
    elf.load(0x08048000, 0, 0x3000, 0x3000, RX);
    elf.load(0x08049000, 0x4000, 0x1000, 0x1000, R);
    elf.stack(RW);
    ASSERT_EQ(run(world, elf), 0);
    EXPECT_STREQ(world.maps(), "08048-08049 r-xp 0 /a\n"
                               "08049-0804a r--p 4 /a\n"
                               "0804a-0804b r-xp 2 /a\n"
                               "bffdf-c0000 rw-p 0 [stack]\n");
}

TEST(elf_load, an_old_program_may_execute_what_it_can_read) {
    exec_world world;
    elf_builder elf(ET_EXEC, 0x08048000);
    elf.load(0x08048000, 0, 0x1000, 0x1000, RX);
    elf.load(0x08049000, 0x1000, 0x1000, 0x3000, RW);
    ASSERT_EQ(run(world, elf), 0);
    EXPECT_TRUE(world.start.read_implies_exec);
    EXPECT_STREQ(world.maps(), "08048-08049 r-xp 0 /a\n"
                               "08049-0804a rwxp 1 /a\n"
                               "0804a-0804c rwxp 0 [heap]\n"
                               "bffdf-c0000 rwxp 0 [stack]\n");
}
