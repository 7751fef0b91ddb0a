#include "mm/vm/remote_access.hpp"

#include "lib/string.hpp"
#include "mm/vm/area_fixture.hpp"

#include <test.hpp>

namespace {

constexpr u32 at = test_space::at(0);

}  // namespace

TEST(remote_access, what_is_written_is_read_back_across_pages) {
    test_space space;
    space.map(0, 3, PROT_RW);
    u8 bytes[64], back[64];
    for (u32 i = 0; i < sizeof bytes; ++i) bytes[i] = static_cast<u8>(i + 1);
    EXPECT_EQ(copy_to_remote(*space, at + PAGE_SIZE - 30, bytes, sizeof bytes).error(), 0);
    EXPECT_EQ(copy_from_remote(*space, back, at + PAGE_SIZE - 30, sizeof back).error(), 0);
    EXPECT_EQ(memcmp(bytes, back, sizeof bytes), 0);
    EXPECT_EQ(space->rss[MM_ANONPAGES].load(memory_order::relaxed), 2u);
    EXPECT_EQ(clear_remote(*space, at + PAGE_SIZE - 10, 20).error(), 0);
    EXPECT_EQ(copy_from_remote(*space, back, at + PAGE_SIZE - 30, sizeof back).error(), 0);
    EXPECT_EQ(back[19], 20);
    EXPECT_EQ(back[20], 0);
    EXPECT_EQ(back[39], 0);
    EXPECT_EQ(back[40], 41);
}

TEST(remote_access, what_was_never_written_is_zeroes_and_takes_no_page) {
    test_space space;
    space.map(0, 1, PROT_RW);
    u32 word = 1;
    EXPECT_EQ(copy_from_remote(*space, &word, at + 8, 4).error(), 0);
    EXPECT_EQ(word, 0u);
    EXPECT_EQ(space->rss[MM_ANONPAGES].load(memory_order::relaxed), 0u);
}

TEST(remote_access, the_program_s_rights_hold) {
    test_space space;
    space.map(0, 1, PROT_RW);
    space.map(1, 1, PROT_READ);
    space.map(2, 1, PROT_NONE);
    u32 word = 0;
    EXPECT_EQ(copy_to_remote(*space, at + PAGE_SIZE, &word, 4).error(), EFAULT);
    EXPECT_EQ(clear_remote(*space, at + PAGE_SIZE - 2, 4).error(), EFAULT);
    EXPECT_EQ(copy_from_remote(*space, &word, at + PAGE_SIZE, 4).error(), 0);
    EXPECT_EQ(copy_from_remote(*space, &word, at + 2 * PAGE_SIZE, 4).error(), EFAULT);
    EXPECT_EQ(copy_from_remote(*space, &word, at + 3 * PAGE_SIZE, 4).error(), EFAULT);
}

TEST(remote_access, no_address_of_the_kernel_s_is_reached) {
    test_space space;
    u32 word = 0;
    EXPECT_EQ(copy_to_remote(*space, TASK_SIZE, &word, 4).error(), EFAULT);
    EXPECT_EQ(copy_from_remote(*space, &word, TASK_SIZE - 2, 4).error(), EFAULT);
    EXPECT_EQ(copy_from_remote(*space, &word, 0xfffffffe, 4).error(), EFAULT);
    EXPECT_EQ(strnlen_remote(*space, TASK_SIZE, 4).error(), EFAULT);
    EXPECT_EQ(clear_remote(*space, 0xfffff000, 0).error(), EFAULT);
}

TEST(remote_access, a_private_page_of_a_file_is_copied_and_a_shared_one_is_dirty) {
    test_space space;
    test_file file;
    const u32 before = 0x11111111;
    EXPECT_TRUE(file->write(0, &before, 4));
    space.map(0, 1, PROT_RW, MAP_PRIVATE, file);
    space.map(1, 1, PROT_RW, MAP_SHARED, file);
    u32 word = 0x22222222, now = 0;
    // Read first: the entry that is there then may not be written through.
    EXPECT_EQ(copy_from_remote(*space, &now, at, 4).error(), 0);
    EXPECT_EQ(copy_to_remote(*space, at, &word, 4).error(), 0);
    EXPECT_EQ(file->read(0, &now, 4), 4u);
    EXPECT_EQ(now, before);
    EXPECT_EQ(copy_to_remote(*space, at + PAGE_SIZE, &word, 4).error(), 0);
    EXPECT_EQ(file->read(0, &now, 4), 4u);
    EXPECT_EQ(now, word);
    page* const cached = find_get_page((*file.made)->contents().i_mapping, 0);
    EXPECT_TRUE(PageDirty(*cached));
    // The entry stays writable when the page is clean again.
    EXPECT_TRUE(clear_page_dirty(*cached));
    EXPECT_EQ(copy_to_remote(*space, at + PAGE_SIZE, &word, 4).error(), 0);
    EXPECT_TRUE(PageDirty(*cached));
    put_page(cached);
}

TEST(remote_access, behind_the_end_of_a_file_is_nothing) {
    test_space space;
    test_file file;
    space.map(0, 1, PROT_RW, MAP_PRIVATE, file);
    EXPECT_EQ(clear_remote(*space, at, 1).error(), EFAULT);
}

TEST(remote_access, strings_end_where_their_zero_is) {
    test_space space;
    space.map(0, 2, PROT_RW);
    EXPECT_EQ(copy_to_remote(*space, at + PAGE_SIZE - 3, "abcdef", 7).error(), 0);
    EXPECT_EQ(*strnlen_remote(*space, at + PAGE_SIZE - 3, 100), 7u);
    EXPECT_EQ(*strnlen_remote(*space, at + PAGE_SIZE - 3, 7), 7u);
    EXPECT_EQ(*strnlen_remote(*space, at + PAGE_SIZE - 3, 6), 7u);
    EXPECT_EQ(*strnlen_remote(*space, at + PAGE_SIZE + 3, 2), 1u);
    u8 filled[8];
    memset(filled, 'x', sizeof filled);
    EXPECT_EQ(copy_to_remote(*space, at + 2 * PAGE_SIZE - 8, filled, 8).error(), 0);
    EXPECT_EQ(strnlen_remote(*space, at + 2 * PAGE_SIZE - 8, 9).error(), EFAULT);
    EXPECT_EQ(*strnlen_remote(*space, at + 2 * PAGE_SIZE - 8, 8), 9u);
}

TEST(remote_access, lack_of_memory_is_told_apart) {
    u32 n = 0;
    for (bool failed = true; failed;) {
        test_space space;
        space.map(0, 1, PROT_RW);
        const fail_nth armed(the_page_allocator().fail_page_alloc(), ++n);
        const int error = clear_remote(*space, at, 4).error();
        failed = armed.failed();
        EXPECT_EQ(error, failed ? ENOMEM : 0);
    }
    EXPECT_GE(n, 3u);  // tables and the page
}
