#include "fs/vfs/open_file.hpp"

#include "fs/vfs/vfs_fixture.hpp"

#include <test.hpp>

namespace {

iov_iter text_in(std::string_view text) {
    return iov_iter::of_kernel(text.data(), text.size());
}

}  // namespace

TEST(open_file, open_makes_what_is_not_there_if_it_may) {
    test_tree tree;
    ASSERT_TRUE(tree);
    tree.from.umask = 022;
    EXPECT_EQ(tree.open("f"), ENOENT);
    EXPECT_EQ(tree.open("f", O_CREAT | O_WRONLY, 0666), 0);
    EXPECT_EQ(tree.stat("f").mode, S_IFREG | 0644u);
    EXPECT_EQ(tree.open("f", O_CREAT | O_EXCL), EEXIST);
    EXPECT_EQ(tree.open("g/", O_CREAT), EISDIR);
    EXPECT_EQ(tree.open("f/"), ENOTDIR);
    EXPECT_EQ(tree.open(".", O_CREAT), EISDIR);
    EXPECT_EQ(tree.open("f", O_CREAT | O_DIRECTORY), EINVAL);
    EXPECT_EQ(tree.open("f", O_DIRECTORY), ENOTDIR);
    EXPECT_EQ(tree.mkdir("d"), 0);
    EXPECT_EQ(tree.open("d"), 0);
    EXPECT_EQ(tree.open("d", O_WRONLY), EISDIR);
    EXPECT_EQ(tree.open("d", O_TRUNC), EISDIR);
    EXPECT_EQ(tree.open("d", O_CREAT), EISDIR);
    EXPECT_EQ(tree.text("d"), "error EISDIR");
    // A read-only mode does not keep who makes the file from writing it.
    tree.from.who = {5, 5};
    EXPECT_EQ(tree.make("mine", "x", 0444), 0);
    EXPECT_EQ(tree.make("mine", "y"), EACCES);
    EXPECT_EQ(tree.text("mine"), "x");
}

TEST(open_file, open_and_symbolic_links) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.symlink("made", "l"), 0);
    EXPECT_EQ(tree.open("l"), ENOENT);
    EXPECT_EQ(tree.open("l", O_CREAT | O_EXCL), EEXIST);
    EXPECT_EQ(tree.open("l", O_NOFOLLOW), ELOOP);
    EXPECT_EQ(tree.open("l", O_CREAT), 0);
    EXPECT_EQ(tree.lookup("made", 0), 0);
    EXPECT_EQ(tree.symlink("self", "self"), 0);
    EXPECT_EQ(tree.open("self", O_CREAT), ELOOP);
}

TEST(open_file, reads_and_writes_at_its_place) {
    test_tree tree;
    ASSERT_TRUE(tree);
    const result<open_file*> opened = do_open(tree.from, "f", O_RDWR | O_CREAT, 0600);
    ASSERT_TRUE(opened);
    open_file& file = **opened;
    EXPECT_EQ(vfs_write(file, text_in("0123456789")).value_or(0), 10u);
    EXPECT_EQ(file.f_pos, 10u);
    EXPECT_EQ(vfs_llseek(file, -4, SEEK_END).value_or(0), 6u);
    char text[16];
    EXPECT_EQ(vfs_read(file, iov_iter::of_kernel(text, 3)).value_or(0), 3u);
    EXPECT_EQ(std::string_view(text, 3), "678");
    EXPECT_EQ(vfs_llseek(file, -2, SEEK_CUR).value_or(0), 7u);
    EXPECT_EQ(vfs_pwrite(file, text_in("AB"), 1).value_or(0), 2u);
    EXPECT_EQ(file.f_pos, 7u);
    EXPECT_EQ(vfs_pread(file, iov_iter::of_kernel(text, 16), 0).value_or(0), 10u);
    EXPECT_EQ(std::string_view(text, 10), "0AB3456789");
    EXPECT_EQ(vfs_pread(file, iov_iter::of_kernel(text, 16), 10).value_or(9), 0u);
    EXPECT_EQ(vfs_pread(file, iov_iter::of_kernel(text, 16), -1).error(), EINVAL);
    EXPECT_EQ(vfs_llseek(file, -1, SEEK_SET).error(), EINVAL);
    EXPECT_EQ(vfs_llseek(file, 0, 5).error(), EINVAL);
    // Data and holes, by pages.
    EXPECT_EQ(vfs_pwrite(file, text_in("far"), 3 * PAGE_SIZE).value_or(0), 3u);
    EXPECT_EQ(vfs_llseek(file, 5, SEEK_DATA).value_or(0), 5u);
    EXPECT_EQ(vfs_llseek(file, 5, SEEK_HOLE).value_or(0), PAGE_SIZE);
    EXPECT_EQ(vfs_llseek(file, PAGE_SIZE, SEEK_DATA).value_or(0), 3 * PAGE_SIZE);
    EXPECT_EQ(vfs_llseek(file, 3 * PAGE_SIZE, SEEK_HOLE).value_or(0), 3 * PAGE_SIZE + 3);
    EXPECT_EQ(vfs_llseek(file, 4 * PAGE_SIZE, SEEK_DATA).error(), ENXIO);
    EXPECT_EQ(tree.stat("f").blocks, 16u);
    fput(&file);
}

TEST(open_file, does_only_what_it_was_opened_for) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.make("f", "abc"), 0);
    const result<open_file*> read = do_open(tree.from, "f", O_RDONLY, 0);
    const result<open_file*> append = do_open(tree.from, "f", O_WRONLY | O_APPEND, 0);
    ASSERT_TRUE(read && append);
    char text[8];
    EXPECT_EQ(vfs_write(**read, text_in("x")).error(), EBADF);
    EXPECT_EQ(vfs_read(**append, iov_iter::of_kernel(text, 8)).error(), EBADF);
    EXPECT_EQ(vfs_pwrite(**append, text_in("de"), 0).value_or(0), 2u);
    EXPECT_EQ(tree.text("f"), "abcde");
    EXPECT_EQ(tree.make("f", "z"), 0);  // truncated by another opening
    EXPECT_EQ(vfs_read(**read, iov_iter::of_kernel(text, 8)).value_or(0), 1u);
    fput(*read);
    fput(*append);
}

TEST(open_file, who_runs_keeps_others_from_writing) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.make("program", "elf", 0755), 0);
    EXPECT_EQ(tree.make("text", "", 0644), 0);
    EXPECT_EQ(open_exec(tree.from, "text").error(), EACCES);
    EXPECT_EQ(open_exec(tree.from, "/").error(), EACCES);
    const result<open_file*> writing = do_open(tree.from, "program", O_WRONLY, 0);
    ASSERT_TRUE(writing);
    EXPECT_EQ(open_exec(tree.from, "program").error(), ETXTBSY);
    fput(*writing);
    const result<open_file*> running = open_exec(tree.from, "program");
    ASSERT_TRUE(running);
    EXPECT_EQ(tree.open("program", O_RDWR), ETXTBSY);
    EXPECT_EQ(tree.truncate("program", 0), ETXTBSY);
    EXPECT_EQ(tree.open("program"), 0);
    allow_write_access(*(*running)->f_inode);
    EXPECT_EQ(tree.open("program", O_RDWR), 0);
    fput(*running);
}

TEST(open_file, null_zero_and_full) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.mknod("null", S_IFCHR | 0666, MKDEV(1, 3)), 0);
    EXPECT_EQ(tree.mknod("zero", S_IFCHR | 0666, MKDEV(1, 5)), 0);
    EXPECT_EQ(tree.mknod("full", S_IFCHR | 0666, MKDEV(1, 7)), 0);
    EXPECT_EQ(tree.mknod("nothing", S_IFCHR | 0666, MKDEV(250, 0)), 0);
    EXPECT_EQ(tree.open("nothing"), ENXIO);
    EXPECT_EQ(tree.make("null", "gone"), 0);
    EXPECT_EQ(tree.text("null"), "");
    EXPECT_EQ(tree.make("zero", "gone"), 0);
    const std::string_view zeroes = tree.text("zero");
    EXPECT_EQ(zeroes.size(), 128u);
    for (const char c : zeroes) EXPECT_EQ(c, '\0');
    EXPECT_EQ(tree.make("full", "x"), ENOSPC);
    EXPECT_EQ(tree.text("full").size(), 128u);
}

TEST(open_file, attributes_are_the_owners_to_change) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.make("f", "", 0755), 0);
    const result<path> found = path_lookup(tree.from, "f", 0);
    ASSERT_TRUE(found);
    inode& file = found->inode();
    EXPECT_EQ(vfs_chmod(file, 04711, {}).error(), 0);
    EXPECT_EQ(file.i_mode, S_IFREG | 04711u);
    EXPECT_EQ(vfs_chown(file, 7, 8, {}).error(), 0);
    EXPECT_EQ(file.i_mode, S_IFREG | 0711u);
    EXPECT_EQ(vfs_chown(file, ~0u, 9, {7, 9}).error(), 0);
    EXPECT_EQ(vfs_chown(file, 8, ~0u, {7, 9}).error(), EPERM);
    EXPECT_EQ(vfs_chown(file, ~0u, 10, {7, 9}).error(), EPERM);
    EXPECT_EQ(vfs_chmod(file, 0600, {6, 9}).error(), EPERM);
    const timespec64 then{1000, 5};
    EXPECT_EQ(vfs_utimes(file, nullptr, &then, {7, 9}).error(), 0);
    const kstat stat = tree.stat("f");
    EXPECT_TRUE(stat.mtime == then);
    EXPECT_EQ(stat.uid, 7u);
    EXPECT_EQ(stat.gid, 9u);
    path_put(*found);
}

TEST(open_file, o_path_is_a_place_and_nothing_more) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.symlink("nowhere", "l"), 0);
    EXPECT_EQ(tree.make("secret", "x", 0), 0);
    tree.from.who = {5, 5};
    EXPECT_EQ(tree.open("secret"), EACCES);
    EXPECT_EQ(tree.open("secret", O_PATH), 0);
    const result<open_file*> link =
        do_open(tree.from, "l", O_PATH | O_NOFOLLOW | O_RDWR, 0);
    ASSERT_TRUE(link);
    char byte;
    EXPECT_TRUE((*link)->f_inode->is_link());
    EXPECT_EQ(vfs_read(**link, iov_iter::of_kernel(&byte, 1)).error(), EBADF);
    fput(*link);
}

TEST(open_file, o_tmpfile_has_no_name_until_it_is_linked) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.open("/", O_TMPFILE | O_RDONLY), EINVAL);
    EXPECT_EQ(tree.make("f"), 0);
    EXPECT_EQ(tree.open("f", O_TMPFILE | O_RDWR), ENOTDIR);
    const result<open_file*> made = do_open(tree.from, "/", O_TMPFILE | O_RDWR, 0640);
    ASSERT_TRUE(made);
    EXPECT_EQ(tree.list("/"), ". .. f");
    EXPECT_EQ(vfs_write(**made, text_in("late")).value_or(0), 4u);
    EXPECT_EQ(link_place((*made)->f_path, tree.from, "named").error(), 0);
    fput(*made);
    EXPECT_EQ(tree.text("named"), "late");
    const result<open_file*> never =
        do_open(tree.from, "/", O_TMPFILE | O_RDWR | O_EXCL, 0);
    ASSERT_TRUE(never);
    EXPECT_EQ(link_place((*never)->f_path, tree.from, "again").error(), ENOENT);
    fput(*never);
}

TEST(open_file, fallocate_takes_memory_and_gives_it_back) {
    test_tree tree("size=16k");
    ASSERT_TRUE(tree);
    const result<open_file*> opened = do_open(tree.from, "f", O_RDWR | O_CREAT, 0600);
    ASSERT_TRUE(opened);
    open_file& file = **opened;
    const auto blocks = [&] { return tree.stat("f").blocks / 8; };
    EXPECT_EQ(vfs_fallocate(file, FALLOC_FL_PUNCH_HOLE, 0, 1).error(), EOPNOTSUPP);
    EXPECT_EQ(vfs_fallocate(file, 0, 0, 0).error(), EINVAL);
    EXPECT_EQ(vfs_fallocate(file, FALLOC_FL_KEEP_SIZE, 0, 9000).error(), 0);
    EXPECT_EQ(file.size(), 0u);
    EXPECT_EQ(vfs_fallocate(file, 0, 0, 9000).error(), 0);
    EXPECT_EQ(file.size(), 9000u);
    EXPECT_EQ(blocks(), 3u);
    EXPECT_EQ(vfs_fallocate(file, 0, 0, 20000).error(), ENOSPC);
    EXPECT_EQ(file.size(), 9000u);
    EXPECT_EQ(vfs_pwrite(file, text_in("abcdef"), 4094).value_or(0), 6u);
    constexpr u32 hole = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    EXPECT_EQ(vfs_fallocate(file, hole, 4095, 2).error(), 0);
    char got[6];
    EXPECT_EQ(vfs_pread(file, iov_iter::of_kernel(got, 6), 4094).value_or(0), 6u);
    EXPECT_EQ(std::string_view(got, 6), std::string_view("a\0\0def", 6));
    EXPECT_EQ(vfs_fallocate(file, hole, 4096, 4096).error(), 0);
    EXPECT_EQ(file.size(), 9000u);
    EXPECT_EQ(blocks(), 2u);
    fput(*opened);
}
