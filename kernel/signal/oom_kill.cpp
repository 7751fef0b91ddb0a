#include "kernel/signal/oom_kill.hpp"

#include "kernel/sched/schedule.hpp"
#include "kernel/signal/signal.hpp"
#include "lib/clock.hpp"
#include "lib/log.hpp"
#include "mm/vm/current_mm.hpp"

namespace {

constexpr u32 patience = 10 * HZ;

mm_struct* space_of(const task_struct& task) {
    return &task == current_task() ? current_mm() : task.mm;
}

struct candidate {
    task_struct* task = nullptr;  // with a reference
    mm_struct* mm = nullptr;      // to be compared only
    u32 pages = 0;
    bool ends = false;  // already: more need not
};

candidate look_at(task_struct& task) {
    if (!task.signal || task.is_kernel_thread()) return {};
    const lock_guard held(task.alloc_lock);
    mm_struct* const mm = space_of(task);
    if (!mm) return {};
    u32 pages = 0;
    for (const auto& kind : mm->rss) pages += kind.load(memory_order::relaxed);
    return {&task, mm, pages, task.signal->group_exit};
}

candidate choose() {
    candidate most;
    const lock_guard held(tasklist_lock);
    each_task_locked([&](task_struct& task) {
        candidate one = look_at(task);
        if (!one.task || most.ends) return;
        if (task.tgid == 1) one.pages = 0;
        if (!most.task || one.ends || one.pages > most.pages) most = one;
    });
    if (most.task) get_task_struct(*most.task);
    return most;
}

void end(task_struct& task) {
    static_cast<void>(send_signal_to_group(task, kernel_signal(SIGKILL)));
}

// All that run in the space, for it stays as long as one of them.
void end_all_of(const candidate& victim) {
    pr_err("Out of memory: killed process {} ({}), {} KiB", victim.task->tgid,
           victim.task->comm, victim.pages * (PAGE_SIZE / KiB));
    const lock_guard held(tasklist_lock);
    each_task_locked([&](task_struct& task) {
        if (look_at(task).mm == victim.mm) end(task);
    });
}

bool wait_for_end_of(const candidate& victim) {
    for (u32 tick = 0; tick < patience && !signal_pending(); ++tick) {
        if (look_at(*victim.task).mm != victim.mm) return true;
        set_current_state(TASK_UNINTERRUPTIBLE);
        schedule_timeout(1);
    }
    return signal_pending();
}

}  // namespace

void out_of_memory() {
    task_struct& self = *current_task();
    const candidate victim = choose();
    if (!victim.task) return end(self);
    if (!victim.ends) end_all_of(victim);
    if (victim.mm != current_mm() && !wait_for_end_of(victim)) end(self);
    put_task_struct(*victim.task);
}
