#include "kernel/proc/task_facts.hpp"

#include "kernel/process/process.hpp"
#include "kernel/signal/signal.hpp"
#include "kernel/tty/tty.hpp"
#include "mm/vm/current_mm.hpp"
#include "mm/vm/mm.hpp"
#include "mm/vm/named_space.hpp"

namespace {

char state_letter(const task_struct& task) {
    if (task.exit_state) return task.exit_state == EXIT_DEAD ? 'X' : 'Z';
    switch (task.state) {
        case TASK_RUNNING: return 'R';
        case TASK_INTERRUPTIBLE: return 'S';
        case TASK_KILLABLE:
        case TASK_UNINTERRUPTIBLE: return task.is_kernel_thread() ? 'S' : 'D';
        case TASK_STOPPED: return 'T';
        default: return 'X';
    }
}

// As stat() and programs know it.
u32 encode_device(u32 device) { return MAJOR(device) << 8 | MINOR(device); }

}  // namespace

const char* state_word(char letter) {
    switch (letter) {
        case 'R': return "R (running)";
        case 'S': return "S (sleeping)";
        case 'D': return "D (disk sleep)";
        case 'T': return "T (stopped)";
        case 'Z': return "Z (zombie)";
        default: return "X (dead)";
    }
}

task_facts::task_facts(const task_struct& task)
    : state(state_letter(task)),
      utime(task.utime),
      stime(task.stime),
      nvcsw(task.nvcsw),
      nivcsw(task.nivcsw) {
    const lock_guard held(tasklist_lock);
    if (task.exit_state == EXIT_DEAD) return;
    const task_struct* const parent =
        task.group_leader ? task.group_leader->parent : task.parent;
    if (parent && parent != &task) ppid = parent->tgid;
    if (!task.signal || !task.sighand) return;
    const lock_guard quiet(task.sighand->siglock);
    const signal_struct& group = *task.signal;
    pgrp = group.pgrp;
    session = group.session;
    if (const tty_struct* const tty = group.tty) {
        tty_nr = encode_device(tty->device);
        tpgid = static_cast<s32>(u32{tty->pgrp});
    }
    threads = group.live;
    cutime = group.cutime;
    cstime = group.cstime;
    min_flt = group.min_flt;
    maj_flt = group.maj_flt;
    cmin_flt = group.cmin_flt;
    cmaj_flt = group.cmaj_flt;
    pending = task.pending.signal;
    shared_pending = group.shared_pending.signal;
    blocked = task.blocked;
    for (u32 signal = 1; signal <= NSIG; ++signal) {
        const u32 handler = task.sighand->action[signal - 1].handler;
        if (handler == 1) ignored |= sigmask(signal);
        else if (handler != 0) caught |= sigmask(signal);
    }
}

held_mm::held_mm(task_struct& task) {
    const lock_guard held(task.alloc_lock);
    mm_ = &task == current_task() ? current_mm() : task.mm;
    if (task.is_kernel_thread()) mm_ = nullptr;
    if (mm_) mmget(*mm_);
}

held_mm::~held_mm() {
    if (mm_) mmput(*mm_);
}

mm_struct* get_mm_of_pid(u32 pid) {
    task_struct* const task = find_get_task(pid);
    if (!task) return nullptr;
    const held_mm mm(*task);
    if (mm) mmget(*mm);
    put_task_struct(*task);
    return mm ? &*mm : nullptr;
}
