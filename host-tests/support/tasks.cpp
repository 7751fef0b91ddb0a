#include "host-tests/support/tasks.hpp"

#include "lib/assert.hpp"
#include "lib/sync/preempt.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>

struct task_struct {
    std::mutex lock;
    std::condition_variable woken;
    u32 state = TASK_RUNNING;
    bool signal_pending = false, fatal = false;
};

namespace {

task_struct tasks[NR_CPUS];

per_cpu_var<task_struct*> each_its_own() {
    per_cpu_var<task_struct*> own;
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu) own.copies[cpu] = &tasks[cpu];
    return own;
}

bool threads_play = false;
std::function<void()> script;

// True: woken; false: the time is over.
template <class Wait>
bool sleep(Wait wait) {
    task_struct& me = *current_task();
    std::unique_lock held(me.lock);
    if (me.state == TASK_RUNNING) return true;
    if (threads_play) return wait(me, held);
    kassert(script, "to sleep is a bug: there are no tasks yet, and nobody could wake this one");
    held.unlock();
    script();
    held.lock();
    return me.state == TASK_RUNNING;
}

}  // namespace

per_cpu_var<task_struct*> current_task_of_cpu = each_its_own();
u32 host_ticks_a_sleep = 1;

tasks_of_threads::tasks_of_threads() { threads_play = true; }
tasks_of_threads::~tasks_of_threads() { threads_play = false; }
while_it_sleeps::while_it_sleeps(std::function<void()> others) { script = std::move(others); }
while_it_sleeps::~while_it_sleeps() { script = nullptr; }

u32 host_task_state(unsigned cpu) {
    const std::lock_guard held(tasks[cpu].lock);
    return tasks[cpu].state;
}
void host_set_signal_pending(unsigned cpu, bool pending, bool fatal) {
    tasks[cpu].signal_pending = pending;
    tasks[cpu].fatal = fatal;
}

void set_current_state(u32 state) {
    const std::lock_guard held(current_task()->lock);
    current_task()->state = state;
}

bool signal_pending() { return current_task()->signal_pending; }
bool fatal_signal_pending() { return current_task()->fatal; }

bool try_to_wake_up(task_struct& task, u32 states) {
    const std::lock_guard held(task.lock);
    if (!(task.state & states)) return false;
    task.state = TASK_RUNNING;
    task.woken.notify_one();
    return true;
}

void schedule() {
    sleep([](task_struct& me, auto& held) {
        me.woken.wait(held, [&] { return me.state == TASK_RUNNING; });
        return true;
    });
}

s32 schedule_timeout(s32 ticks) {
    if (ticks == MAX_SCHEDULE_TIMEOUT) return schedule(), ticks;
    const bool woken = sleep([ticks](task_struct& me, auto& held) {
        return me.woken.wait_for(held, std::chrono::milliseconds(10 * ticks),
                                 [&] { return me.state == TASK_RUNNING; });
    });
    set_current_state(TASK_RUNNING);
    if (threads_play) return woken ? ticks : 0;
    return max_of(ticks - static_cast<s32>(host_ticks_a_sleep), 0);
}

void msleep(u32) {}
void preempt_schedule() { this_cpu_write(need_resched_of_cpu, 0); }
