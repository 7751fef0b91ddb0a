#include "fs/vfs/names.hpp"

#include "fs/vfs/vfs_fixture.hpp"

#include <test.hpp>

TEST(names, directories_come_and_go) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.stat("/").nlink, 2u);
    EXPECT_EQ(tree.mkdir("a/"), 0);
    EXPECT_EQ(tree.mkdir("a/b", 0700), 0);
    EXPECT_EQ(tree.stat("a").nlink, 3u);
    EXPECT_EQ(tree.stat("a/b").mode, S_IFDIR | 0700u);
    EXPECT_EQ(tree.mkdir("a"), EEXIST);
    EXPECT_EQ(tree.mkdir("/"), EEXIST);
    EXPECT_EQ(tree.mkdir("a/."), EEXIST);
    EXPECT_EQ(tree.mkdir("a/.."), EEXIST);
    EXPECT_EQ(tree.mkdir("x/y"), ENOENT);
    EXPECT_EQ(tree.rmdir("a"), ENOTEMPTY);
    EXPECT_EQ(tree.rmdir("a/."), EINVAL);
    EXPECT_EQ(tree.rmdir("a/.."), ENOTEMPTY);
    EXPECT_EQ(tree.rmdir("/"), EBUSY);
    EXPECT_EQ(tree.rmdir("none"), ENOENT);
    EXPECT_EQ(tree.make("f"), 0);
    EXPECT_EQ(tree.rmdir("f"), ENOTDIR);
    EXPECT_EQ(tree.lookup("a/b/negative"), ENOENT);
    EXPECT_EQ(tree.rmdir("a/b/"), 0);
    EXPECT_EQ(tree.stat("a").nlink, 2u);
    EXPECT_EQ(tree.rmdir("a"), 0);
    EXPECT_EQ(tree.stat("/").nlink, 2u);
}

TEST(names, nothing_is_made_in_a_directory_that_was_removed) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.mkdir("a"), 0);
    const result<path> a = path_lookup(tree.from, "a", 0);
    ASSERT_TRUE(a);
    EXPECT_EQ(tree.rmdir("a"), 0);
    const lookup_origin there{.root = tree.from.root, .at = *a};
    EXPECT_EQ(do_mkdir(there, "b", 0755).error(), ENOENT);
    EXPECT_EQ(do_open(there, "f", O_WRONLY | O_CREAT, 0644).error(), ENOENT);
    EXPECT_EQ(path_lookup(there, "x", 0).error(), ENOENT);
    EXPECT_EQ(tree.mkdir("a"), 0);  // another one
    char buffer[64];
    const result<std::string_view> name = d_path(*a, tree.from.root, buffer, sizeof buffer);
    ASSERT_TRUE(name);
    EXPECT_EQ(*name, "/a (deleted)");
    path_put(*a);
}

TEST(names, a_file_is_there_until_its_last_name_and_its_last_user_are_gone) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.make("f", "text"), 0);
    EXPECT_EQ(tree.link("f", "g"), 0);
    EXPECT_EQ(tree.stat("f").nlink, 2u);
    EXPECT_EQ(tree.stat("f").ino, tree.stat("g").ino);
    EXPECT_EQ(tree.link("f", "g"), EEXIST);
    EXPECT_EQ(tree.link("f", "h/"), ENOENT);
    EXPECT_EQ(tree.link("none", "h"), ENOENT);
    EXPECT_EQ(tree.mkdir("d"), 0);
    EXPECT_EQ(tree.link("d", "h"), EPERM);
    EXPECT_EQ(tree.unlink("f"), 0);
    EXPECT_EQ(tree.text("g"), "text");
    const result<open_file*> open = do_open(tree.from, "g", O_RDWR, 0);
    ASSERT_TRUE(open);
    EXPECT_EQ(tree.unlink("g"), 0);
    EXPECT_EQ(tree.lookup("g"), ENOENT);
    char text[8];
    EXPECT_EQ(vfs_pread(**open, iov_iter::of_kernel(text, 8), 1).value_or(0), 3u);
    EXPECT_EQ(std::string_view(text, 3), "ext");
    EXPECT_EQ(u32{(*open)->f_inode->i_nlink}, 0u);
    fput(*open);
}

TEST(names, unlink_says_what_it_is_not_for) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.mkdir("d"), 0);
    EXPECT_EQ(tree.make("f"), 0);
    EXPECT_EQ(tree.symlink("d", "l"), 0);
    EXPECT_EQ(tree.unlink("d"), EISDIR);
    EXPECT_EQ(tree.unlink("d/"), EISDIR);
    EXPECT_EQ(tree.unlink("f/"), ENOTDIR);
    EXPECT_EQ(tree.unlink("none/"), ENOENT);
    EXPECT_EQ(tree.unlink("none"), ENOENT);
    EXPECT_EQ(tree.unlink("/"), EISDIR);
    EXPECT_EQ(tree.unlink("d/."), EISDIR);
    EXPECT_EQ(tree.unlink("f/x"), ENOTDIR);
    EXPECT_EQ(tree.unlink("l"), 0);
    EXPECT_EQ(tree.lookup("d"), 0);
}

TEST(names, symbolic_links_are_files_too) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.symlink("", "l"), ENOENT);
    EXPECT_EQ(tree.symlink("x", "l"), 0);
    EXPECT_EQ(tree.symlink("y", "l"), EEXIST);
    EXPECT_EQ(tree.symlink("y", "m/"), ENOENT);
    EXPECT_EQ(tree.link("l", "copy"), 0);
    EXPECT_EQ(tree.readlink("copy"), "x");
    EXPECT_EQ(tree.link("l", "other", AT_SYMLINK_FOLLOW), ENOENT);
    EXPECT_EQ(tree.link("l", "other", 1), EINVAL);
    EXPECT_EQ(tree.mkdir("l"), EEXIST);
}

TEST(names, renaming_moves_and_replaces) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.mkdir("a"), 0);
    EXPECT_EQ(tree.mkdir("b"), 0);
    EXPECT_EQ(tree.make("a/f", "one"), 0);
    EXPECT_EQ(tree.make("b/g", "two"), 0);
    EXPECT_EQ(tree.rename("a/f", "b/a-name-that-is-too-long-to-be-kept-in-place"), 0);
    EXPECT_EQ(tree.text("b/a-name-that-is-too-long-to-be-kept-in-place"), "one");
    EXPECT_EQ(tree.rename("b/a-name-that-is-too-long-to-be-kept-in-place", "b/g"), 0);
    EXPECT_EQ(tree.text("b/g"), "one");
    EXPECT_EQ(tree.list("b"), ". .. g");
    EXPECT_EQ(tree.list("a"), ". ..");
    EXPECT_EQ(tree.rename("b", "a/b"), 0);
    EXPECT_EQ(tree.text("a/b/g"), "one");
    EXPECT_EQ(tree.stat("/").nlink, 3u);
    EXPECT_EQ(tree.stat("a").nlink, 3u);
    EXPECT_EQ(tree.stat("a/b/..").ino, tree.stat("a").ino);
    // Onto another name of the same file: nothing happens.
    EXPECT_EQ(tree.link("a/b/g", "h"), 0);
    EXPECT_EQ(tree.rename("h", "a/b/g"), 0);
    EXPECT_EQ(tree.stat("h").nlink, 2u);
    EXPECT_EQ(tree.rename("h", "h"), 0);
    // A directory in the place of an empty one.
    EXPECT_EQ(tree.mkdir("empty"), 0);
    EXPECT_EQ(tree.lookup("empty/negative"), ENOENT);
    EXPECT_EQ(tree.rename("a/b", "empty/"), 0);
    EXPECT_EQ(tree.list("empty"), ". .. g");
    EXPECT_EQ(tree.stat("/").nlink, 4u);
}

TEST(names, renaming_refuses_what_makes_no_tree) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.mkdir("a"), 0);
    EXPECT_EQ(tree.mkdir("a/b"), 0);
    EXPECT_EQ(tree.mkdir("c"), 0);
    EXPECT_EQ(tree.make("f"), 0);
    EXPECT_EQ(tree.rename("a", "a/b/x"), EINVAL);
    EXPECT_EQ(tree.rename("a", "a/x"), EINVAL);
    EXPECT_EQ(tree.rename("a/b", "a"), ENOTEMPTY);
    EXPECT_EQ(tree.rename("c", "a"), ENOTEMPTY);
    EXPECT_EQ(tree.rename("c", "f"), ENOTDIR);
    EXPECT_EQ(tree.rename("f", "c"), EISDIR);
    EXPECT_EQ(tree.rename("f/", "g"), ENOTDIR);
    EXPECT_EQ(tree.rename("f", "g/"), ENOTDIR);
    EXPECT_EQ(tree.rename("none", "g"), ENOENT);
    EXPECT_EQ(tree.rename("f", "none/g"), ENOENT);
    EXPECT_EQ(tree.rename("a/.", "g"), EBUSY);
    EXPECT_EQ(tree.rename("f", "a/.."), EBUSY);
    EXPECT_EQ(tree.rename("f", "c", RENAME_NOREPLACE), EEXIST);
    EXPECT_EQ(tree.rename("f", "g", 4), EINVAL);
    EXPECT_EQ(tree.rename("f", "g", RENAME_NOREPLACE), 0);
    EXPECT_EQ(tree.list("/"), ". .. a c g");
}

TEST(names, devices_and_such_are_made_by_root) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.mknod("null", S_IFCHR | 0666, MKDEV(1, 3)), 0);
    EXPECT_EQ(tree.stat("null").rdev, MKDEV(1, 3));
    EXPECT_EQ(tree.mknod("pipe", S_IFIFO | 0600), 0);
    EXPECT_EQ(tree.mknod("file", 0600), 0);
    EXPECT_EQ(tree.stat("file").mode, S_IFREG | 0600u);
    EXPECT_EQ(tree.mknod("dir", S_IFDIR | 0600), EPERM);
    EXPECT_EQ(tree.mknod("link", S_IFLNK | 0600), EINVAL);
    EXPECT_EQ(tree.mknod("null", S_IFCHR | 0666), EEXIST);
    tree.from.who = {7, 7};
    EXPECT_EQ(tree.mknod("zero", S_IFCHR | 0666, MKDEV(1, 5)), EPERM);
    EXPECT_EQ(tree.text("null"), "");
}

TEST(names, what_is_made_belongs_to_who_makes_it) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.mkdir("group", 0777), 0);
    const result<path> group = path_lookup(tree.from, "group", 0);
    ASSERT_TRUE(group);
    EXPECT_EQ(vfs_chown(group->inode(), 1, 50, {}).error(), 0);
    EXPECT_EQ(vfs_chmod(group->inode(), 02777, {}).error(), 0);
    path_put(*group);
    tree.from.who = {7, 8};
    EXPECT_EQ(tree.make("f"), 0);
    EXPECT_EQ(tree.stat("f").uid, 7u);
    EXPECT_EQ(tree.stat("f").gid, 8u);
    EXPECT_EQ(tree.mkdir("group/d", 0700), 0);
    EXPECT_EQ(tree.stat("group/d").gid, 50u);
    EXPECT_EQ(tree.stat("group/d").mode, S_IFDIR | S_ISGID | 0700u);
}

TEST(names, listing_goes_on_where_it_stopped) {
    test_tree tree;
    ASSERT_TRUE(tree);
    for (const char* const name : {"c", "a", "e", "b"}) EXPECT_EQ(tree.make(name), 0);
    EXPECT_EQ(tree.lookup("negative"), ENOENT);
    for (const size_t at_once : {24u, 25u, 48u, 100u, 200u})
        EXPECT_EQ(tree.list("/", at_once), ". .. c a e b");
    EXPECT_EQ(tree.list("/", 23), "error EINVAL");
    EXPECT_EQ(tree.unlink("a"), 0);
    EXPECT_EQ(tree.make("a"), 0);
    EXPECT_EQ(tree.list("/"), ". .. c e b a");
    EXPECT_EQ(tree.list("a"), "error ENOTDIR");
}

TEST(names, each_lack_of_memory_leaves_nothing_half_done) {
    const auto all = [] {
        test_tree tree;
        if (!tree) {
            EXPECT_EQ(tree.error(), ENOMEM);
            return;
        }
        const char* const far = "d/a-name-that-is-too-long-to-be-kept-in-place";
        const int made = tree.mkdir("d");
        EXPECT_TRUE(made == 0 || made == ENOMEM);
        EXPECT_EQ(tree.lookup("d") == 0, made == 0);
        const int filled = tree.make("f", "text");
        EXPECT_TRUE(filled == 0 || filled == ENOMEM);
        const int linked = tree.symlink("f", "l");
        EXPECT_TRUE(linked == 0 || linked == ENOMEM);
        const bool was_there = tree.lookup("f", 0) == 0;
        const int moved = tree.rename("f", far);
        if (moved != 0) EXPECT_EQ(tree.lookup("f") == 0, was_there);
        else EXPECT_EQ(tree.lookup(far), 0);
    };
    EXPECT_GE(for_each_failure(failslab, all), 12u);
    EXPECT_GE(for_each_failure(the_page_allocator().fail_page_alloc(), all), 1u);
}

TEST(names, exchange_swaps_what_two_names_stand_for) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.mkdir("d"), 0);
    EXPECT_EQ(tree.mkdir("d/e"), 0);
    EXPECT_EQ(tree.make("f", "file"), 0);
    EXPECT_EQ(tree.rename("f", "none", RENAME_EXCHANGE), ENOENT);
    EXPECT_EQ(tree.rename("f", "d", RENAME_EXCHANGE | RENAME_NOREPLACE), EINVAL);
    EXPECT_EQ(tree.rename("d", "d/e", RENAME_EXCHANGE), EINVAL);
    EXPECT_EQ(tree.rename("f", "d/e", RENAME_EXCHANGE), 0);
    EXPECT_EQ(tree.text("d/e"), "file");
    EXPECT_EQ(tree.list("f"), ". ..");
    EXPECT_EQ(tree.stat("d").nlink, 2u);
    EXPECT_EQ(tree.stat("/").nlink, 4u);
    EXPECT_EQ(tree.lookup("f/.."), 0);
    EXPECT_EQ(tree.rmdir("f"), 0);
}
