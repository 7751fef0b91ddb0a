#include "fs/pipe/pipe.hpp"

#include "fs/vfs/poll.hpp"
#include "fs/vfs/vfs_fixture.hpp"

#include <test.hpp>

namespace {

constexpr u32 IN = POLLIN | POLLRDNORM, OUT = POLLOUT | POLLWRNORM;

iov_iter text_in(std::string_view text) {
    return iov_iter::of_kernel(text.data(), text.size());
}

struct open_pipe {
    explicit open_pipe(u32 flags = O_NONBLOCK) : made(create_pipe({7, 8}, flags)) {
        if (made) ends = *made;
    }
    ~open_pipe() {
        close(ends.reader);
        close(ends.writer);
    }
    static void close(open_file*& end) {
        if (end) fput(std::exchange(end, nullptr));
    }
    int write(std::string_view text) {
        return vfs_write(*ends.writer, text_in(text)).error();
    }
    std::string_view read(size_t most = sizeof buffer) {
        const result<size_t> got =
            vfs_read(*ends.reader, iov_iter::of_kernel(buffer, most));
        return got ? std::string_view(buffer, *got) : errno_name(got.error());
    }
    result<pipe_ends> made;
    pipe_ends ends{};
    char buffer[32];
};

struct page_of_bytes {
    char bytes[PIPE_BUF];
};

}  // namespace

TEST(pipe, small_writes_share_a_page_and_are_read_as_one) {
    pipe_ring ring;
    ASSERT_TRUE(ring.resize(2));
    iov_iter first = text_in("pal"), second = text_in("ace");
    EXPECT_EQ(ring.write(first, false).value_or(0), 3u);
    EXPECT_EQ(ring.write(second, false).value_or(0), 3u);
    EXPECT_EQ(ring.bytes(), 6u);
    EXPECT_EQ(ring.resize(1).error(), 0);
    char got[8];
    iov_iter to = iov_iter::of_kernel(got, 4);
    EXPECT_EQ(ring.read(to).value_or(0), 4u);
    EXPECT_EQ(std::string_view(got, 4), "pala");
    ring.check_invariants();
    EXPECT_EQ(ring.resize(4).error(), 0);
    iov_iter rest = iov_iter::of_kernel(got, 8);
    EXPECT_EQ(ring.read(rest).value_or(0), 2u);
    EXPECT_EQ(std::string_view(got, 2), "ce");
    EXPECT_TRUE(ring.empty());
}

TEST(pipe, no_write_of_up_to_PIPE_BUF_is_cut) {
    open_pipe pipe;
    ASSERT_TRUE(pipe.made);
    EXPECT_EQ(set_pipe_size(*pipe_of(*pipe.ends.reader), 2 * PAGE_SIZE).value_or(0),
              2 * PAGE_SIZE);
    auto& page = in_scratch<page_of_bytes>();
    memset(page.bytes, 'x', sizeof page.bytes);
    const std::string_view whole(page.bytes, PIPE_BUF);
    EXPECT_EQ(pipe.write("first"), 0);
    EXPECT_EQ(pipe.write(whole), 0);
    EXPECT_EQ(pipe.write("y"), EAGAIN);  // not even one byte behind a full page
    EXPECT_EQ(pipe.read(5), "first");
    EXPECT_EQ(pipe.write(whole.substr(1)), 0);
    EXPECT_EQ(pipe.write("yz"), EAGAIN);
    EXPECT_EQ(pipe.write("y"), 0);
    EXPECT_EQ(set_pipe_size(*pipe_of(*pipe.ends.reader), PAGE_SIZE).error(), EBUSY);
}

TEST(pipe, ends_without_the_other_end) {
    open_pipe pipe;
    ASSERT_TRUE(pipe.made);
    EXPECT_EQ(pipe.read(), "EAGAIN");
    EXPECT_EQ(vfs_poll(*pipe.ends.reader, nullptr), 0u);
    EXPECT_EQ(vfs_poll(*pipe.ends.writer, nullptr), OUT);
    EXPECT_EQ(pipe.write("last words"), 0);
    EXPECT_EQ(vfs_poll(*pipe.ends.reader, nullptr), IN);
    pipe.close(pipe.ends.writer);
    EXPECT_EQ(vfs_poll(*pipe.ends.reader, nullptr), IN | POLLHUP);
    EXPECT_EQ(pipe.read(), "last words");
    EXPECT_EQ(pipe.read(), "");

    open_pipe other;
    ASSERT_TRUE(other.made);
    other.close(other.ends.reader);
    EXPECT_EQ(other.write("x"), EPIPE);
    EXPECT_EQ(other.write(""), 0);
    EXPECT_EQ(vfs_poll(*other.ends.writer, nullptr), OUT | POLLERR);
}

TEST(pipe, packets_stay_apart) {
    open_pipe pipe(O_NONBLOCK | O_DIRECT);
    ASSERT_TRUE(pipe.made);
    EXPECT_EQ(pipe.write("one"), 0);
    EXPECT_EQ(pipe.write("two"), 0);
    EXPECT_EQ(pipe.read(2), "on");
    EXPECT_EQ(pipe.read(), "two");
}

TEST(pipe, is_a_file_of_its_maker_with_a_number_for_a_name) {
    open_pipe pipe;
    ASSERT_TRUE(pipe.made);
    kstat stat;
    vfs_getattr(pipe.ends.reader->f_path, stat);
    EXPECT_EQ(stat.mode, S_IFIFO | 0600u);
    EXPECT_EQ(stat.uid, 7u);
    EXPECT_EQ(vfs_llseek(*pipe.ends.reader, 0, SEEK_CUR).error(), ESPIPE);
    text_buffer<32> name, expected;
    pipe.ends.reader->name(name);
    format_to(expected, "pipe:[{}]", stat.ino);
    EXPECT_EQ(name.view(), expected.view());
}

TEST(pipe, a_fifo_waits_for_its_partner_unless_told_not_to) {
    test_tree tree;
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree.mknod("p", S_IFIFO | 0600), 0);
    EXPECT_EQ(tree.open("p", O_WRONLY | O_NONBLOCK), ENXIO);
    const result<open_file*> reader = do_open(tree.from, "p", O_RDONLY | O_NONBLOCK, 0);
    ASSERT_TRUE(reader);
    EXPECT_EQ(vfs_poll(**reader, nullptr), 0u);  // nobody has hung up yet
    EXPECT_EQ(tree.make("p", "by name"), 0);
    EXPECT_EQ(vfs_poll(**reader, nullptr), IN | POLLHUP);
    char got[8];
    EXPECT_EQ(vfs_read(**reader, iov_iter::of_kernel(got, 8)).value_or(0), 7u);
    EXPECT_EQ(std::string_view(got, 7), "by name");
    EXPECT_EQ(vfs_poll(**reader, nullptr), u32{POLLHUP});
    fput(*reader);
    EXPECT_EQ(tree.open("p", O_RDWR), 0);
}

TEST(poll, a_table_hears_of_changes_on_any_of_its_queues) {
    open_pipe pipe;
    ASSERT_TRUE(pipe.made);
    poll_table table;
    for (u32 i = 0; i < 80; ++i) EXPECT_EQ(vfs_poll(*pipe.ends.reader, &table), 0u);
    EXPECT_FALSE(table.failed());
    open_file* const reader = std::exchange(pipe.ends.reader, nullptr);
    fput(reader);  // the table keeps it
    EXPECT_EQ(pipe.write("x"), 0);
    EXPECT_EQ(table.sleep(100), 100);  // not a tick: it was woken before
}
