#include "kernel/exec/stack_tables.hpp"

#include "lib/string.hpp"
#include "mm/vm/area_fixture.hpp"
#include "mm/vm/remote_access.hpp"

#include <test.hpp>

namespace {

constexpr u8 any_random[random_bytes] = {'0', '1', '2', '3', '4', '5', '6', '7',
                                          '8', '9', 'a', 'b', 'c', 'd', 'e', 0};
constexpr u32 top = test_space::at(2);

int write(test_space& space, const stack_layout& at, u32 argc, u32 envc, u32 strings,
          std::span<const auxv_entry> auxv) {
    return write_stack_tables(*space, {at, argc, envc, strings, "i686", any_random, auxv})
        .error();
}

}  // namespace

TEST(stack_layout, places_of_a_small_program) {
    const stack_layout at = lay_out_stack(0xbfffffe7, 5, 2, 1, 19);
    EXPECT_EQ(at.platform, 0xbfffffdbu);
    EXPECT_EQ(at.random, 0xbfffffcbu);
    EXPECT_EQ(at.esp, 0xbfffff10u);
    EXPECT_EQ(at.argv, 0xbfffff14u);
    EXPECT_EQ(at.envp, 0xbfffff20u);
    EXPECT_EQ(at.auxv, 0xbfffff28u);
}

TEST(stack_layout, esp_is_a_multiple_of_16_and_nothing_overlaps) {
    for (u32 p = 0xbffff000; p < 0xbffff021; ++p)
        for (u32 argc = 0; argc < 6; ++argc)
            for (u32 entries = 1; entries < 4; ++entries) {
                const stack_layout at = lay_out_stack(p, 5, argc, 3, entries);
                EXPECT_EQ(at.esp % 16, 0u);
                EXPECT_LE(at.auxv + entries * 8, at.random);
                EXPECT_GT(at.auxv + entries * 8 + 16, at.random - 16);
                EXPECT_EQ(at.random + 16, at.platform);
                EXPECT_LE(at.platform + 5, p);
                EXPECT_EQ(at.envp, at.argv + (argc + 1) * 4);
                EXPECT_EQ(at.auxv, at.envp + 4 * 4);
            }
}

// Every byte from esp on, written by hand.
TEST(stack_tables, what_a_program_finds) {
    test_space space;
    space.map(0, 2, PROT_RW);
    // argv "a" "bc", envp "E=1": ten bytes, from 22 below the top on.
    constexpr u32 strings = top - 22;
    EXPECT_EQ(copy_to_remote(*space, strings, "a\0bc\0E=1", 9).error(), 0);
    constexpr auxv_entry auxv[] = {
        {AT_PAGESZ, 0x1000}, {AT_RANDOM, top - 53}, {AT_NULL, 0}};
    const stack_layout at = lay_out_stack(strings, 5, 2, 1, 3);
    EXPECT_EQ(write(space, at, 2, 1, strings, auxv), 0);
    EXPECT_EQ(space->arg_start, strings);
    EXPECT_EQ(space->arg_end, strings + 5);
    EXPECT_EQ(space->env_start, strings + 5);
    EXPECT_EQ(space->env_end, strings + 9);

    constexpr u32 esp = top - 112;
    ASSERT_EQ(at.esp, esp);
    constexpr u32 words[] = {
        2,                            // argc
        strings, strings + 2, 0,      // argv
        strings + 5, 0,               // envp
        AT_PAGESZ, 0x1000, AT_RANDOM, top - 53, AT_NULL, 0,
    };
    u8 expected[112] = {};
    memcpy(expected, words, sizeof words);
    memcpy(expected + 112 - 53, "0123456789abcde", 16);
    memcpy(expected + 112 - 37, "i686", 5);
    memcpy(expected + 112 - 22, "a\0bc\0E=1", 9);
    u8 found[112];
    EXPECT_EQ(copy_from_remote(*space, found, esp, sizeof found).error(), 0);
    for (u32 i = 0; i < sizeof found; ++i) EXPECT_EQ(found[i], expected[i]);
}

TEST(stack_tables, more_words_than_are_written_at_once) {
    test_space space;
    space.map(0, 2, PROT_RW);
    constexpr u32 argc = 150, strings = top - 2 * argc - 4;
    for (u32 i = 0; i < argc; ++i)
        EXPECT_EQ(copy_to_remote(*space, strings + 2 * i, "x", 2).error(), 0);
    constexpr auxv_entry auxv[] = {{AT_NULL, 0}};
    const stack_layout at = lay_out_stack(strings, 5, argc, 0, 1);
    EXPECT_EQ(write(space, at, argc, 0, strings, auxv), 0);
    for (u32 i = 0; i <= argc; ++i) {
        u32 pointer = 1;
        EXPECT_EQ(copy_from_remote(*space, &pointer, at.argv + 4 * i, 4).error(), 0);
        EXPECT_EQ(pointer, i < argc ? strings + 2 * i : 0);
    }
    EXPECT_EQ(space->env_start, space->env_end);
}

TEST(stack_tables, where_nothing_can_be_written_it_is_efault) {
    test_space space;
    space.map(0, 1, PROT_READ);
    constexpr auxv_entry auxv[] = {{AT_NULL, 0}};
    const u32 strings = test_space::at(1) - 8;
    const stack_layout at = lay_out_stack(strings, 5, 1, 0, 1);
    EXPECT_EQ(write(space, at, 1, 0, strings, auxv), EFAULT);
}
