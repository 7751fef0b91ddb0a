#include "fs/ramfs/ramfs_inode.hpp"

#include "fs/vfs/vfs_fixture.hpp"
#include "mm/map/kmap.hpp"

#include <test.hpp>

TEST(ramfs, a_mapping_and_read_share_a_frame) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.make("f", "palace"), 0);
    const result<open_file*> opened = do_open(tree.from, "f", O_RDWR, 0);
    ASSERT_TRUE(opened);
    const result<page*> shown =
        read_mapping_page(*(*opened)->f_mapping, 0, GFP_HIGHUSER_MOVABLE);
    ASSERT_TRUE(shown);
    memcpy_to_page(**shown, 2, "LACE", 4);
    EXPECT_EQ(tree.text("f"), "paLACE");
    put_page(*shown);
    fput(*opened);
}

TEST(ramfs, takes_no_more_pages_than_its_size) {
    test_tree tree("size=12k");
    ASSERT_TRUE(tree);
    kstatfs before, after;
    vfs_statfs(tree.from.root, before);
    EXPECT_EQ(before.type, TMPFS_MAGIC);
    EXPECT_EQ(before.blocks, 3u);
    EXPECT_EQ(before.bfree, 3u);
    EXPECT_EQ(tree.make("a", "x"), 0);
    EXPECT_EQ(tree.truncate("a", 5 * s64{PAGE_SIZE}), 0);  // holes take nothing
    const result<open_file*> opened = do_open(tree.from, "b", O_RDWR | O_CREAT, 0600);
    ASSERT_TRUE(opened);
    struct room { u8 bytes[3 * PAGE_SIZE]; };
    u8* const bytes = in_scratch<room>().bytes;
    memset(bytes, 'b', sizeof(room));
    EXPECT_EQ(vfs_write(**opened, iov_iter::of_kernel(bytes, sizeof(room))).value_or(0),
              2 * PAGE_SIZE);
    EXPECT_EQ(vfs_write(**opened, iov_iter::of_kernel(bytes, 1)).error(), ENOSPC);
    vfs_statfs(tree.from.root, after);
    EXPECT_EQ(after.bfree, 0u);
    EXPECT_EQ(read_mapping_page(*(*opened)->f_mapping, 9, GFP_HIGHUSER_MOVABLE).error(),
              ENOSPC);
    EXPECT_EQ(tree.unlink("a"), 0);
    EXPECT_EQ(vfs_write(**opened, iov_iter::of_kernel(bytes, 1)).value_or(0), 1u);
    EXPECT_EQ(tree.truncate("b", 1), 0);
    vfs_statfs(tree.from.root, after);
    EXPECT_EQ(after.bfree, 2u);
    fput(*opened);
}

TEST(ramfs, makes_no_more_files_than_it_may) {
    test_tree tree("nr_inodes=3");
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.mkdir("d"), 0);
    EXPECT_EQ(tree.make("f"), 0);
    EXPECT_EQ(tree.make("g"), ENOSPC);
    EXPECT_EQ(tree.symlink("x", "l"), ENOSPC);
    EXPECT_EQ(tree.mkdir("e"), ENOSPC);
    EXPECT_EQ(tree.link("f", "h"), ENOSPC);
    EXPECT_EQ(tree.rmdir("d"), 0);
    EXPECT_EQ(tree.link("f", "h"), 0);  // a name more takes memory as well
    EXPECT_EQ(tree.make("g"), ENOSPC);
    EXPECT_EQ(tree.unlink("f"), 0);
    EXPECT_EQ(tree.link("h", "i"), 0);  // and goes with the file system
    EXPECT_EQ(tree.make("g"), ENOSPC);
}

TEST(ramfs, options_are_as_linux_has_them) {
    ramfs_limits limits;
    EXPECT_TRUE(parse_ramfs_options("", limits));
    EXPECT_EQ(limits.pages, ramfs_limits::none);
    EXPECT_TRUE(parse_ramfs_options("size=1m,nr_inodes=10,mode=0755,uid=5,gid=6", limits));
    EXPECT_EQ(limits.pages, 256u);
    EXPECT_EQ(limits.inodes, 10u);
    EXPECT_EQ(limits.mode, 0755u);
    EXPECT_EQ(limits.uid, 5u);
    EXPECT_EQ(limits.gid, 6u);
    EXPECT_TRUE(parse_ramfs_options("size=4097", limits));
    EXPECT_EQ(limits.pages, 2u);
    EXPECT_TRUE(parse_ramfs_options("size=100%", limits));
    EXPECT_EQ(limits.pages, the_page_allocator().managed_pages());
    EXPECT_TRUE(parse_ramfs_options("size=0", limits));
    EXPECT_EQ(limits.pages, ramfs_limits::none);
    for (const char* const wrong :
         {"size", "size=", "size=x", "size=5000%", "mode=8", "colour=1", "size=1m,,mode="})
        EXPECT_FALSE(parse_ramfs_options(wrong, limits));
    test_tree tree("mode=700,uid=3");
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.stat("/").mode, S_IFDIR | 0700u);
    EXPECT_EQ(tree.stat("/").uid, 3u);
}

TEST(ramfs, contents_go_with_the_last_close) {
    test_tree tree("size=8k", "tmpfs");
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.make("f", "text"), 0);
    const result<open_file*> opened = do_open(tree.from, "f", O_RDONLY, 0);
    ASSERT_TRUE(opened);
    EXPECT_EQ(tree.unlink("f"), 0);
    kstatfs state;
    vfs_statfs(tree.from.root, state);
    EXPECT_EQ(state.bfree, 1u);
    fput(*opened);
    vfs_statfs(tree.from.root, state);
    EXPECT_EQ(state.bfree, 2u);
}
