// Programs of several threads: who takes a signal, and how all of them stop and go on.
#include "kernel/sched/task_fixture.hpp"
#include "kernel/signal/signal_fixture.hpp"
#include "kernel/signal/stop.hpp"

#include <test.hpp>

#include <optional>

namespace {

// Others run until it is so, or for long enough.
template <class Condition>
bool until(Condition condition) {
    for (u32 i = 0; i < 200 && !condition(); ++i) msleep(1);
    return condition();
}

// A thread of a program that sleeps until a signal is there, and does what it would do about
// it on its way to ring 3. SIGKILL it only takes note of: it is still needed.
class program_thread {
public:
    explicit program_thread(task_struct* leader = nullptr) {
        if (thread_.made()) member_.emplace(thread_.task(), leader);
    }
    ~program_thread() {
        if (!thread_.made()) return;
        leave_ = true;
        thread_.start();
        thread_.join();
        member_.reset();
    }
    program_thread(const program_thread&) = delete;
    program_thread& operator=(const program_thread&) = delete;

    bool made() const { return member_ && member_->made(); }
    task_struct& task() { return thread_.task(); }
    bool start() {
        thread_.start();
        return until([&] { return task().state == TASK_INTERRUPTIBLE; });
    }
    void send(u32 signal) {
        EXPECT_TRUE(static_cast<bool>(send_signal_to_group(task(), kernel_signal(signal))));
    }

private:
    struct body {
        program_thread* self;
        void operator()() const { self->live(); }
    };

    void live() {
        trap_frame frame{};
        frame.cs = USER_CS;
        while (!leave_) {
            set_current_state(TASK_INTERRUPTIBLE);
            if (!leave_) schedule();
            set_current_state(TASK_RUNNING);
            if (fatal_signal_pending(*current_task())) current_task()->signal_pending = false;
            if (signal_pending()) do_signal(frame);
        }
    }

    atomic<bool> leave_ = false;
    test_thread<body> thread_{body{this}};
    std::optional<as_program> member_;
};

void set_handler(task_struct& task, u32 signal, u32 handler) {
    const lock_guard held(task.sighand->siglock);
    action_of(*task.sighand, signal).handler = handler;
}

bool stopped(task_struct& task) { return task.state == TASK_STOPPED; }

// What the parent was sent of its child.
kernel_siginfo news_of_child() {
    kernel_siginfo info{};
    task_struct& me = *current_task();
    const lock_guard held(me.sighand->siglock);
    static_cast<void>(dequeue_signal_locked(me, 0, info));
    return info;
}

}  // namespace

TEST(signal_group, a_thread_that_does_not_block_it_takes_it) {
    const task_scene scene;
    program_thread a;
    ASSERT_TRUE(a.made());
    program_thread b(&a.task());
    ASSERT_TRUE(b.made());
    a.task().blocked = sigmask(SIGTERM);
    set_handler(a.task(), SIGTERM, 0x8048000);
    a.send(SIGTERM);
    EXPECT_FALSE(a.task().signal_pending);
    EXPECT_TRUE(b.task().signal_pending);
    // It ends, and leaves that to the other one.
    a.task().blocked = 0;
    exit_signals(b.task());
    EXPECT_TRUE(a.task().signal_pending);
}

TEST(signal_group, a_deadly_signal_is_for_all) {
    const task_scene scene;
    program_thread a;
    ASSERT_TRUE(a.made());
    program_thread b(&a.task());
    ASSERT_TRUE(b.made());
    a.send(SIGTERM);
    EXPECT_TRUE(a.task().signal->group_exit);
    EXPECT_EQ(a.task().signal->group_exit_code, SIGTERM);
    EXPECT_TRUE(fatal_signal_pending(a.task()));
    EXPECT_TRUE(fatal_signal_pending(b.task()));
}

TEST(signal_group, the_kernels_kill_of_a_thread_is_for_it_alone) {
    const task_scene scene;
    program_thread a;
    ASSERT_TRUE(a.made());
    program_thread b(&a.task());
    ASSERT_TRUE(b.made());
    a.task().signal->group_exit = true;  // who ends the program has said so before
    EXPECT_TRUE(static_cast<bool>(send_signal_to_thread(b.task(), kernel_signal(SIGKILL))));
    EXPECT_TRUE(fatal_signal_pending(b.task()));
    EXPECT_FALSE(fatal_signal_pending(a.task()));
}

TEST(signal_group, stops_and_goes_on_and_its_parent_knows) {
    const task_scene scene;
    const as_program parent(*current_task());
    ASSERT_TRUE(parent.made());
    set_handler(*current_task(), SIGCHLD, 0x8048000);
    program_thread a;
    ASSERT_TRUE(a.made());
    program_thread b(&a.task());
    ASSERT_TRUE(b.made() && a.start() && b.start());
    task_struct* const real_parent = a.task().parent;
    a.task().parent = current_task();
    const signal_struct& signal = *a.task().signal;

    a.send(SIGSTOP);
    EXPECT_TRUE(until([&] { return stopped(a.task()) && stopped(b.task()); }));
    EXPECT_TRUE(signal.stopped && !signal.told_stopped);
    EXPECT_EQ(signal.stop_signal, u32{SIGSTOP});
    kernel_siginfo news = news_of_child();
    EXPECT_EQ(news.si_code, 5);
    EXPECT_EQ(news.fields[0], a.task().pid);
    EXPECT_EQ(news.fields[2], u32{SIGSTOP});

    a.send(SIGCONT);
    EXPECT_TRUE(until([&] {
        return a.task().state == TASK_INTERRUPTIBLE && b.task().state == TASK_INTERRUPTIBLE;
    }));
    EXPECT_FALSE(signal.stopped);
    EXPECT_FALSE(signal.told_continued);
    news = news_of_child();
    EXPECT_EQ(news.si_code, 6);
    EXPECT_EQ(news.fields[2], u32{SIGCONT});
    a.task().parent = real_parent;
}

TEST(signal_group, only_sigkill_ends_a_stop) {
    const task_scene scene;
    program_thread a;
    ASSERT_TRUE(a.made());
    a.task().state = TASK_STOPPED;
    a.send(SIGTERM);
    EXPECT_TRUE(stopped(a.task()));
    EXPECT_FALSE(a.task().signal->group_exit);
    a.send(SIGKILL);
    EXPECT_FALSE(stopped(a.task()));
}

TEST(signal_group, stop_signals_and_sigcont_drop_each_other) {
    const task_scene scene;
    program_thread a;
    ASSERT_TRUE(a.made());
    const signal_struct& signal = *a.task().signal;
    a.task().blocked = signals(SIGTSTP, SIGCONT);
    a.send(SIGTSTP);
    EXPECT_EQ(signal.shared_pending.signal, sigmask(SIGTSTP));
    a.send(SIGCONT);
    EXPECT_EQ(signal.shared_pending.signal, sigmask(SIGCONT));
    a.send(SIGSTOP);
    EXPECT_EQ(signal.shared_pending.signal, sigmask(SIGSTOP));
}

// Its parent is the kernel: nobody could continue it.
TEST(signal_group, an_orphaned_group_is_not_stopped_from_a_terminal) {
    const task_scene scene;
    program_thread a;
    ASSERT_TRUE(a.made() && a.start());
    a.task().signal->pgrp = a.task().pid;
    a.send(SIGTSTP);
    EXPECT_TRUE(until([&] { return !a.task().signal_pending; }));
    EXPECT_FALSE(stopped(a.task()));
    EXPECT_FALSE(a.task().signal->stopped);
}

TEST(signal_group, execve_forgets_handlers_and_shares_them_no_longer) {
    const task_scene scene;
    program_thread a;
    ASSERT_TRUE(a.made());
    program_thread b(&a.task());
    ASSERT_TRUE(b.made());
    set_handler(a.task(), SIGTERM, 0x8048000);
    set_handler(a.task(), SIGHUP, SIG_IGN);
    EXPECT_TRUE(static_cast<bool>(signals_on_exec(b.task())));
    EXPECT_TRUE(a.task().sighand != b.task().sighand);
    const lock_guard held(b.task().sighand->siglock);
    EXPECT_EQ(action_of(*b.task().sighand, SIGTERM).handler, SIG_DFL);
    EXPECT_EQ(action_of(*b.task().sighand, SIGHUP).handler, SIG_IGN);
}
