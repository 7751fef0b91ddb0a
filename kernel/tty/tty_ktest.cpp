// From a key to who reads /dev/console, over the real task that passes keys on.
#include "fs/vfs/vfs_fixture.hpp"
#include "kernel/console/console.hpp"
#include "kernel/tty/tty.hpp"

#include <test.hpp>

namespace {

// /dev/console without echo, and without lines if so wished.
class opened_console {
public:
    explicit opened_console(u32 flags) {
        for (char typed_before; console_try_getc(typed_before);) {}
        tree_.mknod("/console", S_IFCHR | 0600, MKDEV(TTYAUX_MAJOR, 1));
        const result<open_file*> opened = do_open(tree_.from, "/console", flags, 0);
        if (!opened) return;
        file = *opened;
        tty = static_cast<tty_file*>(file->private_data)->tty;
        const tty_guard held(*tty);
        before_ = tty->discipline.settings();
        ktermios quiet = before_;
        quiet.c_lflag &= ~ECHO;
        tty->discipline.set(quiet);
    }
    ~opened_console() {
        if (!file) return;
        {
            const tty_guard held(*tty);
            tty->discipline.set(before_);
        }
        fput(file);
    }

    void change(void (*how)(ktermios&)) {
        const tty_guard held(*tty);
        ktermios settings = tty->discipline.settings();
        how(settings);
        tty->discipline.set(settings);
    }
    void type(std::string_view text) {
        for (const char c : text) console_input(console_line::ttyS0, c);
    }
    std::string_view read(size_t bytes = sizeof text_) {
        const result<size_t> got = vfs_read(*file, iov_iter::of_kernel(text_, bytes));
        return got ? std::string_view(text_, *got) : errno_name(got.error());
    }

    open_file* file = nullptr;
    tty_struct* tty = nullptr;

private:
    test_tree tree_;
    ktermios before_{};
    char text_[16];
};

}  // namespace

TEST(tty, a_typed_line_is_read) {
    opened_console console(O_RDWR);
    ASSERT_TRUE(console.file != nullptr);
    console.type("longer than sixteen\r");
    EXPECT_TRUE(console.read() == "longer than sixt");
    EXPECT_TRUE(console.read() == "een\n");
    console.type("\x04");
    EXPECT_TRUE(console.read() == "");
}

TEST(tty, who_does_not_wait_gets_eagain) {
    opened_console console(O_RDWR | O_NONBLOCK);
    ASSERT_TRUE(console.file != nullptr);
    EXPECT_TRUE(console.read() == "EAGAIN");
    console.change([](ktermios& s) { s.c_lflag &= ~ICANON; });
    console.type("x");
    while (!console.tty->readable) schedule();
    EXPECT_TRUE(console.read() == "x");
}

TEST(tty, vmin_and_vtime_decide_how_long_a_read_waits) {
    opened_console console(O_RDWR);
    ASSERT_TRUE(console.file != nullptr);
    console.change([](ktermios& s) {
        s.c_lflag &= ~ICANON;
        s.c_cc[VMIN] = 0;
        s.c_cc[VTIME] = 1;
    });
    EXPECT_TRUE(console.read() == "");
    console.change([](ktermios& s) { s.c_cc[VMIN] = 3; });
    console.type("ab");
    EXPECT_TRUE(console.read() == "ab");
    console.type("abcd");
    EXPECT_TRUE(console.read(3) == "abc");
    EXPECT_TRUE(console.read() == "d");
}

TEST(tty, the_key_typed_twice_asks_for_the_monitor) {
    opened_console console(O_RDWR | O_NONBLOCK);
    ASSERT_TRUE(console.file != nullptr);
    const console_turn nobody_s(console_owner::monitor);  // so that it does not open
    console.type("\x1d\x1d");
    EXPECT_FALSE(monitor_requested());
    console_set_turn(console_owner::programs);
    preempt_disable();
    console.type("\x1d");
    EXPECT_FALSE(monitor_requested());
    console.type("x\x1d\x1d");
    EXPECT_TRUE(take_monitor_request());
    preempt_enable();
}

TEST(tty, a_kernel_thread_has_none) {
    test_tree tree;
    tree.mknod("/tty", S_IFCHR | 0666, MKDEV(TTYAUX_MAJOR, 0));
    EXPECT_EQ(tree.open("/tty", O_RDWR), ENXIO);
}
