// For tests that make kernel threads.
#pragma once

#include "kernel/sched/kthread.hpp"
#include "kernel/sched/schedule.hpp"
#include "mm/map/kernel_stack.hpp"
#include "mm/map/vmalloc.hpp"

// Behind it every thread that has ended is gone, and what is kept for the next one, too.
class task_scene {
public:
    task_scene() = default;
    ~task_scene() {
        reap_dead_tasks();
        drain_kernel_stacks();
        the_vmalloc_space().purge();
        check_run_queues();
    }
    task_scene(const task_scene&) = delete;
    task_scene& operator=(const task_scene&) = delete;
};

// A kernel thread that runs `body` once, and can be waited for.
template <class Body>
class test_thread {
public:
    explicit test_thread(Body body, s32 nice = 0) : body_(body) {
        const auto made = kthread_create(run, this, "test");
        if (!made) return;
        task_ = *made;
        set_user_nice(*task_, nice);
    }
    ~test_thread() {
        if (task_) kthread_stop(*task_);
    }
    test_thread(const test_thread&) = delete;
    test_thread& operator=(const test_thread&) = delete;

    bool made() const { return task_ != nullptr; }
    task_struct& task() { return *task_; }
    void start() { wake_up_process(*task_), preempt_check_resched(); }
    // Until the body has returned.
    void join() { done_.wait(); }

private:
    static int run(void* self) {
        auto& me = *static_cast<test_thread*>(self);
        me.body_();
        me.done_.complete();
        while (!kthread_should_stop()) {
            set_current_state(TASK_UNINTERRUPTIBLE);
            if (!kthread_should_stop()) schedule();
            set_current_state(TASK_RUNNING);
        }
        return 0;
    }

    Body body_;
    task_struct* task_ = nullptr;
    completion done_{"a test's thread"};
};
