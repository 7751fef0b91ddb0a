// /proc/PID over the real tasks: the one that tests run in, and kernel threads.
#include "fs/vfs/vfs_fixture.hpp"
#include "kernel/sched/task_fixture.hpp"

#include <test.hpp>

namespace {

int wait_to_stop(void*) {
    while (!kthread_should_stop()) schedule_timeout(1);
    return 0;
}

std::string_view path_of(text_buffer<40>& out, u32 pid, const char* file) {
    out.clear();
    format_to(out, "/{}/{}", pid, file);
    return out.view();
}

}  // namespace

TEST(proc_tasks, self_is_who_asks) {
    test_tree tree("", "proc");
    ASSERT_TRUE(static_cast<bool>(tree));
    text_buffer<12> mine;
    format_to(mine, "{}", current_task()->pid);
    EXPECT_TRUE(tree.readlink("/self") == mine.view());
    text_buffer<20> comm;
    format_to(comm, "{}\n", current_task()->comm);
    EXPECT_TRUE(tree.text("/self/comm") == comm.view());
    EXPECT_TRUE(tree.text("/thread-self/comm") == comm.view());
    EXPECT_TRUE(tree.text("/self/statm") == "0 0 0 0 0 0 0\n");
}

TEST(proc_tasks, who_is_gone_answers_no_more) {
    const task_scene scene;
    test_tree tree("", "proc");
    ASSERT_TRUE(static_cast<bool>(tree));
    const auto thread = kthread_run(wait_to_stop, nullptr, "shown");
    ASSERT_TRUE(static_cast<bool>(thread));
    const u32 pid = (*thread)->pid;
    text_buffer<40> name;
    EXPECT_TRUE(tree.text(path_of(name, pid, "comm")) == "shown\n");
    EXPECT_TRUE(tree.text(path_of(name, pid, "cmdline")) == "");
    EXPECT_EQ(tree.lookup(path_of(name, pid, "exe")), ENOENT);
    EXPECT_EQ(tree.lookup(path_of(name, pid, "nosuch")), ENOENT);
    const result<open_file*> kept = do_open(tree.from, path_of(name, pid, "comm"), O_RDONLY, 0);
    ASSERT_TRUE(static_cast<bool>(kept));
    // Nobody has the next number yet; that is not believed for longer than it is true.
    EXPECT_EQ(tree.lookup(path_of(name, pid + 1, "comm")), ENOENT);
    const auto next = kthread_run(wait_to_stop, nullptr, "next");
    ASSERT_TRUE(next && (*next)->pid == pid + 1);
    EXPECT_EQ(tree.lookup(path_of(name, pid + 1, "comm")), 0);
    kthread_stop(**next);
    kthread_stop(**thread);
    reap_dead_tasks();
    char byte;
    EXPECT_EQ(vfs_read(**kept, iov_iter::of_kernel(&byte, 1)).error(), ESRCH);
    fput(*kept);
    EXPECT_EQ(tree.lookup(path_of(name, pid, "comm")), ENOENT);
}
