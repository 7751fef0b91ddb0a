#include <cpu/irqflags.hpp>
#include "arch/i386/fpu.hpp"
#include "fs/vfs/files_struct.hpp"
#include "kernel/process/process.hpp"
#include "kernel/process/thread_area.hpp"
#include "kernel/sched/schedule.hpp"
#include "kernel/syscall/syscall.hpp"
#include "kernel/time/timer.hpp"
#include "lib/clock.hpp"
#include "lib/sync/completion.hpp"
#include "mm/map/kernel_stack.hpp"
#include "mm/vm/current_mm.hpp"
#include "mm/vm/mm.hpp"

namespace {

constexpr u32 RLIMIT_NPROC = 6;
constexpr u64 CSIGNAL = 0xff;

// Linux's order: the first that is wrong decides, and all are EINVAL.
bool flags_go_together(const clone_request& request) {
    const u64 flags = request.flags;
    const auto needs = [&](u64 one, u64 other) { return !(flags & one) || (flags & other); };
    constexpr u64 unknown = ~(0x01ffff00ull | CLONE_CLEAR_SIGHAND);
    if (flags & (unknown | CLONE_NEWNS | CLONE_PIDFD)) return false;
    if (!needs(CLONE_THREAD, CLONE_SIGHAND) || !needs(CLONE_SIGHAND, CLONE_VM)) return false;
    if ((flags & CLONE_CLEAR_SIGHAND) && (flags & CLONE_SIGHAND)) return false;
    // Nobody becomes init's brother, who would never be waited for.
    if ((flags & CLONE_PARENT) && current_task()->tgid == 1) return false;
    return request.exit_signal <= NSIG;
}

bool too_many_of_this_user_locked(const task_struct& parent) REQUIRES(tasklist_lock) {
    const u32 limit = parent.signal->rlim[RLIMIT_NPROC].cur;
    if (limit == RLIM_INFINITY || parent.cred.ruid == 0) return false;
    u32 count = 0;
    each_task_locked([&](const task_struct& task) {
        count += task.signal && task.cred.ruid == parent.cred.ruid;
    });
    return count >= limit;
}

// What is undone if a later part fails, in the order of making.
struct parts {
    bool signals = false, files = false, fs = false, mm = false;
};

void undo(task_struct& child, const parts& made) {
    if (made.mm) mmput(*child.mm);
    if (made.fs) child.fs->put();
    if (made.files) child.files->put();
    if (made.signals) release_signals(child);
    discard_task(child);
}

result<> copy_files(task_struct& child, task_struct& parent, u64 flags) {
    if (flags & CLONE_FILES) {
        parent.files->get();
        child.files = parent.files;
        return {};
    }
    const auto copy = parent.files->dup_fd();
    if (!copy) return err{copy.error()};
    child.files = *copy;
    return {};
}

result<> copy_fs(task_struct& child, task_struct& parent, u64 flags) {
    if (flags & CLONE_FS) {
        parent.fs->get();
        child.fs = parent.fs;
        return {};
    }
    child.fs = parent.fs->dup();
    if (!child.fs) return err{ENOMEM};
    return {};
}

result<> copy_mm(task_struct& child, u64 flags) {
    mm_struct& mm = *current_mm();
    if (flags & CLONE_VM) {
        mmget(mm);
        child.mm = &mm;
    } else {
        const auto copy = dup_mm(mm);
        if (!copy) return err{copy.error()};
        child.mm = *copy;
        keep_program(*child.mm, mm.exe_file);
    }
    child.active_mm = child.mm;
    return {};
}

// If the parent has used them.
bool copy_fpu(task_struct& child, const task_struct& parent) {
    if (!parent.thread.fpu) return true;
    if (!task_use_fpu(child)) return false;
    const irq_state before = local_irq_save();
    fpu_save(*child.thread.fpu);
    fpu_restore(*child.thread.fpu);  // FNSAVE leaves them empty
    local_irq_restore(before);
    return true;
}

// The registers as they are now, those of the FPU included.
result<> copy_thread(task_struct& child, task_struct& parent, const trap_frame& frame,
                     const clone_request& request) {
    if (!copy_fpu(child, parent)) return err{ENOMEM};
    prepare_user_thread(child.thread, child.stack, THREAD_SIZE, frame);
    trap_frame& its = child.thread.user_frame();
    its.eax = 0;
    if (request.stack) its.user_esp = request.stack;
    for (u32 i = 0; i < thread_struct::tls_entries; ++i)
        child.thread.tls[i] = parent.thread.tls[i];
    child.thread.uses_tls = parent.thread.uses_tls;
    if (request.flags & CLONE_SETTLS)
        return set_thread_area(child, user_ptr<user_desc>(request.tls), false);
    return {};
}

void inherit(task_struct& child, const task_struct& parent, const clone_request& request) {
    const u64 flags = request.flags;
    child.flags = PF_FORKNOEXEC;
    child.cred = parent.cred;
    child.no_new_privs = parent.no_new_privs;
    child.personality = parent.personality;
    child.blocked = parent.blocked;
    child.prio = child.static_prio = parent.static_prio;
    if (!(flags & CLONE_VM) || (flags & CLONE_VFORK)) {
        child.sas_ss_sp = parent.sas_ss_sp;
        child.sas_ss_size = parent.sas_ss_size;
        child.sas_ss_flags = parent.sas_ss_flags;
    }
    const bool thread = flags & CLONE_THREAD;
    child.exit_signal = thread ? 0 : request.exit_signal;
    child.tgid = thread ? parent.tgid : child.pid;
    child.group_leader = thread ? parent.group_leader : &child;
    if (flags & CLONE_CHILD_SETTID) child.set_child_tid = request.child_tid.raw();
    if (flags & CLONE_CHILD_CLEARTID) child.clear_child_tid = request.child_tid.raw();
    child.start_time_us = uptime_us();
    child.slept_since = jiffies();
}

result<> copy_parts(task_struct& child, task_struct& parent, const trap_frame& frame,
                    const clone_request& request, parts& made) {
    const u64 flags = request.flags;
    if (const auto done = copy_files(child, parent, flags); !done) return done;
    made.files = true;
    if (const auto done = copy_fs(child, parent, flags); !done) return done;
    made.fs = true;
    if (const auto done = copy_signals(child, parent, static_cast<u32>(flags)); !done)
        return done;
    made.signals = true;
    if (flags & CLONE_CLEAR_SIGHAND) {
        const lock_guard held(child.sighand->siglock);
        for (k_sigaction& action : child.sighand->action)
            if (action.handler != 1) action = {};
    }
    if (const auto done = copy_mm(child, flags); !done) return done;
    made.mm = true;
    return copy_thread(child, parent, frame, request);
}

// Whose child it is and which groups it belongs to is decided now: while the rest was made,
// the parent's parent may have ended, and the parent may have changed its group.
void join_family_locked(task_struct& child, const task_struct& parent, u64 flags)
    REQUIRES(tasklist_lock) {
    task_struct& leader = *parent.group_leader;
    child.parent = flags & (CLONE_PARENT | CLONE_THREAD) ? leader.parent : &leader;
    if (flags & CLONE_THREAD) return;
    if (flags & CLONE_PARENT) child.exit_signal = leader.exit_signal;
    child.signal->pgrp = parent.signal->pgrp;
    child.signal->session = parent.signal->session;
    child.signal->tty = parent.signal->tty;
}

// Whoever signals the whole group from now on reaches the new task, too; who did before has
// made a signal pending here, and clone() begins again. The user may have made others, too.
result<> join_group(task_struct& child, task_struct& parent, u64 flags) {
    const lock_guard held(tasklist_lock);
    if (too_many_of_this_user_locked(parent)) return err{EAGAIN};
    {
        const lock_guard signals(parent.sighand->siglock);
        if (parent.signal_pending) recalc_sigpending(parent);
        if (parent.signal_pending) return err{ERESTARTNOINTR};
        child.group_leader->thread_group.push_back(child);
        if (child.group_leader != &child) ++child.signal->live;
    }
    join_family_locked(child, parent, flags);
    publish_task_locked(child);
    return {};
}

// Who is killed does not wait for the child to leave the space, and takes back what that would
// have completed.
void wait_for_vfork_done(task_struct& child, completion& done) {
    if (!done.wait_killable()) {
        const lock_guard held(child.alloc_lock);
        child.vfork_done = nullptr;
    }
    put_task_struct(child);
}

}  // namespace

result<u32> copy_process(const trap_frame& frame, const clone_request& request) {
    task_struct& parent = *current_task();
    if (!flags_go_together(request)) return err{EINVAL};
    const auto allocated = alloc_task(parent.comm, 0);
    if (!allocated) return err{allocated.error()};
    task_struct& child = **allocated;
    inherit(child, parent, request);
    parts made;
    result<> outcome = copy_parts(child, parent, frame, request, made);
    const u32 pid = child.pid;
    if (outcome && (request.flags & CLONE_PARENT_SETTID))
        outcome = put_user(pid, request.parent_tid);
    if (outcome) outcome = join_group(child, parent, request.flags);
    if (!outcome) {
        undo(child, made);
        return err{outcome.error()};
    }
    completion done{"vfork"};
    if (request.flags & CLONE_VFORK) {
        child.vfork_done = &done;
        get_task_struct(child);
    }
    const irq_state before = local_irq_save();  // the tick changes slices
    split_time_slice(parent, child);
    local_irq_restore(before);
    wake_up_process(child);
    if (request.flags & CLONE_VFORK) {
        wait_for_vfork_done(child, done);
        tell_limits(*current_mm(), parent);  // the child may have changed its own meanwhile
    }
    return pid;
}

// The first thing that a new program's task does (arch/i386/thread.hpp).
void user_thread_starts(trap_frame& frame) {
    task_struct& task = *current_task();
    if (task.set_child_tid)
        static_cast<void>(put_user(task.pid, user_ptr<u32>(task.set_child_tid)));
    prepare_return_to_user(frame);
}

SYSCALL_DEFINE(2, fork, trap_frame& frame) {
    return copy_process(frame, {.exit_signal = SIGCHLD});
}

SYSCALL_DEFINE(190, vfork, trap_frame& frame) {
    return copy_process(frame, {.flags = CLONE_VFORK | CLONE_VM, .exit_signal = SIGCHLD});
}

SYSCALL_DEFINE(120, clone, trap_frame& frame, u32 flags, u32 stack, user_ptr<u32> parent_tid,
               u32 tls, user_ptr<u32> child_tid) {
    return copy_process(frame, {.flags = flags & ~CSIGNAL,
                                .exit_signal = static_cast<u32>(flags & CSIGNAL),
                                .stack = stack,
                                .parent_tid = parent_tid,
                                .child_tid = child_tid,
                                .tls = tls});
}

namespace {

// As programs pass it to clone3(): 64-bit words, more of them as years went by.
struct user_clone_args {
    u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
    u64 set_tid, set_tid_size, cgroup;
};

bool fits_in_32_bits(const user_clone_args& args) {
    return ((args.child_tid | args.parent_tid | args.stack | args.stack_size | args.tls) >> 32) ==
           0;
}

}  // namespace

SYSCALL_DEFINE(435, clone3, trap_frame& frame, u32 pointer, u32 size) {
    user_clone_args args{};
    if (size > PAGE_SIZE) return err{E2BIG};
    if (size < 64) return err{EINVAL};
    const user_ptr<const u8> from(pointer);
    if (copy_from_user(&args, from, min_of(size, static_cast<u32>(sizeof args))) != 0)
        return err{EFAULT};
    for (u32 i = sizeof args; i < size; ++i) {
        u8 more;
        if (const auto got = get_user(more, from + i); !got) return got;
        if (more) return err{E2BIG};
    }
    if (args.set_tid || args.set_tid_size || args.cgroup || (args.flags & CSIGNAL) ||
        args.exit_signal > NSIG || !fits_in_32_bits(args) || !args.stack != !args.stack_size)
        return err{EINVAL};
    if ((args.flags & (CLONE_THREAD | CLONE_PARENT)) && args.exit_signal) return err{EINVAL};
    const u32 stack = static_cast<u32>(args.stack), bytes = static_cast<u32>(args.stack_size);
    if (stack && !access_ok(stack, bytes)) return err{EINVAL};
    return copy_process(frame, {.flags = args.flags,
                                .exit_signal = static_cast<u32>(args.exit_signal),
                                .stack = stack + bytes,
                                .parent_tid = user_ptr<u32>(static_cast<u32>(args.parent_tid)),
                                .child_tid = user_ptr<u32>(static_cast<u32>(args.child_tid)),
                                .tls = static_cast<u32>(args.tls)});
}
