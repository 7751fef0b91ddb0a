#include "fs/initramfs/builtin_archive.hpp"

#include "fs/initramfs/populate.hpp"
#include "fs/unpack/unpack_fixture.hpp"
#include "fs/vfs/vfs_fixture.hpp"

#include <test.hpp>

TEST(builtin_archive, has_programs_under_bin_and_nothing_else) {
    test_tree tree;
    ASSERT_TRUE(tree);
    pieces_source from(builtin_archive(), 4096);
    const populate_outcome done = populate_rootfs(tree.from.root, from);
    EXPECT_EQ(done.error, 0);
    EXPECT_GT(done.entries, 10u);
    EXPECT_EQ(tree.list("/"), ". .. bin");
    const kstat sh = tree.stat("bin/sh"), init = tree.stat("bin/init");
    EXPECT_EQ(sh.mode, S_IFREG | 0755u);
    EXPECT_EQ(sh.ino, init.ino);
    EXPECT_EQ(sh.nlink, done.entries - 2);  // all but layout, and the folder
    EXPECT_GT(tree.stat("bin/layout").size, 65535u);
}
