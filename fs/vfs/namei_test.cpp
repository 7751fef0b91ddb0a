#include "fs/vfs/namei.hpp"

#include "fs/vfs/vfs_fixture.hpp"

#include <test.hpp>

namespace {

// A name of so many bytes, for a moment.
struct long_name {
    explicit long_name(size_t length, char letter = 'n') : length(length) {
        memset(text, letter, length);
    }
    operator std::string_view() const { return {text, length}; }
    size_t length;
    char text[300];
};

}  // namespace

TEST(namei, walks_dots_and_slashes) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.mkdir("a"), 0);
    EXPECT_EQ(tree.mkdir("a/b"), 0);
    EXPECT_EQ(tree.make("a/b/f", "text"), 0);
    for (const char* const name : {"a/b/f", "/a/b/f", "./a/./b/f", "a//b///f", "a/b/../b/f",
                                   "../../a/b/f", "/../a/b/f"})
        EXPECT_EQ(tree.text(name), "text");
    EXPECT_EQ(tree.lookup("/"), 0);
    EXPECT_EQ(tree.lookup("///"), 0);
    EXPECT_EQ(tree.lookup("."), 0);
    EXPECT_EQ(tree.lookup(".."), 0);
    EXPECT_EQ(tree.lookup("a/b/"), 0);
    EXPECT_EQ(tree.stat("a/b/../..").ino, tree.stat("/").ino);
    // From another directory.
    const result<path> b = path_lookup(tree.from, "a/b", LOOKUP_DIRECTORY);
    ASSERT_TRUE(b);
    lookup_origin there = tree.from;
    there.at = *b;
    for (const char* const name : {"f", "../b/f", "/a/b/f"}) {
        const result<path> found = path_lookup(there, name, 0);
        EXPECT_EQ(found.error(), 0);
        if (found) path_put(*found);
    }
    EXPECT_EQ(path_lookup(there, "a", 0).error(), ENOENT);
    path_put(*b);
}

TEST(namei, says_why_a_path_leads_nowhere) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.mkdir("d"), 0);
    EXPECT_EQ(tree.make("f"), 0);
    EXPECT_EQ(tree.lookup(""), ENOENT);
    EXPECT_EQ(tree.lookup("none"), ENOENT);
    EXPECT_EQ(tree.lookup("none/x"), ENOENT);
    EXPECT_EQ(tree.lookup("d/none"), ENOENT);
    EXPECT_EQ(tree.lookup("f/x"), ENOTDIR);
    EXPECT_EQ(tree.lookup("f/."), ENOTDIR);
    EXPECT_EQ(tree.lookup("f/.."), ENOTDIR);
    EXPECT_EQ(tree.lookup("f/"), ENOTDIR);
    EXPECT_EQ(tree.lookup("f", LOOKUP_DIRECTORY), ENOTDIR);
    EXPECT_EQ(tree.lookup("none/"), ENOENT);
    EXPECT_EQ(tree.lookup(long_name(255)), ENOENT);
    EXPECT_EQ(tree.lookup(long_name(256)), ENAMETOOLONG);
    EXPECT_EQ(tree.make(long_name(255)), 0);
    EXPECT_EQ(tree.lookup(long_name(255)), 0);
    EXPECT_EQ(tree.mkdir(long_name(256)), ENAMETOOLONG);
    struct path_text { char bytes[PATH_MAX]; };
    char* const slashes = in_scratch<path_text>().bytes;
    memset(slashes, '/', PATH_MAX);
    EXPECT_EQ(tree.lookup({slashes, PATH_MAX - 1}), 0);
    EXPECT_EQ(tree.lookup({slashes, PATH_MAX}), ENAMETOOLONG);
}

TEST(namei, follows_symbolic_links) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.mkdir("d"), 0);
    EXPECT_EQ(tree.mkdir("d/e"), 0);
    EXPECT_EQ(tree.make("d/e/f", "text"), 0);
    EXPECT_EQ(tree.symlink("d/e", "link"), 0);
    EXPECT_EQ(tree.symlink("/link/f", "d/absolute"), 0);
    EXPECT_EQ(tree.symlink("../d/absolute", "d/relative"), 0);
    EXPECT_EQ(tree.symlink("link/", "slashed"), 0);
    EXPECT_EQ(tree.symlink("/", "top"), 0);
    EXPECT_EQ(tree.symlink("nowhere", "dangling"), 0);
    EXPECT_EQ(tree.text("link/f"), "text");
    EXPECT_EQ(tree.text("link/../e/f"), "text");
    EXPECT_EQ(tree.text("d/absolute"), "text");
    EXPECT_EQ(tree.text("d/relative"), "text");
    EXPECT_EQ(tree.text("slashed/f"), "text");
    EXPECT_EQ(tree.text("top/top/d/relative"), "text");
    EXPECT_EQ(tree.stat("top").ino, tree.stat("/").ino);
    EXPECT_EQ(tree.lookup("dangling"), ENOENT);
    EXPECT_EQ(tree.lookup("dangling/x"), ENOENT);
    EXPECT_EQ(tree.lookup("dangling", 0), 0);
    EXPECT_TRUE(S_ISLNK(tree.stat("link", 0).mode));
    EXPECT_TRUE(S_ISDIR(tree.stat("link/", 0).mode));
    EXPECT_EQ(tree.lookup("d/absolute/"), ENOTDIR);
    EXPECT_EQ(tree.readlink("d/relative"), "../d/absolute");
    EXPECT_EQ(tree.readlink("d"), "error EINVAL");
    EXPECT_EQ(tree.readlink("link/"), "error EINVAL");
    EXPECT_EQ(tree.stat("d/relative", 0).size, 13u);
}

// l0 is a file, l1 links to l0, and so on: l40 is 40 links away, and l41 one too many.
TEST(namei, follows_forty_links_and_no_more) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.make("l0", "x"), 0);
    for (u32 i = 1; i <= 41; ++i) {
        text_buffer<8> target, name;
        format_to(target, "l{}", i - 1);
        format_to(name, "l{}", i);
        EXPECT_EQ(tree.symlink(target.view(), name.view()), 0);
    }
    EXPECT_EQ(tree.text("l40"), "x");
    EXPECT_EQ(tree.lookup("l41"), ELOOP);
    EXPECT_EQ(tree.lookup("l41", 0), 0);
    EXPECT_EQ(tree.symlink("self", "self"), 0);
    EXPECT_EQ(tree.lookup("self"), ELOOP);
    EXPECT_EQ(tree.lookup("self/x"), ELOOP);
    // In the middle of a path they count as well.
    EXPECT_EQ(tree.symlink(".", "here"), 0);
    struct path_text { char bytes[41 * 5 + 2]; };
    char* const text = in_scratch<path_text>().bytes;
    for (u32 i = 0; i < 41; ++i) memcpy(text + 5 * i, "here/", 5);
    memcpy(text + 5 * 41, "l0", 2);
    EXPECT_EQ(tree.lookup({text + 5, 40 * 5 + 2}), 0);
    EXPECT_EQ(tree.lookup({text, 41 * 5 + 2}), ELOOP);
}

TEST(namei, asks_each_directory_on_the_way) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.mkdir("open", 0755), 0);
    EXPECT_EQ(tree.mkdir("open/closed", 0600), 0);
    EXPECT_EQ(tree.make("open/closed/f"), 0);
    EXPECT_EQ(tree.make("open/secret", "", 0600), 0);
    EXPECT_EQ(tree.lookup("open/closed/f"), 0);  // root may
    tree.from.who = {1000, 1000};
    EXPECT_EQ(tree.lookup("open/closed"), 0);
    EXPECT_EQ(tree.lookup("open/closed/f"), EACCES);
    EXPECT_EQ(tree.lookup("open/closed/none"), EACCES);
    EXPECT_EQ(tree.lookup("open/closed/.."), EACCES);
    EXPECT_EQ(tree.open("open/secret"), EACCES);
    EXPECT_EQ(tree.make("open/new"), EACCES);
    EXPECT_EQ(tree.mkdir("open/new"), EACCES);
    EXPECT_EQ(tree.unlink("open/secret"), EACCES);
    // The root of tmpfs is 01777: whose file it is decides.
    EXPECT_EQ(tree.mkdir("mine"), 0);
    EXPECT_EQ(tree.rmdir("open"), EPERM);
    EXPECT_EQ(tree.rename("open", "other"), EPERM);
    EXPECT_EQ(tree.rmdir("mine"), 0);
}

TEST(namei, remembers_what_is_not_there) {
    test_tree tree;
    ASSERT_TRUE(tree);
    const u32 before = dcache_state().nr_negative;
    EXPECT_EQ(tree.lookup("none"), ENOENT);
    EXPECT_EQ(dcache_state().nr_negative, before + 1);
    EXPECT_EQ(tree.lookup("none"), ENOENT);
    EXPECT_EQ(dcache_state().nr_negative, before + 1);
    EXPECT_EQ(tree.make("none"), 0);
    EXPECT_EQ(dcache_state().nr_negative, before);
    EXPECT_EQ(tree.unlink("none"), 0);
    EXPECT_EQ(tree.lookup("none"), ENOENT);
    EXPECT_EQ(dcache_state().nr_negative, before + 1);
    prune_dcache(~0u);
    EXPECT_EQ(dcache_state().nr_unused, 0u);
    EXPECT_EQ(tree.lookup("none"), ENOENT);
}

TEST(namei, goes_through_mounts_both_ways) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.mkdir("dev"), 0);
    EXPECT_EQ(tree.make("dev/covered"), 0);
    const result<path> place = path_lookup(tree.from, "dev", 0);
    ASSERT_TRUE(place);
    EXPECT_EQ(do_mount("none", *place, "tmpfs", "size=64k", 0).error(), 0);
    EXPECT_EQ(tree.lookup("dev/covered"), ENOENT);
    EXPECT_EQ(tree.make("dev/f", "on tmpfs"), 0);
    EXPECT_EQ(tree.text("dev/../dev/f"), "on tmpfs");
    EXPECT_NE(tree.stat("dev").dev, tree.stat("/").dev);
    EXPECT_EQ(tree.stat("dev/..").dev, tree.stat("/").dev);
    EXPECT_EQ(tree.rmdir("dev"), EBUSY);
    EXPECT_EQ(tree.rename("dev", "other"), EBUSY);
    EXPECT_EQ(tree.rename("dev/f", "f"), EXDEV);
    EXPECT_EQ(tree.link("dev/f", "f"), EXDEV);
    EXPECT_EQ(do_umount(*place).error(), EINVAL);
    path_put(*place);

    const result<open_file*> open = do_open(tree.from, "dev/f", O_RDONLY, 0);
    ASSERT_TRUE(open);
    text_buffer<40> name;
    (*open)->name(name);
    EXPECT_EQ(name.view(), "/dev/f");
    const result<path> top = path_lookup(tree.from, "dev", 0);
    ASSERT_TRUE(top);
    EXPECT_EQ(do_umount(*top).error(), EBUSY);
    fput(*open);
    EXPECT_EQ(do_umount(*top).error(), 0);
    EXPECT_EQ(tree.lookup("dev/covered"), 0);
    const result<path> file = path_lookup(tree.from, "dev/covered", 0);
    ASSERT_TRUE(file);
    EXPECT_EQ(do_mount("none", *file, "tmpfs", "", 0).error(), ENOTDIR);
    EXPECT_EQ(do_mount("none", tree.from.root, "ext9", "", 0).error(), ENODEV);
    EXPECT_EQ(do_mount("none", tree.from.root, "tmpfs", "size=x", 0).error(), EINVAL);
    path_put(*file);
}
