// Pipes between tasks that wait for each other.
#include "fs/pipe/pipe.hpp"
#include "fs/vfs/poll.hpp"
#include "fs/vfs/vfs_fixture.hpp"
#include "kernel/sched/task_fixture.hpp"

#include <test.hpp>

namespace {

struct shared_pipe {
    shared_pipe() : made(create_pipe({}, 0)) {}
    ~shared_pipe() {
        if (!made) return;
        if (made->reader) fput(made->reader);
        if (made->writer) fput(made->writer);
    }
    result<pipe_ends> made;
};

size_t read(open_file& file, void* to, size_t bytes) {
    return vfs_read(file, iov_iter::of_kernel(to, bytes)).value_or(0);
}
size_t write(open_file& file, const void* from, size_t bytes) {
    return vfs_write(file, iov_iter::of_kernel(from, bytes)).value_or(0);
}
void let_others_run() {
    for (u32 i = 0; i < 4; ++i) yield();
}

}  // namespace

TEST(pipe_tasks, a_reader_waits_for_bytes_and_for_the_end) {
    const task_scene scene;
    shared_pipe pipe;
    ASSERT_TRUE(pipe.made);
    u32 got = 0, at_end = 9;
    char bytes[8];
    test_thread reader([&] {
        got = static_cast<u32>(read(*pipe.made->reader, bytes, sizeof bytes));
        at_end = static_cast<u32>(read(*pipe.made->reader, bytes, sizeof bytes));
    });
    ASSERT_TRUE(reader.made());
    reader.start();
    let_others_run();
    EXPECT_EQ(got, 0u);
    EXPECT_EQ(write(*pipe.made->writer, "abc", 3), 3u);
    let_others_run();
    EXPECT_EQ(got, 3u);
    EXPECT_EQ(at_end, 9u);
    fput(std::exchange(pipe.made->writer, nullptr));
    reader.join();
    EXPECT_EQ(at_end, 0u);
}

TEST(pipe_tasks, a_writer_waits_until_all_of_it_has_gone) {
    const task_scene scene;
    shared_pipe pipe;
    ASSERT_TRUE(pipe.made);
    EXPECT_TRUE(set_pipe_size(*pipe_of(*pipe.made->writer), PAGE_SIZE));
    constexpr u32 all = 3 * PAGE_SIZE + 5;
    struct many {
        char bytes[all];
    };
    const char* const text = in_scratch<many>().bytes;
    u32 wrote = 0;
    test_thread writer([&] {
        wrote = static_cast<u32>(write(*pipe.made->writer, text, all));
    });
    ASSERT_TRUE(writer.made());
    writer.start();
    let_others_run();
    EXPECT_EQ(wrote, 0u);
    u32 got = 0;
    char bytes[500];
    while (got < all)
        got += static_cast<u32>(read(*pipe.made->reader, bytes, sizeof bytes));
    writer.join();
    EXPECT_EQ(got, all);
    EXPECT_EQ(wrote, all);
}

TEST(pipe_tasks, both_ends_of_a_fifo_wait_for_each_other) {
    const task_scene scene;
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.mknod("p", S_IFIFO | 0600), 0);
    open_file* file = nullptr;
    test_thread reader(
        [&] { file = do_open(tree.from, "p", O_RDONLY, 0).value_or(nullptr); });
    ASSERT_TRUE(reader.made());
    reader.start();
    let_others_run();
    EXPECT_TRUE(file == nullptr);
    EXPECT_EQ(tree.make("p", "met"), 0);  // ... and has closed it again
    reader.join();
    ASSERT_TRUE(file != nullptr);
    char bytes[4];
    EXPECT_EQ(read(*file, bytes, 4), 3u);
    fput(file);
}

TEST(pipe_tasks, who_polls_is_woken) {
    const task_scene scene;
    shared_pipe pipe;
    ASSERT_TRUE(pipe.made);
    u32 ready = 9;
    test_thread poller([&] {
        poll_table table;
        ready = vfs_poll(*pipe.made->reader, &table);
        if (table.sleep(10 * 100) > 0) ready = vfs_poll(*pipe.made->reader, nullptr);
    });
    ASSERT_TRUE(poller.made());
    poller.start();
    let_others_run();
    EXPECT_EQ(ready, 0u);
    EXPECT_EQ(write(*pipe.made->writer, "x", 1), 1u);
    poller.join();
    EXPECT_EQ(ready, u32{POLLIN | POLLRDNORM});
}
