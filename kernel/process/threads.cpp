// The threads of a program, when one of them wants to be the only one.
#include "kernel/process/process.hpp"
#include "kernel/sched/schedule.hpp"
#include "lib/sync/wait_queue.hpp"

void kill_other_threads(task_struct& task) {
    const lock_guard held(tasklist_lock);
    for (task_struct& thread : task.group_leader->thread_group)
        if (&thread != &task)
            static_cast<void>(send_signal_to_thread(thread, kernel_signal(SIGKILL)));
}

namespace {

// But for a leader that has ended.
bool is_alone(const task_struct& task) {
    const lock_guard held(tasklist_lock);
    for (const task_struct& thread : task.group_leader->thread_group)
        if (&thread != &task && thread.exit_state != EXIT_LEADER) return false;
    return true;
}

// The thread takes the number and the place of the leader, which has ended: to everybody else
// it is the same program as before.
task_struct& take_leaders_place(task_struct& task) {
    const lock_guard held(tasklist_lock);
    task_struct& leader = *task.group_leader;
    const lock_guard quiet(task.sighand->siglock);
    leader.thread_group.erase(task);
    leader.thread_group.erase(leader);
    exchange_pids_locked(task, leader);
    task.group_leader = leader.group_leader = &task;
    task.thread_group.push_back(task);
    task.thread_group.push_back(leader);
    task.exit_signal = leader.exit_signal;
    task.parent = leader.parent;
    leader.parent->children.erase(leader);
    task.parent->children.push_back(task);
    for (task_struct& child : leader.children) child.parent = &task;
    task.children.splice_back(leader.children);
    leader.exit_state = EXIT_DEAD;
    return leader;
}

}  // namespace

result<> leave_other_threads(task_struct& task) {
    if (!task.signal || (task.group_leader == &task && task.signal->live == 1)) return {};
    {
        const lock_guard held(task.sighand->siglock);
        if (task.signal->group_exit || task.signal->group_exec_task) return err{EAGAIN};
        task.signal->group_exec_task = &task;
    }
    kill_other_threads(task);
    wait_event(task.signal->wait_chldexit, [&] { return is_alone(task); });
    task.signal->group_exec_task = nullptr;
    if (task.group_leader != &task) release_zombie(take_leaders_place(task));
    return {};
}
