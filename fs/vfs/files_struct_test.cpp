#include "fs/vfs/files_struct.hpp"

#include "fs/vfs/vfs_fixture.hpp"

#include <test.hpp>

namespace {

// A table with one file, open as descriptor 0.
struct table_of_one {
    explicit table_of_one(test_tree& tree) : files(files_struct::create()) {
        const result<open_file*> opened = do_open(tree.from, "f", O_RDWR | O_CREAT, 0600);
        if (files && opened) {
            file = *opened;
            const result<u32> fd = files->get_unused_fd(1024, false);
            if (fd) files->fd_install(*fd, *file);
        }
    }
    ~table_of_one() {
        files->check_invariants();
        files->put();
    }
    files_struct* files;
    open_file* file = nullptr;
};

}  // namespace

TEST(files_struct, gives_the_lowest_descriptor_that_is_free) {
    test_tree tree;
    table_of_one table(tree);
    ASSERT_TRUE(table.file);
    files_struct& files = *table.files;
    for (u32 i = 1; i < 5; ++i) EXPECT_EQ(files.dup(0, 1024, false).value_or(99), i);
    EXPECT_EQ(files.close(3).error(), 0);
    EXPECT_EQ(files.close(1).error(), 0);
    EXPECT_EQ(files.close(1).error(), EBADF);
    EXPECT_EQ(files.dup(0, 1024, false).value_or(99), 1u);
    EXPECT_EQ(files.dup(0, 1024, false).value_or(99), 3u);
    EXPECT_EQ(files.dup(0, 1024, false, 10).value_or(99), 10u);
    EXPECT_EQ(files.dup(0, 1024, false, 2).value_or(99), 5u);
    EXPECT_EQ(table.file->f_count.load(), 7u);
    EXPECT_EQ(files.next_open(6), 10u);
}

TEST(files_struct, ends_at_the_limit) {
    test_tree tree;
    table_of_one table(tree);
    ASSERT_TRUE(table.file);
    files_struct& files = *table.files;
    EXPECT_EQ(files.dup(0, 2, false).value_or(99), 1u);
    EXPECT_EQ(files.dup(0, 2, false).error(), EMFILE);
    EXPECT_EQ(files.dup(0, 2, false, 2).error(), EINVAL);
    EXPECT_EQ(files.get_unused_fd(0, false).error(), EMFILE);
    EXPECT_EQ(files.dup2(0, 2, 2).error(), EBADF);
    EXPECT_EQ(files.dup(7, 100, false).error(), EBADF);
    EXPECT_EQ(table.file->f_count.load(), 2u);
}

TEST(files_struct, grows_as_descriptors_do) {
    test_tree tree;
    table_of_one table(tree);
    ASSERT_TRUE(table.file);
    files_struct& files = *table.files;
    EXPECT_EQ(files.max_fds(), 32u);
    for (u32 i = 1; i < 100; ++i) EXPECT_EQ(files.dup(0, 1024, i % 2).value_or(999), i);
    EXPECT_EQ(files.max_fds(), 128u);
    EXPECT_TRUE(files.close_on_exec(31).value_or(false));
    EXPECT_FALSE(files.close_on_exec(32).value_or(true));
    EXPECT_EQ(files.dup2(0, 1023, 1024).value_or(0), 1023u);
    EXPECT_EQ(files.max_fds(), 1024u);
    files.close_all_on_exec();
    EXPECT_EQ(files.next_open(1), 2u);
    EXPECT_EQ(table.file->f_count.load(), 51u);
}

TEST(files_struct, dup2_closes_what_was_there) {
    test_tree tree;
    table_of_one table(tree);
    ASSERT_TRUE(table.file);
    files_struct& files = *table.files;
    EXPECT_EQ(files.dup2(0, 0, 1024).value_or(9), 0u);
    EXPECT_EQ(files.dup3(0, 0, 1024, false).error(), EINVAL);
    EXPECT_EQ(files.dup2(5, 5, 1024).error(), EBADF);
    EXPECT_EQ(files.dup2(5, 0, 1024).error(), EBADF);
    const result<open_file*> other = do_open(tree.from, "g", O_RDWR | O_CREAT, 0600);
    ASSERT_TRUE(other);
    const result<u32> fd = files.get_unused_fd(1024, true);
    ASSERT_TRUE(fd);
    EXPECT_EQ(files.dup2(0, *fd, 1024).error(), EBUSY);
    EXPECT_FALSE(files.fget(*fd));
    files.fd_install(*fd, **other);
    EXPECT_EQ(files.dup3(0, *fd, 1024, true).value_or(9), *fd);
    EXPECT_TRUE(files.close_on_exec(*fd).value_or(false));
    open_file* const there = files.fget(*fd);
    EXPECT_EQ(there, table.file);
    fput(there);
    EXPECT_EQ(files.set_close_on_exec(*fd, false).error(), 0);
    EXPECT_EQ(files.set_close_on_exec(9, false).error(), EBADF);
    const result<u32> promised = files.get_unused_fd(1024, false);
    ASSERT_TRUE(promised);
    files.put_unused_fd(*promised);
    EXPECT_EQ(files.get_unused_fd(1024, false).value_or(99), *promised);
    files.put_unused_fd(*promised);
}

TEST(files_struct, fork_copies_it_and_threads_share_it) {
    test_tree tree;
    table_of_one table(tree);
    ASSERT_TRUE(table.file);
    EXPECT_EQ(table.files->dup(0, 1024, true, 40).value_or(0), 40u);
    const result<files_struct*> copied = table.files->dup_fd();
    ASSERT_TRUE(copied);
    files_struct& copy = **copied;
    copy.check_invariants();
    EXPECT_EQ(table.file->f_count.load(), 4u);
    EXPECT_TRUE(copy.close_on_exec(40).value_or(false));
    EXPECT_EQ(copy.close(0).error(), 0);
    EXPECT_EQ(table.files->next_open(0), 0u);
    EXPECT_EQ(copy.next_open(0), 40u);
    copy.get();
    copy.put();
    copy.put();
    EXPECT_EQ(table.file->f_count.load(), 2u);
}

TEST(files_struct, each_lack_of_memory_is_told) {
    test_tree tree;
    table_of_one table(tree);
    ASSERT_TRUE(table.file);
    EXPECT_EQ(for_each_failure(failslab, [&] {
        const result<files_struct*> copy = table.files->dup_fd();
        if (copy) (*copy)->put();
        else EXPECT_EQ(copy.error(), ENOMEM);
    }), 2u);
    EXPECT_EQ(for_each_failure(failslab, [&] {
        const result<u32> high = table.files->dup2(0, 900, 1024);
        if (!high) EXPECT_EQ(high.error(), ENOMEM);
    }), 1u);
}

TEST(fs_struct, keeps_its_places) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.mkdir("home"), 0);
    fs_struct* const mine = fs_struct::create(tree.from.root);
    ASSERT_TRUE(mine);
    const result<path> home = path_lookup(tree.from, "home", LOOKUP_DIRECTORY);
    ASSERT_TRUE(home);
    mine->set_pwd(*home);
    EXPECT_EQ(mine->set_umask(01077), 022u);
    fs_struct* const childs = mine->dup();
    ASSERT_TRUE(childs);
    const path pwd = childs->pwd();
    EXPECT_TRUE(pwd == *home);
    EXPECT_EQ(childs->umask(), 077u);
    path_put(pwd);
    EXPECT_EQ(tree.rmdir("home"), 0);
    childs->put();
    mine->put();
}
