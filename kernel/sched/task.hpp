// Tasks (spec F1, F9, F10): what runs, be it a program's or the kernel's own.
//
//     task_struct ----> stack          two pages, guarded (mm/map/kernel_stack.hpp)
//        | | `--------> mm             the program's address space; a kernel thread has none
//        | `----------> active_mm      the one that is loaded while it runs
//        `------------> parent, children, sibling
//
//     all tasks:  init_task (0) ---> init (1) ---> ksoftirqd ---> ...      by `tasks`
//     by pid:     a hash table of chains
//
// A kernel thread touches no user's address, so any page tables do: it *borrows* those that
// are loaded. CR3 is not loaded for it, nor when the program that ran before goes on after it.
//
// A life:    kthread_create() -> wake_up_process() -> function -> do_exit() -> dead -> reaped
//
// Nobody frees the stack that he stands on: the task that runs next puts a dead one on a
// list, and reap_dead_tasks() does the rest where that may sleep. Who waits for the end
// (kthread_stop), who makes a thread, and the idle task call it.
//
// I1: while a task does not run, `mm` is what was its current_mm(). Who changes either of the
//     running task is not switched away before both are changed.
// I2: active_mm is mm, but for a kernel thread that runs: what it borrows, with a reference of
//     mm_count.
// A program's task ends as a *zombie*: its memory and files are gone, but number and status
// stay until the parent has asked for them (kernel/process/wait.cpp). So two things happen to
// it in either order: it is switched away for good, and then its stack goes; and somebody
// waits for it, or nobody will, and then its name goes.
//
// I3: a task is on the list and in the hash from publish_task_locked() until
//     forget_task_locked(); in its parent's children, too, unless it is but one more thread of
//     a program.
// I4: `usage` counts those who look at the task: the lists, its stack, and get_task_struct().
// I5: no new task gets a number that is still the name of a process group or a session.
#pragma once

#include "arch/i386/thread.hpp"
#include "fs/vfs/inode.hpp"
#include "kernel/sched/runqueue.hpp"
#include "kernel/signal/signal_types.hpp"
#include "lib/result.hpp"
#include "lib/sync/completion.hpp"

#include <string_view>

struct mm_struct;
class files_struct;
class fs_struct;

// Who a task is: what fs/ looks at (fsuid, fsgid), and the others.
struct task_cred : cred {
    u32 ruid = 0, euid = 0, suid = 0;
    u32 rgid = 0, egid = 0, sgid = 0;
};

// Beside those of lib/sync/sleep.hpp.
inline constexpr u32 TASK_STOPPED = 4;
inline constexpr u32 TASK_DEAD = 64;

// task.exit_state of a program's task that has ended. EXIT_LEADER: threads of its program have
// not (kernel/process/process.hpp, I1). EXIT_DEAD: nobody finds it any more, and what it
// points to may be gone.
inline constexpr u8 EXIT_LEADER = 8, EXIT_ZOMBIE = 16, EXIT_DEAD = 32;

inline constexpr u32 PF_KTHREAD = 1;
inline constexpr u32 PF_EXITING = 4;
inline constexpr u32 TASK_COMM_LEN = 16;

struct task_struct : sched_entity {
    thread_struct thread;
    atomic<u32> state{TASK_RUNNING};
    atomic<u32> usage{1};
    u32 flags = 0;
    u32 pid = 0;
    bool names_a_group = false;  // its pid has been a group's or a session's name
    u32 tgid = 0;  // the pid of the first thread of its program
    char comm[TASK_COMM_LEN] = {};
    void* stack = nullptr;
    mm_struct* mm = nullptr;
    mm_struct* active_mm = nullptr;
    bool gives_memory = false;  // a space that is its mm no more is being taken apart

    task_struct* parent = nullptr;
    list_head sibling{};
    list<task_struct, &task_struct::sibling> children;
    list_head tasks{};
    list_head pid_chain{};
    list_head dead{};
    // Guards mm, files and fs of a task against who looks at them from outside.
    irq_spinlock alloc_lock{"a task's parts"};

    u32 slept_since = 0;  // the tick
    u32 ticks = 0;        // of CPU time
    u32 nvcsw = 0;        // switches away: when it slept, and when it was preempted
    u32 nivcsw = 0;

    // Of a program; kernel threads have none of these.
    task_struct* group_leader = nullptr;
    list_head thread_node{};  // in the leader's thread_group, itself included
    list<task_struct, &task_struct::thread_node> thread_group;
    files_struct* files = nullptr;
    fs_struct* fs = nullptr;
    task_cred cred;
    bool no_new_privs = false;  // execve() makes it nobody else
    signal_struct* signal = nullptr;
    sighand_struct* sighand = nullptr;
    sigpending pending;
    signal_set blocked = 0;
    signal_set real_blocked = 0;   // while sigtimedwait() has changed that
    signal_set saved_sigmask = 0;  // of sigsuspend, pselect: to be put back
    bool restore_sigmask = false;
    u32 jobctl = 0;                // its part in a stop of its program: signal/stop.hpp
    restart_block restart;
    u32 sas_ss_sp = 0, sas_ss_size = 0, sas_ss_flags = 0;
    u32 exit_signal = 0;           // what the parent gets at the end; 0: nothing
    u32 pdeath_signal = 0;
    u32 set_child_tid = 0, clear_child_tid = 0;  // a program's addresses
    u32 robust_list = 0;
    completion* vfork_done = nullptr;
    u32 personality = 0;
    u32 utime = 0, stime = 0;      // ticks in ring 3, and in the kernel for it
    u64 start_time_us = 0;

    atomic<bool> signal_pending{false};
    int exit_code = 0;  // as wait4() tells it
    u8 exit_state = 0;
    completion exited{"a task's end"};

    // Of a kernel thread.
    int (*function)(void*) = nullptr;
    void* data = nullptr;
    atomic<bool> should_stop{false};

    bool is_kernel_thread() const { return flags & PF_KTHREAD; }
};

// The task that booted; the idle one from then on. Its pid is 0.
extern task_struct init_task;

// Tasks can be made from here on. False: no memory.
[[nodiscard]] bool tasks_init(u32 stack_end);

// ---- from nothing to a task, and back -----------------------------------------------------
// A task that has a stack and a pid and is known to nobody. EAGAIN: there are too many; ENOMEM.
result<task_struct*> alloc_task(std::string_view comm, u32 flags);
// It is not wanted after all.
void discard_task(task_struct& task);
// A kernel thread, published, which does not run yet.
result<task_struct*> new_task(std::string_view comm, u32 flags);
// It is dead and switched away for good; from any context.
void task_is_dead(task_struct& task);
// Stacks, and kernel threads as a whole, of those who ended. May sleep.
void reap_dead_tasks();
// For the idle task, which never sleeps.
void reap_if_nobody_does();

void set_task_comm(task_struct& task, std::string_view comm);

// Guards the lists of tasks, parent and children, and who is in which group.
extern irq_spinlock tasklist_lock;

// Nobody finds it from now on; the lists' reference is the caller's.
void forget_task_locked(task_struct& task) REQUIRES(tasklist_lock);
// A member of this group or session has left it, in the same moment: if it was the last one,
// its name is free.
void leave_group_name_locked(u32 pid) REQUIRES(tasklist_lock);
// Everybody may find it now. Whose child it is is said by task.parent.
void publish_task_locked(task_struct& task) REQUIRES(tasklist_lock);
// With tasklist_lock held: null if there is none; and all of them, one after the other.
task_struct* find_task_locked(u32 pid) REQUIRES(tasklist_lock);
void exchange_pids_locked(task_struct& one, task_struct& other) REQUIRES(tasklist_lock);
void for_each_task_locked(void* context, void (*visit)(void* context, task_struct& task))
    REQUIRES(tasklist_lock);
template <class Visit>
void each_task_locked(Visit visit) REQUIRES(tasklist_lock) {
    for_each_task_locked(&visit, [](void* context, task_struct& task) {
        (*static_cast<Visit*>(context))(task);
    });
}

inline void get_task_struct(task_struct& task) {
    task.usage.fetch_add(1, memory_order::relaxed);
}
// The last one frees it.
void put_task_struct(task_struct& task);

// With a reference for the caller; null: there is none.
task_struct* find_get_task(u32 pid);
// The one with the lowest pid of at least that; likewise. For those who show all.
task_struct* next_task(u32 pid);

u32 nr_tasks();
u32 total_forks();  // all that ever were
// As many as memory allows stacks for, an eighth of it: 2.6's max_threads.
u32 max_tasks();

// The registers of FPU and SSE become the task's own. False: no memory.
[[nodiscard]] bool task_use_fpu(task_struct& task);
// The current task begins anew, as one that has used none.
void forget_fpu(task_struct& task);
