#include "kernel/sched/task.hpp"

#include "arch/i386/fpu.hpp"
#include "kernel/sched/pid.hpp"
#include "lib/string.hpp"
#include "lib/sync/mutex.hpp"
#include "mm/map/kernel_stack.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/slab/kmemleak.hpp"
#include "mm/slab/object_cache.hpp"
#include "mm/vm/mm.hpp"

constinit irq_spinlock tasklist_lock{"the tasks"};

namespace {

constinit object_cache<task_struct> task_structs("task_struct");
constinit object_cache<fpu_state> fpu_states("fpu_state");
constinit pid_map pids;
constinit mutex reaping{"the reaping of tasks"};

constexpr u32 pid_buckets = 64;
using pid_chain = list<task_struct, &task_struct::pid_chain>;

constinit list<task_struct, &task_struct::tasks> all_tasks GUARDED_BY(tasklist_lock);
constinit pid_chain pid_hash[pid_buckets] GUARDED_BY(tasklist_lock);
constinit list<task_struct, &task_struct::dead> dead_tasks GUARDED_BY(tasklist_lock);
constinit u32 task_count GUARDED_BY(tasklist_lock) = 0;
constinit u32 published GUARDED_BY(tasklist_lock) = 0;

pid_chain& chain_of_locked(u32 pid) REQUIRES(tasklist_lock) {
    return pid_hash[pid % pid_buckets];
}

bool is_extra_thread(const task_struct& task) {
    return task.group_leader && task.group_leader != &task;
}

// Whether a group or a session of that name has members.
bool is_group_name_locked(u32 pid) REQUIRES(tasklist_lock) {
    for (const task_struct& task : all_tasks)
        if (task.signal && (task.signal->pgrp == pid || task.signal->session == pid))
            return true;
    return false;
}

// What it runs on goes; a kernel thread is nobody's child, and goes as a whole.
void release(task_struct& task) {
    if (task.is_kernel_thread()) {
        {
            const lock_guard held(tasklist_lock);
            forget_task_locked(task);
        }
        put_task_struct(task);
    }
    if (task.thread.fpu) fpu_states.free(task.thread.fpu);
    task.thread.fpu = nullptr;
    free_kernel_stack(task.stack);
    task.stack = nullptr;
    put_task_struct(task);
}

task_struct* take_dead() {
    const lock_guard held(tasklist_lock);
    return dead_tasks.pop_front();
}

void release_dead() {
    while (task_struct* const task = take_dead()) release(*task);
}

bool may_have_another() {
    const lock_guard held(tasklist_lock);
    return task_count < max_tasks();
}

}  // namespace

u32 max_tasks() {
    const u32 by_memory = the_page_allocator().managed_pages() / (8 * THREAD_SIZE / PAGE_SIZE);
    return max_of(min_of(by_memory, PID_MAX / 2), u32{20});
}

bool tasks_init(u32 stack_end) {
    if (!task_structs.init() || !fpu_states.init()) return false;
    fpu_init();
    init_task.flags = PF_KTHREAD;
    init_task.thread.esp0 = stack_end;
    init_task.time_slice = task_timeslice(init_task.static_prio);
    set_task_comm(init_task, "swapper");
    const lock_guard held(tasklist_lock);
    // g++ 12 leaves lists zero that are elements of a static array.
    for (pid_chain& chain : pid_hash) new (&chain) pid_chain;
    init_task.parent = &init_task;
    all_tasks.push_back(init_task);
    chain_of_locked(0).push_back(init_task);
    task_count = 1;
    return true;
}

void set_task_comm(task_struct& task, std::string_view comm) {
    const size_t length = min_of(comm.size(), size_t{TASK_COMM_LEN - 1});
    memcpy(task.comm, comm.data(), length);
    memset(task.comm + length, 0, TASK_COMM_LEN - length);
}

result<task_struct*> alloc_task(std::string_view comm, u32 flags) {
    reap_dead_tasks();
    if (!may_have_another()) return err{EAGAIN};
    task_struct* const task = task_structs.alloc(GFP_KERNEL);
    if (!task) return err{ENOMEM};
    task->stack = alloc_kernel_stack();
    const auto pid = task->stack ? pids.alloc() : std::nullopt;
    if (!pid) {
        const int why = task->stack ? EAGAIN : ENOMEM;
        free_kernel_stack(task->stack);
        task_structs.free(task);
        return err{why};
    }
    set_task_comm(*task, comm);
    task->flags = flags;
    task->pid = task->tgid = *pid;
    task->state = TASK_UNINTERRUPTIBLE;
    task->usage = 2;
    return task;
}

void discard_task(task_struct& task) {
    if (task.thread.fpu) fpu_states.free(task.thread.fpu);
    free_kernel_stack(task.stack);
    pids.free(task.pid);
    task_structs.free(&task);
}

void publish_task_locked(task_struct& task) {
    if (!is_extra_thread(task)) task.parent->children.push_back(task);
    all_tasks.push_back(task);
    chain_of_locked(task.pid).push_back(task);
    ++task_count;
    ++published;
}

void forget_task_locked(task_struct& task) {
    for (task_struct& child : task.children) child.parent = &init_task;
    init_task.children.splice_back(task.children);
    if (!is_extra_thread(task)) task.parent->children.erase(task);
    all_tasks.erase(task);
    chain_of_locked(task.pid).erase(task);
    --task_count;
    if (!task.names_a_group || !is_group_name_locked(task.pid)) pids.free(task.pid);
}

result<task_struct*> new_task(std::string_view comm, u32 flags) {
    const auto made = alloc_task(comm, flags);
    if (!made) return made;
    (*made)->parent = flags & PF_KTHREAD ? &init_task : current_task();
    const lock_guard held(tasklist_lock);
    publish_task_locked(**made);
    return made;
}

void task_is_dead(task_struct& task) {
    {
        const lock_guard held(tasklist_lock);
        dead_tasks.push_back(task);
    }
    task.exited.complete_all();
}

// One at a time: behind it nobody else is in the middle of a task that had ended before.
void reap_dead_tasks() {
    const lock_guard held(reaping);
    release_dead();
}

void reap_if_nobody_does() {
    if (!reaping.try_lock()) return;
    release_dead();
    reaping.unlock();
}

void put_task_struct(task_struct& task) {
    const u32 before = task.usage.fetch_sub(1, memory_order::acq_rel);
    kassert(before > 0, "task {} ({}) is given back by nobody", task.pid, task.comm);
    if (before == 1) task_structs.free(&task);
}

task_struct* find_task_locked(u32 pid) {
    for (task_struct& task : chain_of_locked(pid))
        if (task.pid == pid) return &task;
    return nullptr;
}

void exchange_pids_locked(task_struct& one, task_struct& other) {
    chain_of_locked(one.pid).erase(one);
    chain_of_locked(other.pid).erase(other);
    const u32 pid = one.pid;
    const bool names_a_group = one.names_a_group;
    one.pid = other.pid;
    one.names_a_group = other.names_a_group;
    other.pid = pid;
    other.names_a_group = names_a_group;
    chain_of_locked(one.pid).push_back(one);
    chain_of_locked(other.pid).push_back(other);
}

void for_each_task_locked(void* context, void (*visit)(void* context, task_struct& task)) {
    for (task_struct& task : all_tasks) visit(context, task);
}

task_struct* find_get_task(u32 pid) {
    const lock_guard held(tasklist_lock);
    task_struct* const task = find_task_locked(pid);
    if (task) get_task_struct(*task);
    return task;
}

task_struct* next_task(u32 pid) {
    const lock_guard held(tasklist_lock);
    task_struct* next = nullptr;
    for (task_struct& task : all_tasks)
        if (task.pid >= pid && (!next || task.pid < next->pid)) next = &task;
    if (next) get_task_struct(*next);
    return next;
}

void for_each_task_stack(const void* stack, root_visitor visit, void* context) {
    const lock_guard held(tasklist_lock);
    for (const task_struct& task : all_tasks) {
        const auto* const end = reinterpret_cast<const char*>(uintptr_t{task.thread.esp0});
        const auto* const from =
            &task == current_task() ? static_cast<const char*>(stack)
                                    : reinterpret_cast<const char*>(uintptr_t{task.thread.esp});
        if (from < end && end - from <= static_cast<s32>(THREAD_SIZE)) visit(from, end, context);
    }
}

u32 total_forks() {
    const lock_guard held(tasklist_lock);
    return published;
}

u32 nr_tasks() {
    const lock_guard held(tasklist_lock);
    return task_count;
}

void leave_group_name_locked(u32 pid) {
    if (pid && !find_task_locked(pid) && !is_group_name_locked(pid)) pids.free(pid);
}

bool task_use_fpu(task_struct& task) {
    if (task.thread.fpu) return true;
    fpu_state* const state = fpu_states.alloc(GFP_KERNEL, fpu_initial_state());
    if (!state) return false;
    const irq_state before = local_irq_save();
    task.thread.fpu = state;
    if (&task == current_task()) {
        fpu_on();
        fpu_restore(*state);
    }
    local_irq_restore(before);
    return true;
}

void forget_fpu(task_struct& task) {
    if (!task.thread.fpu) return;
    const irq_state before = local_irq_save();
    fpu_state* const state = std::exchange(task.thread.fpu, nullptr);
    fpu_off();
    local_irq_restore(before);
    fpu_states.free(state);
}
