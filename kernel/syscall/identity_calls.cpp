// Who a task is: its numbers, its user and group, the process group and session it is in.
#include "kernel/process/process.hpp"
#include "kernel/syscall/syscall.hpp"
#include "mm/vm/current_mm.hpp"

namespace {

constexpr u32 unchanged = ~0u;

bool is_root() { return current_task()->cred.euid == 0; }

// A number that a task has already may be taken by it; root takes any.
bool may_become(u32 id, u32 a, u32 b, u32 c) {
    return is_root() || id == a || id == b || id == c;
}

// What fs/ looks at follows the effective ids.
void follow_effective(task_cred& cred) {
    cred.uid = cred.euid;
    cred.gid = cred.egid;
    if (mm_struct* const mm = current_mm()) tell_limits(*mm, *current_task());
}

}  // namespace

SYSCALL_DEFINE(20, getpid) { return current_task()->tgid; }
SYSCALL_DEFINE(224, gettid) { return current_task()->pid; }
SYSCALL_DEFINE(64, getppid) {
    const lock_guard held(tasklist_lock);
    return current_task()->group_leader->parent->pid;
}
SYSCALL_DEFINE(199, getuid32) { return current_task()->cred.ruid; }
SYSCALL_DEFINE(201, geteuid32) { return current_task()->cred.euid; }
SYSCALL_DEFINE(200, getgid32) { return current_task()->cred.rgid; }
SYSCALL_DEFINE(202, getegid32) { return current_task()->cred.egid; }
SYSCALL_ALIAS(24, getuid, getuid32);
SYSCALL_ALIAS(49, geteuid, geteuid32);
SYSCALL_ALIAS(47, getgid, getgid32);
SYSCALL_ALIAS(50, getegid, getegid32);

SYSCALL_DEFINE(208, setresuid32, u32 real, u32 effective, u32 saved) {
    task_cred& cred = current_task()->cred;
    for (const u32 id : {real, effective, saved})
        if (id != unchanged && !may_become(id, cred.ruid, cred.euid, cred.suid))
            return err{EPERM};
    if (real != unchanged) cred.ruid = real;
    if (effective != unchanged) cred.euid = effective;
    if (saved != unchanged) cred.suid = saved;
    follow_effective(cred);
    return 0u;
}
SYSCALL_DEFINE(210, setresgid32, u32 real, u32 effective, u32 saved) {
    task_cred& cred = current_task()->cred;
    for (const u32 id : {real, effective, saved})
        if (id != unchanged && !may_become(id, cred.rgid, cred.egid, cred.sgid))
            return err{EPERM};
    if (real != unchanged) cred.rgid = real;
    if (effective != unchanged) cred.egid = effective;
    if (saved != unchanged) cred.sgid = saved;
    follow_effective(cred);
    return 0u;
}
SYSCALL_DEFINE(203, setreuid32, u32 real, u32 effective) {
    task_cred& cred = current_task()->cred;
    if (real != unchanged && !may_become(real, cred.ruid, cred.euid, cred.ruid))
        return err{EPERM};
    if (effective != unchanged && !may_become(effective, cred.ruid, cred.euid, cred.suid))
        return err{EPERM};
    if (real != unchanged || (effective != unchanged && effective != cred.ruid))
        cred.suid = effective != unchanged ? effective : cred.euid;
    if (real != unchanged) cred.ruid = real;
    if (effective != unchanged) cred.euid = effective;
    follow_effective(cred);
    return 0u;
}
SYSCALL_DEFINE(204, setregid32, u32 real, u32 effective) {
    task_cred& cred = current_task()->cred;
    if (real != unchanged && !may_become(real, cred.rgid, cred.egid, cred.rgid))
        return err{EPERM};
    if (effective != unchanged && !may_become(effective, cred.rgid, cred.egid, cred.sgid))
        return err{EPERM};
    if (real != unchanged || (effective != unchanged && effective != cred.rgid))
        cred.sgid = effective != unchanged ? effective : cred.egid;
    if (real != unchanged) cred.rgid = real;
    if (effective != unchanged) cred.egid = effective;
    follow_effective(cred);
    return 0u;
}
SYSCALL_DEFINE(213, setuid32, u32 id) {
    task_cred& cred = current_task()->cred;
    if (id == unchanged) return err{EINVAL};
    if (is_root())
        cred.ruid = cred.suid = id;
    else if (id != cred.ruid && id != cred.suid)
        return err{EPERM};
    cred.euid = id;
    follow_effective(cred);
    return 0u;
}
SYSCALL_DEFINE(214, setgid32, u32 id) {
    task_cred& cred = current_task()->cred;
    if (id == unchanged) return err{EINVAL};
    if (is_root())
        cred.rgid = cred.sgid = id;
    else if (id != cred.rgid && id != cred.sgid)
        return err{EPERM};
    cred.egid = id;
    follow_effective(cred);
    return 0u;
}
SYSCALL_ALIAS(23, setuid, setuid32);
SYSCALL_ALIAS(46, setgid, setgid32);
// Of what fs/ looks at; the answer is what it was, whether or not it was changed.
SYSCALL_DEFINE(215, setfsuid32, u32 id) {
    task_cred& cred = current_task()->cred;
    const u32 before = cred.uid;
    if (may_become(id, cred.ruid, cred.euid, cred.suid) || id == before) cred.uid = id;
    return before;
}
SYSCALL_DEFINE(216, setfsgid32, u32 id) {
    task_cred& cred = current_task()->cred;
    const u32 before = cred.gid;
    if (may_become(id, cred.rgid, cred.egid, cred.sgid) || id == before) cred.gid = id;
    return before;
}

namespace {

syscall_result put_three(u32 a, u32 b, u32 c, user_ptr<u32> to_a, user_ptr<u32> to_b,
                         user_ptr<u32> to_c) {
    if (const auto told = put_user(a, to_a); !told) return told;
    if (const auto told = put_user(b, to_b); !told) return told;
    return put_user(c, to_c);
}

}  // namespace

SYSCALL_DEFINE(209, getresuid32, user_ptr<u32> real, user_ptr<u32> effective,
               user_ptr<u32> saved) {
    const task_cred& cred = current_task()->cred;
    return put_three(cred.ruid, cred.euid, cred.suid, real, effective, saved);
}
SYSCALL_DEFINE(211, getresgid32, user_ptr<u32> real, user_ptr<u32> effective,
               user_ptr<u32> saved) {
    const task_cred& cred = current_task()->cred;
    return put_three(cred.rgid, cred.egid, cred.sgid, real, effective, saved);
}

// There are no supplementary groups: the list is empty, and only that can be set.
SYSCALL_DEFINE(205, getgroups32, s32 size, u32) {
    if (size < 0) return err{EINVAL};
    return 0u;
}
SYSCALL_ALIAS(80, getgroups, getgroups32);
SYSCALL_DEFINE(206, setgroups32, u32 size, u32) {
    if (!is_root()) return err{EPERM};
    if (size != 0) return err{EINVAL};
    return 0u;
}
SYSCALL_ALIAS(81, setgroups, setgroups32);

// ---- process groups and sessions ------------------------------------------------------------
namespace {

enum class name_kind : u8 { group, session };

result<u32> name_of(s32 pid, name_kind kind) {
    if (pid < 0) return err{ESRCH};
    const lock_guard held(tasklist_lock);
    task_struct* const task =
        pid ? find_task_locked(static_cast<u32>(pid)) : current_task();
    if (!task || !task->signal) return err{ESRCH};
    return kind == name_kind::group ? task->signal->pgrp : task->signal->session;
}

bool has_member_locked(u32 pgrp, u32 session) REQUIRES(tasklist_lock) {
    bool found = false;
    each_task_locked([&](const task_struct& task) {
        if (task.signal && task.signal->pgrp == pgrp && task.signal->session == session)
            found = true;
    });
    return found;
}

// Linux's order of refusals. The group it was in before, or an errno.
result<u32> set_group_locked(u32 pid, u32 pgrp) REQUIRES(tasklist_lock) {
    task_struct& me = *current_task()->group_leader;
    task_struct* const task = find_task_locked(pid);
    if (!task || !task->signal) return err{ESRCH};
    if (task->group_leader != task) return err{EINVAL};
    if (task->parent == &me) {
        if (task->signal->session != me.signal->session) return err{EPERM};
        if (task->signal->did_exec) return err{EACCES};
    } else if (task != &me) {
        return err{ESRCH};
    }
    if (task->signal->leader) return err{EPERM};
    if (pgrp != pid && !has_member_locked(pgrp, me.signal->session)) return err{EPERM};
    const u32 before = task->signal->pgrp;
    task->signal->pgrp = pgrp;
    if (pgrp == pid) task->names_a_group = true;
    return before;
}

}  // namespace

SYSCALL_DEFINE(57, setpgid, s32 pid, s32 pgrp) {
    if (pgrp < 0) return err{EINVAL};
    const u32 whom = pid ? static_cast<u32>(pid) : current_task()->tgid;
    const u32 group = pgrp ? static_cast<u32>(pgrp) : whom;
    const lock_guard held(tasklist_lock);
    const result<u32> before = set_group_locked(whom, group);
    if (!before) return err{before.error()};
    if (*before != group) leave_group_name_locked(*before);
    return 0u;
}
SYSCALL_DEFINE(132, getpgid, s32 pid) { return name_of(pid, name_kind::group); }
SYSCALL_DEFINE(65, getpgrp) { return current_task()->signal->pgrp; }
SYSCALL_DEFINE(147, getsid, s32 pid) { return name_of(pid, name_kind::session); }

SYSCALL_DEFINE(66, setsid) {
    task_struct& leader = *current_task()->group_leader;
    signal_struct& signal = *leader.signal;
    const lock_guard held(tasklist_lock);
    bool taken = signal.leader;
    each_task_locked([&](const task_struct& task) {
        if (task.signal && task.signal->pgrp == leader.pid) taken = true;
    });
    if (taken) return err{EPERM};
    const u32 pgrp = signal.pgrp, session = signal.session;
    signal.pgrp = signal.session = leader.pid;
    signal.leader = leader.names_a_group = true;
    signal.tty = nullptr;
    leave_group_name_locked(pgrp);
    if (session != pgrp) leave_group_name_locked(session);
    return leader.pid;
}
