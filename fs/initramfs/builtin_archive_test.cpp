#include "fs/initramfs/builtin_archive.hpp"

#include "fs/initramfs/populate.hpp"
#include "fs/unpack/unpack_fixture.hpp"
#include "fs/vfs/vfs_fixture.hpp"

#include <test.hpp>

TEST(builtin_archive, has_programs_and_the_console) {
    test_tree tree;
    ASSERT_TRUE(tree);
    pieces_source from(builtin_archive(), 4096);
    const populate_outcome done = populate_rootfs(tree.from.root, from);
    EXPECT_EQ(done.error, 0);
    EXPECT_GT(done.entries, 10u);
    EXPECT_EQ(tree.list("/"), ". .. dev bin");
    EXPECT_EQ(tree.list("/dev"), ". .. console");
    EXPECT_EQ(tree.stat("dev/console").rdev, MKDEV(5, 1));
    const kstat sh = tree.stat("bin/sh"), init = tree.stat("bin/init");
    EXPECT_EQ(sh.mode, S_IFREG | 0755u);
    EXPECT_EQ(sh.ino, init.ino);
    EXPECT_EQ(sh.nlink, done.entries - 4);  // all but layout, console, folders
    EXPECT_GT(tree.stat("bin/layout").size, 65535u);
}
