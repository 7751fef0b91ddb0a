// Sending by programs: kill() and its kin, and who may.
#include "kernel/signal/locked.hpp"
#include "kernel/signal/frame_layout.hpp"
#include "kernel/syscall/syscall.hpp"
#include "lib/sync/preempt.hpp"

namespace {

constexpr u32 whole_program = 0;  // in place of a thread group

kernel_siginfo from_me(u32 signal, s32 code) {
    const task_struct& me = *current_task();
    return {static_cast<s32>(signal), 0, code, {me.tgid, me.cred.ruid}};
}

bool is_same_user(const task_cred& mine, const task_cred& theirs) {
    return mine.euid == 0 || mine.euid == theirs.suid || mine.euid == theirs.ruid ||
           mine.ruid == theirs.suid || mine.ruid == theirs.ruid;
}

u32 session_of(const task_struct& task) { return task.signal ? task.signal->session : 0; }

// With tasklist_lock: what a group shares goes with its last task.
// EINVAL: no signal's number; EPERM. A shell may continue what is in its session.
result<> check_kill_permission(u32 signal, s32 code, const task_struct& to) {
    if (signal > NSIG) return err{EINVAL};
    const task_struct& me = *current_task();
    if (code > 0 || me.tgid == to.tgid || is_same_user(me.cred, to.cred)) return {};
    if (signal == SIGCONT && session_of(to) == session_of(me)) return {};
    return err{EPERM};
}

result<> send_if_permitted(task_struct& to, u32 signal, const kernel_siginfo& info,
                           bool to_group) {
    const auto may = check_kill_permission(signal, info.si_code, to);
    if (!may || signal == 0) return may;
    return to_group ? send_signal_to_group(to, info) : send_signal_to_thread(to, info);
}

result<> kill_process(u32 pid, u32 signal, const kernel_siginfo& info) {
    task_struct* const task = find_get_task(pid);
    if (!task) return err{ESRCH};
    result<> outcome;
    {
        const lock_guard held(tasklist_lock);
        outcome = send_if_permitted(*task, signal, info, true);
    }
    preempt_check_resched();
    put_task_struct(*task);
    return outcome;
}

result<> kill_thread(u32 tgid, u32 pid, u32 signal, const kernel_siginfo& info) {
    task_struct* const task = find_get_task(pid);
    if (!task) return err{ESRCH};
    result<> outcome = err{ESRCH};
    if (tgid == whole_program || task->tgid == tgid) {
        const lock_guard held(tasklist_lock);
        outcome = send_if_permitted(*task, signal, info, false);
    }
    preempt_check_resched();
    put_task_struct(*task);
    return outcome;
}

// Programs: their first threads.
template <class Visit>
void each_program_locked(Visit visit) REQUIRES(tasklist_lock) {
    each_task_locked([&](task_struct& task) {
        if (task.signal && task.group_leader == &task) visit(task);
    });
}

// What the last one had to say, unless one of them took it.
result<> kill_pgrp(u32 pgrp, u32 signal, const kernel_siginfo& info) {
    bool sent = false;
    result<> outcome = err{ESRCH};
    {
        const lock_guard held(tasklist_lock);
        each_program_locked([&](task_struct& task) {
            if (task.signal->pgrp != pgrp) return;
            outcome = send_if_permitted(task, signal, info, true);
            sent |= static_cast<bool>(outcome);
        });
    }
    preempt_check_resched();
    return sent ? result<>{} : outcome;
}

// All but init and oneself; that one was not permitted is no failure.
result<> kill_all(u32 signal, const kernel_siginfo& info) {
    bool any = false;
    result<> outcome;
    {
        const lock_guard held(tasklist_lock);
        each_program_locked([&](task_struct& task) {
            if (task.tgid <= 1 || task.tgid == current_task()->tgid) return;
            any = true;
            const auto done = send_if_permitted(task, signal, info, true);
            if (done.error() != EPERM) outcome = done;
        });
    }
    preempt_check_resched();
    return any ? outcome : err{ESRCH};
}

result<> read_siginfo(kernel_siginfo& info, u32 signal, user_ptr<const user_siginfo> from) {
    user_siginfo given;
    if (const auto read = get_user(given, from); !read) return read;
    info = given.known;
    info.si_signo = static_cast<s32>(signal);
    return {};
}

// Nobody speaks for the kernel or for kill(), but to himself.
bool may_claim(const kernel_siginfo& info, s32 pid) {
    return (info.si_code < 0 && info.si_code != SI_TKILL) ||
           static_cast<s32>(current_task()->pid) == pid;
}

}  // namespace

SYSCALL_DEFINE(37, kill, s32 pid, u32 signal) {
    constexpr s32 least = -0x7fffffff - 1;
    const kernel_siginfo info = from_me(signal, SI_USER);
    if (pid > 0) return kill_process(static_cast<u32>(pid), signal, info);
    if (pid == least) return err{ESRCH};
    if (pid == -1) return kill_all(signal, info);
    return kill_pgrp(pid ? static_cast<u32>(-pid) : current_task()->signal->pgrp, signal, info);
}

SYSCALL_DEFINE(238, tkill, s32 pid, u32 signal) {
    if (pid <= 0) return err{EINVAL};
    return kill_thread(whole_program, static_cast<u32>(pid), signal, from_me(signal, SI_TKILL));
}

SYSCALL_DEFINE(270, tgkill, s32 tgid, s32 pid, u32 signal) {
    if (pid <= 0 || tgid <= 0) return err{EINVAL};
    return kill_thread(static_cast<u32>(tgid), static_cast<u32>(pid), signal,
                       from_me(signal, SI_TKILL));
}

SYSCALL_DEFINE(178, rt_sigqueueinfo, s32 pid, u32 signal, user_ptr<const user_siginfo> from) {
    kernel_siginfo info;
    if (const auto read = read_siginfo(info, signal, from); !read) return read;
    if (!may_claim(info, pid)) return err{EPERM};
    return pid > 0 ? kill_process(static_cast<u32>(pid), signal, info) : err{ESRCH};
}

SYSCALL_DEFINE(335, rt_tgsigqueueinfo, s32 tgid, s32 pid, u32 signal,
               user_ptr<const user_siginfo> from) {
    kernel_siginfo info;
    if (const auto read = read_siginfo(info, signal, from); !read) return read;
    if (pid <= 0 || tgid <= 0) return err{EINVAL};
    if (!may_claim(info, pid)) return err{EPERM};
    return kill_thread(static_cast<u32>(tgid), static_cast<u32>(pid), signal, info);
}
