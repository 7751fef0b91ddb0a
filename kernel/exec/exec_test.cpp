// From a file to a start: interpreters, scripts, limits, and what is left when it fails.
#include "kernel/exec/exec.hpp"

#include "kernel/exec/binprm.hpp"
#include "kernel/exec/elf_load.hpp"
#include "kernel/exec/exec_fixture.hpp"
#include "mm/slab/slab_debug.hpp"

#include <test.hpp>

namespace {

// A program for ld.so: its path stands behind the headers.
void put_dynamic(exec_world& world, elf_builder elf, const char* path) {
    constexpr char linker[] = "/lib/ld.so";
    elf.interpreter(0x200, sizeof linker);
    exec_world::write(world.put(elf, path, 0x4000), 0x200, linker, sizeof linker);
}
void put_linker(exec_world& world) {
    elf_builder elf(ET_DYN, 0x1040);
    elf.load(0, 0, 0x400, 0x400, R);
    elf.load(0x1000, 0x1000, 0x1000, 0x1000, RX);
    elf.load(0x2f00, 0x2f00, 0x180, 0x300, RW);
    elf.stack(RW);
    world.put(elf, "/lib/ld.so", 0x4000);
}

}  // namespace

// ---- interpreters ---------------------------------------------------------------------

TEST(exec, a_program_that_is_linked_dynamically) {
    exec_world world;
    put_dynamic(world, usual_pie(), "/bin/dyn");
    put_linker(world);
    ASSERT_EQ(world.run("/bin/dyn"), 0);
    EXPECT_STREQ(world.maps(), "00400-00401 r--p 0 /bin/dyn\n"
                               "00401-00402 r-xp 1 /bin/dyn\n"
                               "00403-00405 rw-p 2 /bin/dyn\n"
                               "00405-00406 rw-p 0 [heap]\n"
                               "b7ffc-b7ffd r--p 0 /lib/ld.so\n"
                               "b7ffd-b7ffe r-xp 1 /lib/ld.so\n"
                               "b7ffe-b8000 rw-p 2 /lib/ld.so\n"
                               "bffdf-c0000 rw-p 0 [stack]\n");
    EXPECT_EQ(world.start.eip, 0xb7ffd040u);
    EXPECT_EQ(world.auxiliary_value(AT_BASE), 0xb7ffc000u);
    EXPECT_EQ(world.auxiliary_value(AT_ENTRY), 0x00401080u);
    EXPECT_EQ(world.auxiliary_value(AT_PHDR), 0x00400034u);
    EXPECT_EQ(world.auxiliary_value(AT_PHNUM), 5u);
    EXPECT_EQ(world.byte_at(0xb7fff07f), 0xaa);
    EXPECT_EQ(world.byte_at(0xb7fff080), 0);
    EXPECT_TRUE(world.start.executable == world.file_of("/bin/dyn"));
    EXPECT_EQ(world.file_of("/lib/ld.so")->f_count.load(memory_order::relaxed), 4u);
}

TEST(exec, a_dynamic_program_s_base_follows_its_alignment) {
    exec_world world;
    elf_builder elf = usual_pie();
    elf.phdrs[1].p_align = 0x300000;
    elf.phdrs[2].p_align = 0x40000000;
    put_dynamic(world, elf, "/bin/dyn");
    put_linker(world);
    // 4 MiB, rounded down to a multiple of 1 GiB, is 0, and that is nobody's.
    EXPECT_EQ(world.run("/bin/dyn"), EPERM);
}

TEST(exec, interpreters_that_are_none) {
    exec_world world;
    put_dynamic(world, usual_pie(), "/bin/dyn");
    EXPECT_EQ(world.run("/bin/dyn"), ENOENT);
    memory_file& linker = world.put("/lib/ld.so", "");
    EXPECT_EQ(world.run("/bin/dyn"), EIO);
    exec_world::write(linker, 0, "#!/bin/sh\n", 10);
    exec_world::write(linker, 60, "", 1);
    EXPECT_EQ(world.run("/bin/dyn"), ELIBBAD);
}

TEST(exec, an_interpreter_s_path_ends_with_a_zero) {
    exec_world world;
    elf_builder elf = usual_pie();
    elf.interpreter(0x200, 4);
    world.put(elf, "/bin/dyn", 0x4000);  // 0xaa 0xaa 0xaa 0xaa
    EXPECT_EQ(world.run("/bin/dyn"), ENOEXEC);
}

// ---- scripts --------------------------------------------------------------------------

TEST(exec, a_script_s_interpreter_gets_its_argument_and_the_script) {
    exec_world world;
    world.put(usual_program(), "/bin/sh", 0x4000);
    world.put("/tmp/script", "#! /bin/sh -e -u\n");
    ASSERT_EQ(world.run("/tmp/script", {"name", "x", "yy"}, {"HOME=/"}), 0);
    ASSERT_EQ(world.argc(), 5u);
    EXPECT_STREQ(world.argument(0), "/bin/sh");
    EXPECT_STREQ(world.argument(1), "-e -u");
    EXPECT_STREQ(world.argument(2), "/tmp/script");
    EXPECT_STREQ(world.argument(3), "x");
    EXPECT_STREQ(world.argument(4), "yy");
    EXPECT_STREQ(world.argument(6), "HOME=/");
    char name[12] = {};
    EXPECT_TRUE(copy_from_remote(world.mm(), name, world.auxiliary_value(AT_EXECFN), 12));
    EXPECT_STREQ(name, "/tmp/script");
    EXPECT_TRUE(world.start.executable == world.file_of("/bin/sh"));
}

TEST(exec, scripts_may_run_scripts_five_deep) {
    exec_world world;
    world.put(usual_program(), "/0", 0x4000);
    world.put("/1", "#!/0\n");
    world.put("/2", "#!/1 two\n");
    world.put("/3", "#!/2\n");
    world.put("/4", "#!/3\n");
    world.put("/5", "#!/4\n");
    world.put("/6", "#!/5\n");
    ASSERT_EQ(world.run("/5", {"x", "y"}), 0);
    ASSERT_EQ(world.argc(), 8u);
    constexpr const char* wanted[] = {"/0", "/1", "two", "/2", "/3", "/4", "/5", "y"};
    for (u32 i = 0; i < 8; ++i) EXPECT_STREQ(world.argument(i), wanted[i]);
    EXPECT_EQ(world.run("/6", {"x"}), ELOOP);
    EXPECT_TRUE(world.start.executable == nullptr);
}

TEST(exec, what_is_neither_is_no_program) {
    exec_world world;
    world.put("/a", "echo hello\n");
    EXPECT_EQ(world.run("/a"), ENOEXEC);
    world.put("/b", "");
    EXPECT_EQ(world.run("/b"), ENOEXEC);
    world.put("/c", "#!/nowhere\n");
    EXPECT_EQ(world.run("/c"), ENOENT);
    world.put("/d", "#!/d\n");
    EXPECT_EQ(world.run("/d"), ELOOP);
}

// ---- the stack ------------------------------------------------------------------------

// The whole top of the stack, written by hand.
TEST(exec, the_stack_of_ls) {
    exec_world world;
    world.put(usual_program(), "/bin/ls", 0x4000);
    world.auxiliary = {.hwcap = 0x178bfbff, .hwcap2 = 2, .uid = 11, .euid = 12, .gid = 13,
                       .egid = 14, .secure = true};
    memcpy(world.auxiliary.random.data(), "0123456789abcdef", 16);
    ASSERT_EQ(world.run("/bin/ls", {"ls", "-l"}, {"HOME=/"}), 0);
    constexpr u32 words[] = {
        2, 0xbfffffe7, 0xbfffffea, 0, 0xbfffffed, 0,
        AT_HWCAP, 0x178bfbff, AT_PAGESZ, 4096, AT_CLKTCK, 100,
        AT_PHDR, 0x08048034, AT_PHENT, 32, AT_PHNUM, 4, AT_BASE, 0, AT_FLAGS, 0,
        AT_ENTRY, 0x08049080, AT_UID, 11, AT_EUID, 12, AT_GID, 13, AT_EGID, 14,
        AT_SECURE, 1, AT_RANDOM, 0xbfffffcb, AT_HWCAP2, 2, AT_EXECFN, 0xbffffff4,
        AT_PLATFORM, 0xbfffffdb, AT_NULL, 0,
    };
    constexpr u32 esp = 0xbfffff10;
    u8 expected[0xf0] = {}, found[0xf0];
    memcpy(expected, words, sizeof words);
    memcpy(expected + 0xbb, "0123456789abcdef", 16);
    memcpy(expected + 0xcb, "i686", 5);
    memcpy(expected + 0xd7, "ls\0-l\0HOME=/\0/bin/ls", 21);
    ASSERT_EQ(world.start.esp, esp);
    EXPECT_TRUE(copy_from_remote(world.mm(), found, esp, sizeof found));
    for (u32 i = 0; i < sizeof found; ++i) EXPECT_EQ(found[i], expected[i]);
    EXPECT_EQ(world.mm().arg_start, 0xbfffffe7u);
    EXPECT_EQ(world.mm().arg_end, 0xbfffffedu);
    EXPECT_EQ(world.mm().env_start, 0xbfffffedu);
    EXPECT_EQ(world.mm().env_end, 0xbffffff4u);
    world.auxiliary.min_signal_stack = 1440;
    ASSERT_EQ(world.run("/bin/ls"), 0);
    EXPECT_EQ(world.auxiliary_value(AT_MINSIGSTKSZ), 1440u);
    EXPECT_EQ(world.start.esp % 16, 0u);
}

TEST(exec, no_argument_at_all_is_one_that_is_empty) {
    exec_world world;
    world.put(usual_program(), "/a", 0x4000);
    ASSERT_EQ(world.run("/a", {}), 0);
    EXPECT_EQ(world.argc(), 1u);
    EXPECT_STREQ(world.argument(0), "");
    world.put("/b", "#!/a");
    ASSERT_EQ(world.run("/b", {}), 0);
    EXPECT_EQ(world.argc(), 2u);
    EXPECT_STREQ(world.argument(1), "/b");
}

TEST(exec, the_stack_is_executable_if_the_program_says_so) {
    exec_world world;
    elf_builder elf = usual_program();
    elf.phdrs[3].p_flags = RWX;
    world.put(elf, "/a", 0x4000);
    ASSERT_EQ(world.run("/a"), 0);
    const vm_area_struct* const stack = find_vma(world.mm(), world.start.esp);
    EXPECT_EQ(stack->vm_flags & (VM_ACCESS_FLAGS | VM_GROWSDOWN),
              VM_READ | VM_WRITE | VM_EXEC | VM_GROWSDOWN);
    EXPECT_FALSE(world.start.read_implies_exec);
    EXPECT_EQ(find_vma(world.mm(), 0x0804b000)->vm_flags & VM_EXEC, 0u);
}

namespace {

// So many strings, each of so many bytes with its zero.
class many_strings final : public exec_strings {
public:
    many_strings(u32 count, u32 length) : count_(count), bytes_(length) {}
    result<u32> count() const override { return count_; }
    result<u32> bytes(u32) const override { return min_of(bytes_, MAX_ARG_STRLEN + 1); }
    result<> copy(void* to, u32, u32, u32 bytes) const override {
        memset(to, 'x', bytes);
        return {};
    }

private:
    const u32 count_, bytes_;
};

int run_with(u32 count, u32 length, void (*prepare)(mm_struct&) = nullptr) {
    exec_world world;
    world.put(usual_program(), "/a", 0x4000);
    world.prepare = prepare;
    return world.run("/a", many_strings(count, length), kernel_strings({}));
}
void small_stack(mm_struct& mm) { mm.rlimits[RLIMIT_STACK] = 256 * KiB; }
void tiny_stack(mm_struct& mm) { mm.rlimits[RLIMIT_STACK] = 16 * KiB; }

}  // namespace

TEST(exec, strings_have_a_longest_length) {
    EXPECT_EQ(run_with(1, MAX_ARG_STRLEN), 0);
    EXPECT_EQ(run_with(1, MAX_ARG_STRLEN + 1), E2BIG);
}

TEST(exec, strings_together_have_a_quarter_of_the_stack) {
    // 128 KiB at least: less four bytes a pointer, "/a" and its zero.
    EXPECT_EQ(run_with(1, 128 * KiB - 4 - 3, small_stack), 0);
    EXPECT_EQ(run_with(1, 128 * KiB - 4 - 2, small_stack), E2BIG);
    EXPECT_EQ(run_with(2, 64 * KiB - 4 - 1, small_stack), E2BIG);
    EXPECT_EQ(run_with(32 * 1024, 1, small_stack), E2BIG);
    EXPECT_EQ(run_with(20 * 1024, 3, small_stack), E2BIG);
    // There is room for these, but not on the stack.
    EXPECT_EQ(run_with(1, 20 * KiB, tiny_stack), E2BIG);
}

TEST(exec, a_stack_has_room_to_grow_as_far_as_its_limit_allows) {
    exec_world world;
    world.put(usual_program(), "/a", 0x4000);
    world.prepare = tiny_stack;
    ASSERT_EQ(world.run("/a"), 0);
    const vm_area_struct* const stack = find_vma(world.mm(), world.start.esp);
    EXPECT_EQ(stack->vm_end - stack->vm_start, 16 * KiB);
}

// ---- places by chance -----------------------------------------------------------------

TEST(exec, places_move_by_what_the_caller_says) {
    exec_world world;
    put_dynamic(world, usual_pie(), "/bin/dyn");
    put_linker(world);
    world.random = {.stack = 0x5000, .frame = 0x123, .mmap = 0x7000, .program = 0x9000,
                    .moves_brk = true, .brk = 0x3000};
    ASSERT_EQ(world.run("/bin/dyn"), 0);
    EXPECT_STREQ(world.maps(), "00409-0040a r--p 0 /bin/dyn\n"
                               "0040a-0040b r-xp 1 /bin/dyn\n"
                               "0040c-0040e rw-p 2 /bin/dyn\n"
                               "0040e-0040f rw-p 0 \n"
                               "b7ff5-b7ff6 r--p 0 /lib/ld.so\n"
                               "b7ff6-b7ff7 r-xp 1 /lib/ld.so\n"
                               "b7ff7-b7ff9 rw-p 2 /lib/ld.so\n"
                               "bffda-bfffb rw-p 0 [stack]\n");
    EXPECT_EQ(world.mm().start_brk, 0x00412000u);
    EXPECT_EQ(world.start.esp % 16, 0u);
    EXPECT_LT(world.start.esp, world.mm().arg_start - 0x123);
    // A program that mmap has placed gets its heap where others are.
    world.put(usual_pie(), "/pie", 0x4000);
    ASSERT_EQ(world.run("/pie"), 0);
    EXPECT_EQ(world.mm().start_brk, ELF_ET_DYN_BASE + 0x3000);
}

// ---- failures -------------------------------------------------------------------------

namespace {

// Everything there is in one: a script, a program, its linker.
u32 fail_each_point(fault_attr& attr) {
    exec_world world;
    put_dynamic(world, usual_pie(), "/bin/dyn");
    put_linker(world);
    world.put("/script", "#!/bin/dyn -x\n");
    EXPECT_EQ(world.run("/script", {"a", "b"}, {"E=1"}), 0);
    EXPECT_EQ(world.run("/script", {"a"}), 0);
    return for_each_failure(attr, [&] {
        const u32 failures = attr.failures();
        const int error = world.run("/script", {"a", "b"}, {"E=1"});
        EXPECT_EQ(error, attr.failures() != failures ? ENOMEM : 0);
        // Only areas refer to files, as long as there are some.
        if (error) EXPECT_TRUE(world.start.executable == nullptr);
    });
}

}  // namespace

TEST(exec, memory_that_runs_out_anywhere_leaves_nothing_behind) {
    EXPECT_GE(fail_each_point(failslab), 20u);
    EXPECT_GE(fail_each_point(the_page_allocator().fail_page_alloc()), 5u);
}

TEST(exec, a_file_that_ends_early_leaves_nothing_behind) {
    exec_world world;
    put_linker(world);
    put_dynamic(world, usual_pie(), "/bin/dyn");
    memory_file& file = static_cast<memory_file&>(*const_cast<struct file*>(
        world.file_of("/bin/dyn")));
    // The tail of the data, which is cleared, is in the last page; and the path.
    for (u32 bytes = 0x3040; bytes > 0; bytes -= bytes > 0x210 ? 0x10 : 1) {
        EXPECT_TRUE(file.truncate(bytes));
        const int error = world.run("/bin/dyn");
        EXPECT_EQ(error, bytes > 0x3000 ? 0 : bytes >= 0x20b ? EFAULT : bytes >= 0xd4 ? EIO
                                                                              : ENOEXEC);
    }
}
