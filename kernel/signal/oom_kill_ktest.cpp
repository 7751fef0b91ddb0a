// Memory is gone: who has to end, and who only waits.
#include "kernel/sched/task_fixture.hpp"
#include "kernel/signal/oom_kill.hpp"
#include "kernel/signal/signal_fixture.hpp"

#include <test.hpp>

#include <optional>

namespace {

struct nothing {
    void operator()() const {}
};

// A program's task that has left its space, which is taken apart while it does not run.
class ending_program {
public:
    ending_program() {
        if (!thread_.made()) return;
        program_.emplace(thread_.task());
        thread_.task().flags &= ~PF_KTHREAD;
        thread_.task().gives_memory = true;
    }
    ~ending_program() {
        if (!thread_.made()) return;
        thread_.task().flags |= PF_KTHREAD;
        program_.reset();
        thread_.start();
        thread_.join();
    }
    ending_program(const ending_program&) = delete;
    ending_program& operator=(const ending_program&) = delete;

    bool made() const { return program_ && program_->made(); }
    task_struct& task() { return thread_.task(); }

private:
    test_thread<nothing> thread_{{}};
    std::optional<as_program> program_;
};

struct freed_soon {
    task_struct& whose;
    void operator()() const {
        msleep(30);
        whose.gives_memory = false;
    }
};

}  // namespace

TEST(oom_kill, while_memory_is_being_freed_nobody_else_ends) {
    task_scene scene;
    ending_program ending;
    ASSERT_TRUE(ending.made());
    signal_scene asks;
    ASSERT_TRUE(asks.ready);
    test_thread soon{freed_soon{ending.task()}};
    ASSERT_TRUE(soon.made());
    soon.start();
    out_of_memory();
    EXPECT_FALSE(ending.task().gives_memory);
    EXPECT_FALSE(signal_pending());
    soon.join();
}
