#include "kernel/process/process.hpp"
#include "kernel/syscall/syscall.hpp"
#include "lib/clock.hpp"
#include "mm/vm/mm.hpp"

namespace {

bool is_wanted(const task_struct& child, const wait_request& request) {
    if (request.kind == wait_kind::pid && child.pid != request.id) return false;
    if (request.kind == wait_kind::pgrp && child.signal->pgrp != request.id) return false;
    // A clone child is one that tells its end by another signal than SIGCHLD, or none.
    const bool clone_child = child.exit_signal != SIGCHLD;
    return (request.options & __WALL) ||
           clone_child == static_cast<bool>(request.options & __WCLONE);
}

void set_time(u32 ticks, s32& seconds, s32& microseconds) {
    seconds = static_cast<s32>(ticks / HZ);
    microseconds = static_cast<s32>(ticks % HZ * (1000000 / HZ));
}

// Of a zombie, and of all those that it has waited for.
user_rusage usage_of(const signal_struct& signal) {
    user_rusage usage{};
    set_time(signal.utime + signal.cutime, usage.utime_sec, usage.utime_usec);
    set_time(signal.stime + signal.cstime, usage.stime_sec, usage.stime_usec);
    usage.maxrss = static_cast<s32>(max_of(signal.maxrss, signal.cmaxrss) * (PAGE_SIZE / 1024));
    usage.minflt = static_cast<s32>(signal.min_flt + signal.cmin_flt);
    usage.majflt = static_cast<s32>(signal.maj_flt + signal.cmaj_flt);
    usage.nvcsw = static_cast<s32>(signal.nvcsw + signal.cnvcsw);
    usage.nivcsw = static_cast<s32>(signal.nivcsw + signal.cnivcsw);
    return usage;
}

void add_childs_times(signal_struct& to, const signal_struct& from) {
    to.cutime += from.utime + from.cutime;
    to.cstime += from.stime + from.cstime;
    to.cmin_flt += from.min_flt + from.cmin_flt;
    to.cmaj_flt += from.maj_flt + from.cmaj_flt;
    to.cnvcsw += from.nvcsw + from.cnvcsw;
    to.cnivcsw += from.nivcsw + from.cnivcsw;
    to.cmaxrss = max_of(to.cmaxrss, max_of(from.maxrss, from.cmaxrss));
}

enum class verdict : u8 { nothing, told, zombie };

// An end, a stop or a continuation that has not been told yet.
verdict look_at_locked(task_struct& child, const wait_request& request, wait_outcome& outcome)
    REQUIRES(tasklist_lock) {
    signal_struct& signal = *child.signal;
    const bool keep = request.options & WNOWAIT;
    const auto tell = [&] {
        outcome = {.pid = child.pid, .uid = child.cred.ruid};
        if (request.usage) *request.usage = usage_of(signal);
    };
    if (child.exit_state == EXIT_ZOMBIE) {
        if (!(request.options & WEXITED)) return verdict::nothing;
        tell();
        outcome.status = child.exit_code;
        outcome.code = (child.exit_code & 0x7f) ? (child.exit_code & 0x80 ? CLD_DUMPED : CLD_KILLED)
                                                : CLD_EXITED;
        if (keep) return verdict::told;
        child.exit_state = EXIT_DEAD;
        add_childs_times(*current_task()->signal, signal);
        return verdict::zombie;
    }
    if ((request.options & WSTOPPED) && signal.stopped && !signal.told_stopped) {
        tell();
        if (!keep) signal.told_stopped = true;
        outcome.status = static_cast<int>(signal.stop_signal << 8 | 0x7f);
        outcome.code = CLD_STOPPED;
        return verdict::told;
    }
    if ((request.options & WCONTINUED) && !signal.told_continued) {
        tell();
        if (!keep) signal.told_continued = true;
        outcome.status = 0xffff;
        outcome.code = CLD_CONTINUED;
        return verdict::told;
    }
    return verdict::nothing;
}

struct scan {
    bool any = false;  // there is such a child
    verdict what = verdict::nothing;
    task_struct* child = nullptr;
};

scan look(const wait_request& request, wait_outcome& outcome) {
    scan found;
    const lock_guard held(tasklist_lock);
    for (task_struct& child : current_task()->group_leader->children) {
        if (!child.signal || child.exit_state == EXIT_DEAD || !is_wanted(child, request))
            continue;
        found.any = true;
        found.what = look_at_locked(child, request, outcome);
        found.child = &child;
        if (found.what != verdict::nothing) return found;
    }
    return found;
}

}  // namespace

kernel_siginfo child_signal(const task_struct& child, int code, int status) {
    const u32 told = code == CLD_EXITED ? static_cast<u32>(status >> 8 & 0xff)
                                        : static_cast<u32>(status & 0x7f);
    return {.si_signo = static_cast<s32>(child.exit_signal),
            .si_errno = 0,
            .si_code = code,
            .fields = {child.pid, child.cred.ruid, told, child.signal->utime,
                       child.signal->stime}};
}

result<wait_outcome> do_wait(const wait_request& request) {
    wait_queue_head& ends = current_task()->signal->wait_chldexit;
    wait_queue_entry entry;
    result<wait_outcome> answer = wait_outcome{};
    wait_outcome outcome;
    for (;;) {
        ends.prepare_to_wait(entry, TASK_INTERRUPTIBLE);
        const scan found = look(request, outcome);
        if (found.what != verdict::nothing) {
            answer = outcome;
            ends.finish_wait(entry);
            if (found.what == verdict::zombie) {
                release_zombie(*found.child);
                reap_dead_tasks();
            }
            return answer;
        }
        if (!found.any) answer = err{ECHILD};
        if (!found.any || (request.options & WNOHANG)) break;
        if (signal_pending()) {
            answer = err{ERESTARTSYS};
            break;
        }
        schedule();
    }
    ends.finish_wait(entry);
    return answer;
}

SYSCALL_DEFINE(114, wait4, s32 pid, user_ptr<s32> status, u32 options,
               user_ptr<user_rusage> usage) {
    constexpr u32 known = WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL;
    if (options & ~known) return err{EINVAL};
    if (pid == s32(0x80000000)) return err{ESRCH};
    user_rusage used;
    wait_request request{.options = options | WEXITED, .usage = usage ? &used : nullptr};
    if (pid != -1) request.kind = pid > 0 ? wait_kind::pid : wait_kind::pgrp;
    request.id = pid > 0   ? static_cast<u32>(pid)
                 : pid < 0 ? static_cast<u32>(-pid)
                           : current_task()->signal->pgrp;
    const auto outcome = do_wait(request);
    if (!outcome) return err{outcome.error()};
    if (outcome->pid == 0) return 0u;
    if (status) {
        if (const auto told = put_user(outcome->status, status); !told) return told;
    }
    if (usage) {
        if (const auto told = put_user(used, usage); !told) return told;
    }
    return outcome->pid;
}

SYSCALL_DEFINE(7, waitpid, s32 pid, user_ptr<s32> status, u32 options) {
    return sys_wait4(pid, status, options, {});
}

namespace {

// siginfo_t, as far as waitid() fills it; the rest is zero.
struct user_child_info {
    s32 si_signo, si_errno, si_code;
    u32 pid, uid;
    s32 status;
    u32 rest[26];
};
static_assert(sizeof(user_child_info) == 128);

}  // namespace

SYSCALL_DEFINE(284, waitid, u32 which, s32 id, user_ptr<user_child_info> info, u32 options,
               user_ptr<user_rusage> usage) {
    constexpr u32 P_ALL = 0, P_PID = 1, P_PGID = 2;
    constexpr u32 kinds = WEXITED | WSTOPPED | WCONTINUED;
    if (options & ~(WNOHANG | WNOWAIT | kinds | __WNOTHREAD | __WCLONE | __WALL))
        return err{EINVAL};
    if (!(options & kinds)) return err{EINVAL};
    user_rusage used;
    wait_request request{.options = options, .usage = usage ? &used : nullptr};
    switch (which) {
        case P_ALL: break;
        case P_PID:
            if (id <= 0) return err{EINVAL};
            request.kind = wait_kind::pid;
            request.id = static_cast<u32>(id);
            break;
        case P_PGID:
            if (id < 0) return err{EINVAL};
            request.kind = wait_kind::pgrp;
            request.id = id ? static_cast<u32>(id) : current_task()->signal->pgrp;
            break;
        default: return err{EINVAL};
    }
    const auto outcome = do_wait(request);
    if (!outcome) return err{outcome.error()};
    if (usage && outcome->pid) {
        if (const auto told = put_user(used, usage); !told) return told;
    }
    if (!info) return 0u;
    user_child_info told{};
    if (outcome->pid) {
        told.si_signo = SIGCHLD;
        told.si_code = outcome->code;
        told.pid = outcome->pid;
        told.uid = outcome->uid;
        told.status = outcome->code == CLD_EXITED      ? outcome->status >> 8 & 0xff
                      : outcome->code == CLD_STOPPED   ? outcome->status >> 8
                      : outcome->code == CLD_CONTINUED ? SIGCONT
                                                       : outcome->status & 0x7f;
    }
    return put_user(told, info);
}
