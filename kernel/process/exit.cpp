#include "fs/vfs/files_struct.hpp"
#include "kernel/process/futex.hpp"
#include "kernel/process/init_program.hpp"
#include "kernel/process/process.hpp"
#include "kernel/sched/kthread.hpp"
#include "kernel/sched/schedule.hpp"
#include "kernel/syscall/syscall.hpp"
#include "kernel/tty/tty.hpp"
#include "lib/sync/completion.hpp"
#include "mm/vm/current_mm.hpp"
#include "mm/vm/mm.hpp"
#include "mm/vm/user_pages.hpp"

namespace {

// Whose children orphans become: the nearest ancestor's that asked for them, or the first
// program's; null where there is none, and nobody waits for orphans.
task_struct* child_reaper_locked(const task_struct& leader) REQUIRES(tasklist_lock) {
    for (task_struct* above = leader.parent; above->signal; above = above->parent)
        if (above->signal->is_child_subreaper && above->signal->live > 0) return above;
    task_struct* const init = find_task_locked(1);
    return init && init->signal && !(init->flags & PF_EXITING) ? init : nullptr;
}

// Who takes no interest in his children's ends is not told, and they are gone at once.
bool parent_waits(const task_struct& task) {
    const task_struct& parent = *task.parent;
    if (!parent.signal || !parent.sighand) return false;
    const lock_guard held(parent.sighand->siglock);
    const k_sigaction& action = parent.sighand->action[SIGCHLD - 1];
    constexpr u32 SIG_IGN = 1, SA_NOCLDWAIT = 2;
    return task.exit_signal != SIGCHLD ||
           (action.handler != SIG_IGN && !(action.flags & SA_NOCLDWAIT));
}

void tell_parent_locked(task_struct& leader, bool& zombie) REQUIRES(tasklist_lock) {
    task_struct& parent = *leader.parent;
    zombie = parent_waits(leader);
    leader.exit_state = zombie ? EXIT_ZOMBIE : EXIT_DEAD;
    if (!parent.signal) return;
    if (leader.exit_signal) {
        const int status = leader.exit_code;
        const int code = (status & 0x7f) == 0 ? CLD_EXITED
                         : status & 0x80      ? CLD_DUMPED
                                              : CLD_KILLED;
        static_cast<void>(send_signal_to_group(parent, child_signal(leader, code, status)));
    }
    wake_up_all(parent.signal->wait_chldexit);
}

bool has_stopped_jobs_locked(u32 pgrp) REQUIRES(tasklist_lock) {
    bool found = false;
    each_task_locked([&](const task_struct& task) {
        if (task.signal && task.signal->pgrp == pgrp && task.signal->stopped) found = true;
    });
    return found;
}

// The end of `ending` may leave a group behind whose stopped members nobody would ever
// continue: they are told so, and go on.
u32 newly_orphaned_locked(u32 pgrp) REQUIRES(tasklist_lock) {
    return is_orphaned_pgrp_locked(pgrp) && has_stopped_jobs_locked(pgrp) ? pgrp : 0;
}

// Whether the child's group may stop because of this parent: he is in another group of the
// same session, and so could continue it.
bool ties_group_locked(const task_struct& child, const task_struct& parent)
    REQUIRES(tasklist_lock) {
    return child.signal && parent.signal && child.signal->pgrp != parent.signal->pgrp &&
           child.signal->session == parent.signal->session;
}

void hang_up(u32 pgrp) {
    if (pgrp == 0) return;
    static_cast<void>(send_signal_to_pgrp(pgrp, kernel_signal(SIGHUP)));
    static_cast<void>(send_signal_to_pgrp(pgrp, kernel_signal(SIGCONT)));
}

struct orphan {
    task_struct* unwanted = nullptr;  // a zombie that nobody will wait for
    u32 hang_up = 0;                  // a group that has lost who could continue it
    bool last = false;
};

// One child gets another parent.
orphan give_child_away_locked(task_struct& leader) REQUIRES(tasklist_lock) {
    task_struct* const child = leader.children.pop_front();
    if (!child) return {.last = true};
    task_struct* const reaper = child_reaper_locked(leader);
    task_struct& parent = reaper ? *reaper : init_task;
    child->parent = &parent;
    parent.children.push_back(*child);
    child->exit_signal = SIGCHLD;
    if (child->pdeath_signal)
        static_cast<void>(send_signal_to_group(*child, kernel_signal(child->pdeath_signal)));
    orphan given;
    if (ties_group_locked(*child, leader))
        given.hang_up = newly_orphaned_locked(child->signal->pgrp);
    if (child->exit_state != EXIT_ZOMBIE) return given;
    bool zombie;
    tell_parent_locked(*child, zombie);
    if (!zombie) given.unwanted = child;
    return given;
}

void give_children_away(task_struct& leader) {
    for (;;) {
        orphan given;
        {
            const lock_guard held(tasklist_lock);
            given = give_child_away_locked(leader);
        }
        if (given.last) return;
        hang_up(given.hang_up);
        if (given.unwanted) release_zombie(*given.unwanted);
    }
}

// The program has ended, its last thread with it.
void program_ends(task_struct& leader) {
    give_children_away(leader);
    bool zombie;
    u32 orphaned = 0;
    {
        const lock_guard held(tasklist_lock);
        const bool was_its_tie = ties_group_locked(leader, *leader.parent);
        const u32 pgrp = leader.signal->pgrp;
        tell_parent_locked(leader, zombie);
        if (was_its_tie) orphaned = newly_orphaned_locked(pgrp);
    }
    hang_up(orphaned);
    if (!zombie) release_zombie(leader);
}

// What a space has cost is its program's to tell when that leaves it, unless others stay.
void account_memory(task_struct& task, const mm_struct& mm) {
    if (mm.mm_users.load(memory_order::relaxed) > 1) return;
    const lock_guard held(task.sighand->siglock);
    signal_struct& signal = *task.signal;
    signal.min_flt += mm.min_flt;
    signal.maj_flt += mm.maj_flt;
    signal.maxrss = max_of(signal.maxrss, max_of(mm.hiwater_rss, get_mm_rss(mm)));
}

// Who waits until the task leaves its space is told.
void mm_release(task_struct& task) {
    exit_robust_list(task);
    if (task.clear_child_tid && task.mm->mm_users.load(memory_order::relaxed) > 1) {
        static_cast<void>(put_user(0u, user_ptr<u32>(task.clear_child_tid)));
        static_cast<void>(futex_wake(task.clear_child_tid, 1, false));
    }
    task.clear_child_tid = 0;
    {
        const lock_guard held(task.alloc_lock);
        if (task.vfork_done) task.vfork_done->complete();
        task.vfork_done = nullptr;
    }
    preempt_check_resched();
}

void leave_files(task_struct& task) {
    files_struct* files;
    fs_struct* fs;
    {
        const lock_guard held(task.alloc_lock);
        files = task.files;
        fs = task.fs;
        task.files = nullptr;
        task.fs = nullptr;
    }
    if (files) files->put();
    if (fs) fs->put();
}

// Nobody finds the task from here on: it leaves the lists, its groups and its signals in one
// moment. What it had of these is to be freed, outside of the lock.
detached_signals vanish_locked(task_struct& task) REQUIRES(tasklist_lock) {
    {
        const lock_guard quiet(task.sighand->siglock);
        task.group_leader->thread_group.erase(task);
    }
    task.exit_state = EXIT_DEAD;
    const detached_signals left = detach_signals(task);
    forget_task_locked(task);  // and its own number, if that names nobody else's group
    const u32 pgrp = left.signal->pgrp, session = left.signal->session;
    if (pgrp != task.pid) leave_group_name_locked(pgrp);
    if (session != task.pid && session != pgrp) leave_group_name_locked(session);
    wake_up_all(left.signal->wait_chldexit);  // somebody may wait for being alone
    return left;
}

void free_vanished(task_struct& task, const detached_signals& left) {
    free_signals(task, left);
    put_task_struct(task);
}

// What becomes of a task when it has given back memory and files.
enum class departure : u8 {
    of_thread,   // others go on, and nobody finds it any more
    of_leader,   // others go on, and it stays until the last has ended (I1)
    of_program,  // it was the last one; the status is the program's
};

departure leave_group(task_struct& task, int status, detached_signals& left) {
    const lock_guard held(tasklist_lock);
    const bool is_leader = task.group_leader == &task;
    {
        const lock_guard quiet(task.sighand->siglock);
        signal_struct& signal = *task.signal;
        signal.utime += task.utime;
        signal.stime += task.stime;
        signal.nvcsw += task.nvcsw;
        signal.nivcsw += task.nivcsw;
        if (is_leader) task.exit_code = status;
        if (signal.group_exit) task.group_leader->exit_code = signal.group_exit_code;
        if (--signal.live == 0) return departure::of_program;
    }
    if (!is_leader) {
        left = vanish_locked(task);
        return departure::of_thread;
    }
    task.exit_state = EXIT_LEADER;
    wake_up_all(task.signal->wait_chldexit);  // somebody may wait for being alone
    return departure::of_leader;
}

}  // namespace

static void program_closes(file& program) {
    allow_write_access(*static_cast<open_file&>(program).f_inode);
    fput(&program);
}

// It was executed, so nobody writes it now, and one more who forbids that is easily added.
void keep_program(mm_struct& mm, file* program) {
    if (!program) return;
    static_cast<void>(deny_write_access(*static_cast<open_file*>(program)->f_inode));
    mm.exe_file = get_file(program);
    mm.exe_file_closes = program_closes;
}

void change_space(task_struct& task, mm_struct* next) {
    mm_struct* const old = task.mm;
    if (old) {
        mm_release(task);
        account_memory(task, *old);
    }
    {
        const lock_guard held(task.alloc_lock);
        use_mm(next);
        task.mm = next;
        if (next) task.active_mm = next;
        task.gives_memory = old != nullptr;
    }
    if (!old) return;
    mmput(*old);
    task.gives_memory = false;
}

void release_zombie(task_struct& task) {
    detached_signals left;
    {
        const lock_guard held(tasklist_lock);
        left = vanish_locked(task);
    }
    free_vanished(task, left);
}

void exit_task(int status) {
    task_struct& task = *current_task();
    task.flags |= PF_EXITING;
    exit_signals(task);
    change_space(task, nullptr);
    leave_files(task);
    task_struct& leader = *task.group_leader;  // somebody else may be, in a moment
    detached_signals left;
    switch (leave_group(task, status, left)) {
        case departure::of_thread: free_vanished(task, left); break;
        case departure::of_leader: break;
        case departure::of_program:
            if (task.tgid == 1) init_ended(leader.exit_code);
            if (task.signal->leader) disassociate_ctty(true);
            if (&task != &leader) release_zombie(task);
            program_ends(leader);
            break;
    }
    do_exit();
}

// Who executes another program ends all other threads, also those that want to end all.
void do_group_exit(int status) {
    task_struct& task = *current_task();
    bool ends_alone = false;
    {
        const lock_guard held(task.sighand->siglock);
        signal_struct& signal = *task.signal;
        ends_alone = !signal.group_exit && signal.group_exec_task &&
                     signal.group_exec_task != &task;
        if (signal.group_exit)
            status = signal.group_exit_code;
        else if (!ends_alone) {
            signal.group_exit = true;
            signal.group_exit_code = status;
        }
    }
    if (!ends_alone) kill_other_threads(task);
    exit_task(status);
}

SYSCALL_DEFINE(1, exit, u32 code) {
    exit_task(static_cast<int>((code & 0xff) << 8));
}

SYSCALL_DEFINE(252, exit_group, u32 code) {
    do_group_exit(static_cast<int>((code & 0xff) << 8));
}
