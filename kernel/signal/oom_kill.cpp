#include "kernel/signal/oom_kill.hpp"

#include "kernel/sched/schedule.hpp"
#include "kernel/signal/signal.hpp"
#include "lib/clock.hpp"
#include "lib/log.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/vm/current_mm.hpp"
#include "mm/vm/user_pages.hpp"

namespace {

constexpr u32 patience = 10 * HZ;

mm_struct* space_of(const task_struct& task) {
    return &task == current_task() ? current_mm() : task.mm;
}

struct candidate {
    task_struct* task = nullptr;
    const mm_struct* mm = nullptr;  // to be compared only; null: it is being taken apart
    u32 pages = 0;
    bool ends = false;  // already: no other need
};

candidate look_at(task_struct& task) {
    if (!task.signal || task.is_kernel_thread()) return {};
    const lock_guard held(task.alloc_lock);
    const mm_struct* const mm = space_of(task);
    if (task.gives_memory) return {&task, nullptr, 0, true};
    if (!mm) return {};
    return {&task, mm, get_mm_rss(*mm), task.signal->group_exit};
}

candidate choose_locked() REQUIRES(tasklist_lock) {
    candidate most;
    each_task_locked([&](task_struct& task) {
        candidate one = look_at(task);
        if (!one.task || most.ends) return;
        if (task.tgid == 1) one.pages = 0;
        if (!most.task || one.ends || one.pages > most.pages) most = one;
    });
    return most;
}

void end(task_struct& task) {
    static_cast<void>(send_signal_to_group(task, kernel_signal(SIGKILL)));
}

// All that run in the space, for it stays as long as one of them.
void end_all_of_locked(const candidate& victim) REQUIRES(tasklist_lock) {
    pr_err("Out of memory: killed process {} ({}), {} KiB", victim.task->tgid,
           victim.task->comm, victim.pages * (PAGE_SIZE / KiB));
    each_task_locked([&](task_struct& task) {
        if (look_at(task).mm == victim.mm) end(task);
    });
}

// Who ends so that there is memory, with a reference: who does already, or who is told to.
candidate choose_and_end() {
    const lock_guard held(tasklist_lock);
    const candidate victim = choose_locked();
    if (!victim.task) return victim;
    if (!victim.ends) end_all_of_locked(victim);
    get_task_struct(*victim.task);
    return victim;
}

// Not before the memory is free: who looked earlier would end one more for nothing.
bool wait_for_memory_of(const candidate& victim) {
    for (u32 tick = 0; tick < patience && !fatal_signal_pending(); ++tick) {
        const candidate now = look_at(*victim.task);
        if (!now.task || (now.mm && now.mm != victim.mm)) return true;
        set_current_state(TASK_UNINTERRUPTIBLE);
        schedule_timeout(1);
    }
    return fatal_signal_pending();
}

}  // namespace

bool out_of_memory() {
    const candidate victim = choose_and_end();
    if (!victim.task) return false;
    const bool freed = victim.mm == current_mm() || wait_for_memory_of(victim);
    put_task_struct(*victim.task);
    return freed;
}

void wait_for_memory_or_end() {
    if (!out_of_memory()) end(*current_task());
}

u32 oom_score(task_struct& task) {
    return static_cast<u32>(u64{look_at(task).pages} * 1000 /
                            the_page_allocator().managed_pages());
}
