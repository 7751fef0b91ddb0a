// Limits, what was used, how nice one is, and what the machine has.
#include "drivers/time/clock.hpp"
#include "kernel/process/process.hpp"
#include "kernel/sched/schedule.hpp"
#include "kernel/syscall/syscall.hpp"
#include "kernel/time/user_time.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/vm/current_mm.hpp"

namespace {

constexpr u32 RLIMIT_NOFILE_NR = 7;
constexpr u32 most_files = 1u << 20;

result<> set_limit(u32 which, rlimit wanted) {
    task_struct& task = *current_task();
    if (wanted.cur > wanted.max) return err{EINVAL};
    if (which == RLIMIT_NOFILE_NR && wanted.max > most_files) return err{EPERM};
    {
        const lock_guard held(task.sighand->siglock);
        rlimit& limit = task.signal->rlim[which];
        if (wanted.max > limit.max && task.cred.euid != 0) return err{EPERM};
        limit = wanted;
    }
    tell_limits(*current_mm(), task);
    return {};
}

rlimit limit_of(const task_struct& task, u32 which) { return task.signal->rlim[which]; }

struct user_rlimit64 {
    u64 cur, max;
};
u64 widened(u32 limit) { return limit == RLIM_INFINITY ? ~u64{0} : limit; }
u32 narrowed(u64 limit) { return limit >= RLIM_INFINITY ? RLIM_INFINITY : static_cast<u32>(limit); }

}  // namespace

SYSCALL_DEFINE(191, ugetrlimit, u32 which, user_ptr<rlimit> to) {
    if (which >= RLIM_NLIMITS) return err{EINVAL};
    return put_user(limit_of(*current_task(), which), to);
}
// Old programs know no more than 2 GiB.
SYSCALL_DEFINE(76, getrlimit, u32 which, user_ptr<rlimit> to) {
    if (which >= RLIM_NLIMITS) return err{EINVAL};
    const rlimit limit = limit_of(*current_task(), which);
    return put_user(rlimit{min_of(limit.cur, 0x7fffffffu), min_of(limit.max, 0x7fffffffu)}, to);
}
SYSCALL_DEFINE(75, setrlimit, u32 which, user_ptr<const rlimit> from) {
    rlimit wanted;
    if (const auto got = get_user(wanted, from); !got) return got;
    if (which >= RLIM_NLIMITS) return err{EINVAL};
    return set_limit(which, wanted);
}
SYSCALL_DEFINE(340, prlimit64, u32 pid, u32 which, user_ptr<const user_rlimit64> from,
               user_ptr<user_rlimit64> to) {
    if (which >= RLIM_NLIMITS) return err{EINVAL};
    user_rlimit64 wanted{};
    if (from) {
        if (const auto got = get_user(wanted, from); !got) return got;
        if (wanted.cur > wanted.max) return err{EINVAL};
    }
    const task_struct& me = *current_task();
    rlimit before{};
    {
        const lock_guard held(tasklist_lock);
        const task_struct* const task = pid ? find_task_locked(pid) : &me;
        if (!task || !task->signal) return err{ESRCH};
        if (task->signal != me.signal) {
            if (me.cred.euid != 0 && me.cred.euid != task->cred.ruid) return err{EPERM};
            // A limit is its program's own business to change.
            if (from) return err{EPERM};
        }
        before = limit_of(*task, which);
    }
    if (from) {
        const auto set = set_limit(which, {narrowed(wanted.cur), narrowed(wanted.max)});
        if (!set) return set;
    }
    if (!to) return 0u;
    return put_user(user_rlimit64{widened(before.cur), widened(before.max)}, to);
}

namespace {

constexpr s32 RUSAGE_SELF = 0, RUSAGE_CHILDREN = -1, RUSAGE_THREAD = 1;

struct ticks_used {
    u32 user = 0, system = 0;
};

ticks_used used_by_program() {
    const task_struct& me = *current_task();
    const lock_guard held(tasklist_lock);
    ticks_used used{me.signal->utime, me.signal->stime};  // of those who have ended
    for (const task_struct& thread : me.group_leader->thread_group) {
        if (thread.exit_state) continue;
        used.user += thread.utime;
        used.system += thread.stime;
    }
    return used;
}

void set_times(user_rusage& usage, ticks_used used) {
    constexpr s32 tick_us = 1000000 / HZ;
    usage.utime_sec = static_cast<s32>(used.user / HZ);
    usage.utime_usec = static_cast<s32>(used.user % HZ) * tick_us;
    usage.stime_sec = static_cast<s32>(used.system / HZ);
    usage.stime_usec = static_cast<s32>(used.system % HZ) * tick_us;
}

u32 rss_pages(const mm_struct& mm) {
    u32 sum = 0;
    for (const auto& kind : mm.rss) sum += kind.load(memory_order::relaxed);
    return max_of(sum, mm.hiwater_rss);
}

user_rusage usage_of_program() {
    const task_struct& me = *current_task();
    const signal_struct& signal = *me.signal;
    user_rusage usage{};
    set_times(usage, used_by_program());
    const mm_struct& mm = *current_mm();
    usage.maxrss = static_cast<s32>(max_of(signal.maxrss, rss_pages(mm)) * (PAGE_SIZE / 1024));
    usage.minflt = static_cast<s32>(signal.min_flt + mm.min_flt);
    usage.majflt = static_cast<s32>(signal.maj_flt + mm.maj_flt);
    usage.nvcsw = static_cast<s32>(signal.nvcsw + me.nvcsw);
    usage.nivcsw = static_cast<s32>(signal.nivcsw + me.nivcsw);
    return usage;
}

}  // namespace

SYSCALL_DEFINE(77, getrusage, s32 whom, user_ptr<user_rusage> to) {
    const task_struct& me = *current_task();
    const signal_struct& signal = *me.signal;
    user_rusage usage{};
    switch (whom) {
        case RUSAGE_SELF: usage = usage_of_program(); break;
        case RUSAGE_THREAD:
            usage = usage_of_program();
            set_times(usage, {me.utime, me.stime});
            usage.nvcsw = static_cast<s32>(me.nvcsw);
            usage.nivcsw = static_cast<s32>(me.nivcsw);
            break;
        case RUSAGE_CHILDREN:
            set_times(usage, {signal.cutime, signal.cstime});
            usage.maxrss = static_cast<s32>(signal.cmaxrss * (PAGE_SIZE / 1024));
            usage.minflt = static_cast<s32>(signal.cmin_flt);
            usage.majflt = static_cast<s32>(signal.cmaj_flt);
            usage.nvcsw = static_cast<s32>(signal.cnvcsw);
            usage.nivcsw = static_cast<s32>(signal.cnivcsw);
            break;
        default: return err{EINVAL};
    }
    return put_user(usage, to);
}

namespace {

struct user_tms {
    s32 utime, stime, cutime, cstime;
};

}  // namespace

// In ticks of 1/100 s, which is what ours are. The answer must not look like an errno.
SYSCALL_DEFINE(43, times, user_ptr<user_tms> to) {
    static_assert(HZ == 100);
    if (to) {
        const ticks_used used = used_by_program();
        const signal_struct& signal = *current_task()->signal;
        const user_tms times{static_cast<s32>(used.user), static_cast<s32>(used.system),
                             static_cast<s32>(signal.cutime), static_cast<s32>(signal.cstime)};
        if (const auto told = put_user(times, to); !told) return told;
    }
    return static_cast<u32>(get_jiffies_64()) & 0x7fffffff;
}

// ---- niceness and the scheduler ----------------------------------------------------------------
namespace {

constexpr u32 PRIO_PROCESS = 0, PRIO_PGRP = 1, PRIO_USER = 2;

bool may_change(const task_struct& task) {
    const task_cred& me = current_task()->cred;
    return me.euid == 0 || me.euid == task.cred.ruid || me.euid == task.cred.euid;
}

bool is_meant(const task_struct& task, u32 kind, u32 who) {
    const task_struct& me = *current_task();
    if (!task.signal) return false;
    switch (kind) {
        case PRIO_PROCESS: return task.pid == (who ? who : me.pid);
        case PRIO_PGRP: return task.signal->pgrp == (who ? who : me.signal->pgrp);
        default: return task.cred.ruid == (who ? who : me.cred.ruid);
    }
}

}  // namespace

SYSCALL_DEFINE(97, setpriority, u32 kind, u32 who, s32 nice) {
    if (kind > PRIO_USER) return err{EINVAL};
    nice = max_of(NICE_MIN, min_of(nice, NICE_MAX));
    int error = ESRCH;
    const lock_guard held(tasklist_lock);
    each_task_locked([&](task_struct& task) {
        if (!is_meant(task, kind, who)) return;
        if (!may_change(task)) {
            error = EPERM;
        } else if (nice < task_nice(task) && current_task()->cred.euid != 0) {
            error = EACCES;
        } else {
            set_user_nice(task, nice);
            if (error == ESRCH) error = 0;
        }
    });
    if (error) return err{error};
    return 0u;
}
// As 20 - nice, for an answer below zero would be an errno.
SYSCALL_DEFINE(96, getpriority, u32 kind, u32 who) {
    if (kind > PRIO_USER) return err{EINVAL};
    s32 best = 0;
    const lock_guard held(tasklist_lock);
    each_task_locked([&](const task_struct& task) {
        if (is_meant(task, kind, who)) best = max_of(best, 20 - task_nice(task));
    });
    if (best == 0) return err{ESRCH};
    return best;
}
SYSCALL_DEFINE(34, nice, s32 change) {
    task_struct& task = *current_task();
    change = max_of(s32{-40}, min_of(change, s32{40}));
    const s32 nice = max_of(NICE_MIN, min_of(task_nice(task) + change, NICE_MAX));
    if (change < 0 && task.cred.euid != 0) return err{EPERM};
    set_user_nice(task, nice);
    return 0u;
}
SYSCALL_DEFINE(158, sched_yield) {
    yield();
    return 0u;
}

namespace {

// There is one scheduling policy for programs (SCHED_OTHER), and one CPU.
result<> look_for(s32 pid) {
    if (pid < 0) return err{EINVAL};
    task_struct* const task = find_get_task(pid ? static_cast<u32>(pid) : current_task()->pid);
    if (!task) return err{ESRCH};
    put_task_struct(*task);
    return {};
}

}  // namespace

SYSCALL_DEFINE(157, sched_getscheduler, s32 pid) { return look_for(pid); }
SYSCALL_DEFINE(155, sched_getparam, s32 pid, user_ptr<s32> to) {
    if (const auto found = look_for(pid); !found) return found;
    return put_user(0, to);
}
SYSCALL_DEFINE(156, sched_setscheduler, s32 pid, s32 policy, user_ptr<const s32> from) {
    s32 priority;
    if (const auto got = get_user(priority, from); !got) return got;
    if (const auto found = look_for(pid); !found) return found;
    if (policy != 0 || priority != 0) return err{EINVAL};
    return 0u;
}
SYSCALL_DEFINE(159, sched_get_priority_max, s32 policy) {
    if (policy < 0 || policy > 6) return err{EINVAL};
    return policy == 1 || policy == 2 ? 99u : 0u;
}
SYSCALL_DEFINE(160, sched_get_priority_min, s32 policy) {
    if (policy < 0 || policy > 6) return err{EINVAL};
    return policy == 1 || policy == 2 ? 1u : 0u;
}
SYSCALL_DEFINE(242, sched_getaffinity, s32 pid, u32 bytes, user_ptr<u32> to) {
    if (const auto found = look_for(pid); !found) return found;
    if (bytes < sizeof(u32) || bytes % sizeof(u32)) return err{EINVAL};
    if (const auto told = put_user(1u, to); !told) return told;
    return static_cast<u32>(sizeof(u32));
}
SYSCALL_DEFINE(241, sched_setaffinity, s32 pid, u32 bytes, user_ptr<const u32> from) {
    u32 mask = 0;
    if (bytes >= sizeof mask) {
        if (const auto got = get_user(mask, from); !got) return got;
    } else if (copy_from_user(&mask, from, bytes) != 0) {
        return err{EFAULT};
    }
    if (const auto found = look_for(pid); !found) return found;
    if (!(mask & 1)) return err{EINVAL};
    return 0u;
}
SYSCALL_DEFINE(318, getcpu, user_ptr<u32> cpu, user_ptr<u32> node, u32) {
    if (cpu) {
        if (const auto told = put_user(0u, cpu); !told) return told;
    }
    if (node) return put_user(0u, node);
    return 0u;
}
