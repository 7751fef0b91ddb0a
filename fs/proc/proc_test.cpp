#include "fs/proc/page_text.hpp"
#include "fs/proc/proc_inode.hpp"
#include "fs/proc/proc_probe.hpp"
#include "fs/vfs/vfs_fixture.hpp"

#include <test.hpp>

namespace {

int write(test_tree& tree, std::string_view text) {
    const result<open_file*> opened =
        do_open(tree.from, "/loci-test/number", O_WRONLY | O_TRUNC, 0);
    if (!opened) return opened.error();
    const result<size_t> done =
        vfs_write(**opened, iov_iter::of_kernel(text.data(), text.size()));
    fput(*opened);
    return done.error();
}

}  // namespace

TEST(proc, a_text_is_read_from_any_place_and_made_once_a_look) {
    test_tree tree("", "proc");
    ASSERT_TRUE(static_cast<bool>(tree));
    const result<open_file*> opened = do_open(tree.from, "/loci-test/deep/blocks", O_RDONLY, 0);
    ASSERT_TRUE(static_cast<bool>(opened));
    proc_probe_shown = 0;
    char piece[9] = {};
    for (const u32 at : {0u, 511u, 512u, 699u}) {
        const auto got = vfs_pread(**opened, iov_iter::of_kernel(piece, 8), at * 8);
        ASSERT_TRUE(got && *got == 8);
        text_buffer<8> expected;
        format_to(expected, "{:07}\n", at);
        EXPECT_TRUE(std::string_view(piece, 8) == expected.view());
    }
    EXPECT_EQ(proc_probe_shown, 1u);
    const auto across = vfs_pread(**opened, iov_iter::of_kernel(piece, 8), 4092);
    ASSERT_TRUE(static_cast<bool>(across));
    EXPECT_TRUE(std::string_view(piece, 8) == "511\n0000");
    EXPECT_EQ(*vfs_pread(**opened, iov_iter::of_kernel(piece, 8), 5600), 0u);
    EXPECT_EQ(*vfs_pread(**opened, iov_iter::of_kernel(piece, 8), 5596), 4u);
    EXPECT_TRUE(static_cast<bool>(vfs_pread(**opened, iov_iter::of_kernel(piece, 8), 0)));
    EXPECT_EQ(proc_probe_shown, 2u);
    fput(*opened);
}

TEST(proc, folders_are_made_of_paths) {
    test_tree tree("", "proc");
    ASSERT_TRUE(static_cast<bool>(tree));
    // In the order in which the linker has put them.
    const std::string_view names = tree.list("/loci-test");
    EXPECT_TRUE(names == ". .. deep number" || names == ". .. number deep");
    EXPECT_TRUE(tree.list("/loci-test/deep", 32) == ". .. blocks");
    EXPECT_EQ(tree.lookup("/loci-test/dee"), ENOENT);
    EXPECT_EQ(tree.lookup("/loci-test/number/x"), ENOTDIR);
    EXPECT_EQ(tree.stat("/loci-test/number").mode, u32{S_IFREG | 0600});
    EXPECT_EQ(tree.stat("/loci-test/number").size, 0u);
    EXPECT_EQ(tree.stat("/loci-test/deep").mode, u32{S_IFDIR | 0555});
    EXPECT_EQ(tree.make("/loci-test/fresh"), EACCES);
    EXPECT_EQ(tree.unlink("/loci-test/number"), EPERM);
}

TEST(proc, a_number_is_stored_or_refused) {
    test_tree tree("", "proc");
    ASSERT_TRUE(static_cast<bool>(tree));
    EXPECT_TRUE(tree.text("/loci-test/number") == "7\n");
    EXPECT_EQ(write(tree, "3\n"), 0);
    EXPECT_TRUE(tree.text("/loci-test/number") == "3\n");
    for (const std::string_view wrong : {"0", "10", "x", "4 5", "-1"})
        EXPECT_EQ(write(tree, wrong), EINVAL);
    EXPECT_EQ(proc_probe_number, 3u);
    proc_probe_number = 7;
}

TEST(proc, names_of_tasks_are_plain_numbers) {
    EXPECT_TRUE(parse_task_number("1") == 1u);
    EXPECT_TRUE(parse_task_number("0") == 0u);
    EXPECT_TRUE(parse_task_number("123456789") == 123456789u);
    for (const std::string_view wrong : {"", "01", "1x", "x", "-1", "1234567890"})
        EXPECT_FALSE(parse_task_number(wrong).has_value());
}
