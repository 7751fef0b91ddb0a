// The calls on files as programs make them: by number, with addresses of their own memory.
#include "fs/vfs/vfs_fixture.hpp"
#include "kernel/syscall/files.hpp"
#include "kernel/syscall/stat_abi.hpp"
#include "mm/vm/current_mm.hpp"
#include "mm/vm/mm.hpp"

#include <test.hpp>

namespace {

constexpr u32 kernel_memory = 0xc0100000;

// The current task becomes a program's, with two pages of memory and nothing behind them.
class program_scene {
public:
    static constexpr u32 memory = 0x10000, memory_end = memory + 2 * PAGE_SIZE;

    program_scene() : task_(*current_task()), mm_(mm_alloc()) {
        if (!tree || !mm_) return;
        use_mm(mm_);
        constexpr u32 private_anonymous_fixed = 0x32;
        mapped_ =
            static_cast<bool>(do_mmap(*mm_, memory, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE,
                                      private_anonymous_fixed, nullptr, 0));
        task_.files = files_struct::create();
        task_.fs = fs_struct::create(tree.from.root);
    }
    ~program_scene() {
        if (task_.files) std::exchange(task_.files, nullptr)->put();
        if (task_.fs) std::exchange(task_.fs, nullptr)->put();
        if (!mm_) return;
        use_mm(nullptr);
        mmput(*mm_);
    }
    bool ready() const { return mapped_ && task_.files && task_.fs; }

    template <class... Args>
    s32 call(u32 number, Args... args) {
        const u32 words[6] = {static_cast<u32>(args)...};
        trap_frame frame{};
        memcpy(&frame.ebx, words, sizeof words);
        for (const system_call* const one : registered<system_call>())
            if (one->number == number) return one->handle(frame);
        return -ENOSYS;
    }
    u32 put(std::string_view text, u32 address = memory) {
        EXPECT_EQ(copy_to_user(user_ptr<void>(address), text.data(),
                               static_cast<u32>(text.size())), 0u);
        return address;
    }
    // A string that ends where the memory does.
    u32 put_last(std::string_view text) {
        const u32 at = memory_end - static_cast<u32>(text.size()) - 1;
        put(text, at);
        put({"", 1}, memory_end - 1);
        return at;
    }
    template <class T>
    T get(u32 address) {
        T value{};
        EXPECT_EQ(copy_from_user(&value, user_ptr<const void>(address), sizeof value), 0u);
        return value;
    }
    void fill(u32 address, u32 bytes, char with) {
        for (u32 i = 0; i < bytes; ++i) put({&with, 1}, address + i);
    }

    test_tree tree;

private:
    task_struct& task_;
    mm_struct* mm_;
    bool mapped_ = false;
};

constexpr u32 M = program_scene::memory, END = program_scene::memory_end;
constexpr u32 nr_read = 3, nr_write = 4, nr_open = 5, nr_close = 6, nr_lseek = 19,
              nr_pipe = 42, nr_dup = 41, nr_readv = 145, nr_writev = 146, nr_poll = 168,
              nr_getcwd = 183, nr_stat64 = 195, nr_fcntl64 = 221, nr_getdents64 = 220,
              nr_getdents = 141, nr_openat = 295, nr_llseek = 140, nr_mkdir = 39,
              nr_chdir = 12, nr_select = 142, nr_statx = 383, nr_fstat = 108,
              nr_access = 33;

}  // namespace

TEST(file_calls, a_name_is_looked_at_before_all_else) {
    program_scene p;
    ASSERT_TRUE(p.ready());
    EXPECT_EQ(p.call(nr_open, kernel_memory, 0), -EFAULT);
    EXPECT_EQ(p.call(nr_open, 0, 0), -EFAULT);
    EXPECT_EQ(p.call(nr_open, p.put_last(""), 0), -ENOENT);
    EXPECT_EQ(p.call(nr_open, p.put_last("none"), 0), -ENOENT);
    EXPECT_EQ(p.call(nr_open, p.put("x", END - 1), 0), -EFAULT);
    EXPECT_EQ(p.call(nr_openat, 99, p.put_last(""), 0), -ENOENT);
    EXPECT_EQ(p.call(nr_openat, 99, p.put_last("x"), 0), -EBADF);
    EXPECT_EQ(p.call(nr_openat, 99, p.put_last("/x"), 0), -ENOENT);
    EXPECT_EQ(p.call(nr_open, p.put_last("f"), O_CREAT | O_RDWR, 0600), 0);
    EXPECT_EQ(p.call(nr_openat, 0, p.put_last("x"), 0), -ENOTDIR);
    p.fill(M, PATH_MAX, 'a');
    EXPECT_EQ(p.call(nr_open, M, 0), -ENAMETOOLONG);
    p.put({"", 1}, M + PATH_MAX - 1);
    EXPECT_EQ(p.call(nr_open, M, 0), -ENAMETOOLONG);  // now of the name, not the path
}

TEST(file_calls, transfers_end_where_memory_does) {
    program_scene p;
    ASSERT_TRUE(p.ready());
    EXPECT_EQ(p.call(nr_open, p.put_last("f"), O_CREAT | O_RDWR, 0600), 0);
    EXPECT_EQ(p.call(nr_write, 0, END - 3, 8), 3);
    EXPECT_EQ(p.call(nr_write, 0, END, 8), -EFAULT);
    EXPECT_EQ(p.call(nr_write, 0, kernel_memory, 8), -EFAULT);
    EXPECT_EQ(p.call(nr_write, 0, kernel_memory, 0), -EFAULT);
    EXPECT_EQ(p.call(nr_write, 0, M, 0x80000000), -EINVAL);
    EXPECT_EQ(p.call(nr_write, 7, kernel_memory, 8), -EBADF);
    EXPECT_EQ(p.call(nr_lseek, 0, 0, SEEK_SET), 0);
    EXPECT_EQ(p.call(nr_read, 0, END - 2, 8), 2);
    EXPECT_EQ(p.call(nr_read, 0, M, 8), 1);
    const user_segment segments[] = {{M + 100, 2}, {M + 200, 0}, {M + 300, 3}};
    p.put({reinterpret_cast<const char*>(segments), sizeof segments}, M);
    p.put("ab", M + 100);
    p.put("cde", M + 300);
    EXPECT_EQ(p.call(nr_writev, 0, M, 3), 5);
    EXPECT_EQ(p.call(nr_writev, 0, M, 1025), -EINVAL);
    EXPECT_EQ(p.call(nr_writev, 0, M, 0), 0);
    EXPECT_EQ(p.call(nr_lseek, 0, 3, SEEK_SET), 3);
    p.fill(M + 100, 300, '-');
    EXPECT_EQ(p.call(nr_readv, 0, M, 3), 5);
    EXPECT_EQ(p.get<u16>(M + 100), 0x6261u);
    EXPECT_EQ(p.get<u32>(M + 300), 0x2d656463u);
}

TEST(file_calls, what_stat_tells_has_no_bytes_of_the_kernels) {
    program_scene p;
    ASSERT_TRUE(p.ready());
    EXPECT_EQ(p.call(nr_open, p.put_last("f"), O_CREAT | O_RDWR, 0600), 0);
    p.fill(M, 300, '\xff');
    EXPECT_EQ(p.call(nr_stat64, p.put_last("f"), M), 0);
    const auto stat = p.get<stat64_abi>(M);
    EXPECT_EQ(u32{stat.padding0} | u32{stat.padding3}, 0u);
    EXPECT_EQ(u64{stat.ino}, u64{stat.short_ino});
    EXPECT_EQ(u32{stat.mode}, S_IFREG | 0600u);
    EXPECT_EQ(p.get<u8>(M + sizeof stat), 0xffu);
    EXPECT_EQ(p.call(nr_statx, AT_FDCWD, p.put_last("f"), 0, 0x7ff, M), 0);
    const auto wide = p.get<statx_abi>(M);
    EXPECT_EQ(u64{wide.spare[12]} | wide.padding0 | u32{wide.atime.reserved}, 0u);
    EXPECT_EQ(p.get<u8>(M + sizeof wide), 0xffu);
    EXPECT_EQ(p.call(nr_llseek, 0, 0, 0xc0000000, M, SEEK_SET), 0);
    EXPECT_EQ(p.get<u64>(M), u64{0xc0000000});
    EXPECT_EQ(p.call(nr_lseek, 0, 0, SEEK_CUR), -EOVERFLOW);
    EXPECT_EQ(p.call(nr_write, 0, M, 1), 1);
    EXPECT_EQ(p.call(nr_fstat, 0, M), -EOVERFLOW);
}

TEST(file_calls, listings_and_the_working_directory) {
    program_scene p;
    ASSERT_TRUE(p.ready());
    EXPECT_EQ(p.call(nr_mkdir, p.put_last("dir"), 0755), 0);
    EXPECT_EQ(p.call(nr_chdir, p.put_last("dir")), 0);
    EXPECT_EQ(p.call(nr_getcwd, M, 4), -ERANGE);
    EXPECT_EQ(p.call(nr_getcwd, M, 5), 5);
    EXPECT_EQ(p.get<u32>(M), 0x7269642fu);
    EXPECT_EQ(p.call(nr_mkdir, p.put_last("abc"), 0755), 0);
    EXPECT_EQ(p.call(nr_open, p.put_last("."), O_RDONLY), 0);
    EXPECT_EQ(p.call(nr_getdents64, 0, M, 23), -EINVAL);
    EXPECT_EQ(p.call(nr_getdents64, 0, M, 200), 72);
    EXPECT_EQ(p.call(nr_lseek, 0, 0, SEEK_SET), 0);
    p.fill(M, 200, '\xff');
    EXPECT_EQ(p.call(nr_getdents, 0, M, 200), 3 * 16);
    EXPECT_EQ(p.get<u16>(M + 8), 16u);           // "."
    EXPECT_EQ(p.get<u32>(M + 32 + 10), 0x636261u);
    EXPECT_EQ(p.get<u8>(M + 32 + 14), 0u);       // between the name and the type
    EXPECT_EQ(p.get<u8>(M + 32 + 15), 4u);       // DT_DIR
    EXPECT_EQ(p.call(nr_access, p.put_last("abc"), 8), -EINVAL);
    EXPECT_EQ(p.call(nr_access, p.put_last("abc"), 7), 0);
}

TEST(file_calls, pipes_are_polled_and_selected) {
    program_scene p;
    ASSERT_TRUE(p.ready());
    EXPECT_EQ(p.call(nr_pipe, kernel_memory), -EFAULT);
    EXPECT_EQ(p.call(nr_pipe, M), 0);
    EXPECT_EQ(p.get<u64>(M), u64{1} << 32);  // 0 and 1: those of before are closed again
    const u16 asked[] = {0, 0, POLLIN, 0xff, 1, 0, POLLOUT, 0xff, 9, 0, 0, 0xff};
    p.put({reinterpret_cast<const char*>(asked), sizeof asked}, M);
    EXPECT_EQ(p.call(nr_poll, M, 3, 0), 2);
    EXPECT_EQ(p.get<u16>(M + 6), 0u);
    EXPECT_EQ(p.get<u16>(M + 14), u16{POLLOUT});
    EXPECT_EQ(p.get<u16>(M + 22), u16{POLLNVAL});
    EXPECT_EQ(p.call(nr_write, 1, M, 5), 5);
    EXPECT_EQ(p.call(nr_poll, M, 3, -1), 3);
    const u32 sets[] = {3, 3};
    p.put({reinterpret_cast<const char*>(sets), sizeof sets}, M);
    EXPECT_EQ(p.call(nr_select, 2, M, M + 4, 0, 0), 2);
    EXPECT_EQ(p.get<u64>(M), u64{2} << 32 | 1);
    p.put({reinterpret_cast<const char*>(sets), sizeof sets}, M);
    EXPECT_EQ(p.call(nr_close, 1), 0);
    EXPECT_EQ(p.call(nr_select, 2, M, 0, 0, 0), -EBADF);
    EXPECT_EQ(p.call(nr_fcntl64, 0, F_DUPFD, 5), 5);
    EXPECT_EQ(p.call(nr_fcntl64, 5, F_SETFD, FD_CLOEXEC), 0);
    EXPECT_EQ(p.call(nr_fcntl64, 5, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(p.call(nr_fcntl64, 0, F_GETFD), 0);
    EXPECT_EQ(p.call(nr_dup, 3), -EBADF);
}
