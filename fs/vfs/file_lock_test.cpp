#include "fs/vfs/file_lock.hpp"

#include "fs/vfs/vfs_fixture.hpp"

#include <test.hpp>

namespace {

class locked_file {
public:
    locked_file() {
        if (tree && tree.make("f") == 0)
            if (const result<open_file*> opened = do_open(tree.from, "f", O_RDWR, 0))
                file = *opened;
    }
    ~locked_file() {
        if (!file) return;
        for (const char& owner : owners) forget_file_locks(*file->f_inode, &owner);
        fput(file);
    }
    file_lock lock(u32 who, file_lock::type_of_lock type, u64 start, u64 end) {
        return {.type = type,
                .owner = &owners[who],
                .pid = who + 1,
                .start = start,
                .end = end};
    }
    int set(u32 who, file_lock::type_of_lock type, u64 start, u64 end) {
        return set_file_lock(*file->f_inode, lock(who, type, start, end), false).error();
    }
    // "w 3-7": what keeps the third one from writing at this place.
    std::string_view at(u64 place) {
        const file_lock found =
            test_file_lock(*file->f_inode, lock(2, file_lock::write, place, place));
        text.clear();
        if (found.type == file_lock::none) return "-";
        format_to(text, "{} {}-{}", found.type == file_lock::read ? "r" : "w", found.start,
                  found.end);
        return text.view();
    }
    u32 count() const { return file->f_inode->i_locks; }

    test_tree tree;
    open_file* file = nullptr;
    char owners[3] = {};
    text_buffer<48> text;
};

}  // namespace

TEST(file_lock, ranges_join_are_cut_and_keep_others_out) {
    locked_file f;
    ASSERT_TRUE(f.file != nullptr);
    EXPECT_EQ(f.set(0, file_lock::write, 0, 9), 0);
    EXPECT_EQ(f.set(0, file_lock::write, 10, 19), 0);
    EXPECT_EQ(f.at(5), "w 0-19");
    EXPECT_EQ(f.set(1, file_lock::read, 19, 30), EAGAIN);
    EXPECT_EQ(f.set(0, file_lock::none, 5, 6), 0);
    EXPECT_EQ(f.at(4), "w 0-4");
    EXPECT_EQ(f.at(5), "-");
    EXPECT_EQ(f.at(7), "w 7-19");
    EXPECT_EQ(f.set(0, file_lock::read, 7, 9), 0);
    EXPECT_EQ(f.set(1, file_lock::read, 8, 8), 0);
    EXPECT_EQ(f.set(0, file_lock::write, 8, 8), EAGAIN);
    EXPECT_EQ(f.at(10), "w 10-19");
    EXPECT_EQ(f.count(), 4u);
    forget_file_locks(*f.file->f_inode, &f.owners[0]);
    EXPECT_EQ(f.count(), 1u);
    EXPECT_EQ(f.set(1, file_lock::none, 0, file_lock::to_the_end), 0);
    EXPECT_EQ(f.count(), 0u);
}

TEST(file_lock, whole_and_ranges_do_not_see_each_other_and_go_with_their_owner) {
    locked_file f;
    ASSERT_TRUE(f.file != nullptr);
    const result<open_file*> other = do_open(f.tree.from, "f", O_RDWR, 0);
    ASSERT_TRUE(other);
    inode& inode = *f.file->f_inode;
    const file_lock mine{
        .kind = file_lock::whole, .type = file_lock::write, .owner = *other};
    const file_lock his{.kind = file_lock::whole, .type = file_lock::read, .owner = f.file};
    EXPECT_EQ(f.set(0, file_lock::write, 0, 9), 0);
    EXPECT_EQ(set_file_lock(inode, mine, false).error(), 0);
    EXPECT_EQ(set_file_lock(inode, his, false).error(), EAGAIN);
    fput(*other);
    EXPECT_EQ(set_file_lock(inode, his, false).error(), 0);
    files_struct* const table = files_struct::create();
    ASSERT_TRUE(table != nullptr);
    const u32 fd = *table->get_unused_fd(files_struct::no_limit, false);
    table->fd_install(fd, *static_cast<open_file*>(get_file(f.file)));
    const file_lock task{.type = file_lock::read, .owner = table, .pid = 9, .start = 20};
    EXPECT_EQ(set_file_lock(inode, task, false).error(), 0);
    EXPECT_EQ(f.count(), 3u);
    EXPECT_TRUE(table->close(fd));
    EXPECT_EQ(f.count(), 2u);
    table->put();
}
