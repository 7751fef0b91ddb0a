// How what signals need comes and goes with tasks.
#include "kernel/signal/locked.hpp"
#include "kernel/signal/stop.hpp"
#include "lib/string.hpp"
#include "lib/sync/preempt.hpp"
#include "mm/slab/object_cache.hpp"

namespace {

constexpr u32 clone_sighand = 0x00000800, clone_thread = 0x00010000;

constinit object_cache<sighand_struct> sighands("sighand_struct");
constinit object_cache<signal_struct> signal_structs("signal_struct");

// Linux's, for a first program; all else is without limit.
void set_first_limits(signal_struct& signal) {
    constexpr u32 infinity = ~0u;
    constexpr u32 KiB = 1024, MiB = 1024 * KiB;
    for (rlimit& limit : signal.rlim) limit = {infinity, infinity};
    signal.rlim[3].cur = 8 * MiB;                        // RLIMIT_STACK
    signal.rlim[4].cur = 0;                              // RLIMIT_CORE
    signal.rlim[6] = {max_tasks() / 2, max_tasks() / 2}; // RLIMIT_NPROC
    signal.rlim[7] = {1024, 4096};                       // RLIMIT_NOFILE
    signal.rlim[8] = {8 * MiB, 8 * MiB};                 // RLIMIT_MEMLOCK
    signal.rlim[RLIMIT_SIGPENDING] = signal.rlim[6];
    signal.rlim[12] = {800 * KiB, 800 * KiB};            // RLIMIT_MSGQUEUE
    signal.rlim[13] = signal.rlim[14] = {0, 0};          // RLIMIT_NICE, RLIMIT_RTPRIO
}

sighand_struct* share_or_copy(sighand_struct& sighand, bool share) {
    if (!share) return sighands.alloc(GFP_KERNEL, sighand);
    sighand.count.fetch_add(1, memory_order::relaxed);
    return &sighand;
}

signal_struct* share_or_copy(signal_struct& signal, bool share) {
    if (share) {
        signal.count.fetch_add(1, memory_order::relaxed);
        return &signal;
    }
    signal_struct* const made = signal_structs.alloc(GFP_KERNEL);
    if (!made) return nullptr;
    for (u32 i = 0; i < RLIM_NLIMITS; ++i) made->rlim[i] = signal.rlim[i];
    return made;
}

void put_sighand(sighand_struct* sighand) {
    if (sighand && sighand->count.fetch_sub(1, memory_order::acq_rel) == 1)
        sighands.free(sighand);
}

void put_signal(signal_struct* signal) {
    if (!signal || signal->count.fetch_sub(1, memory_order::acq_rel) != 1) return;
    drop_real_timer(*signal);
    flush_signals(signal->shared_pending, ~signal_set{0});
    signal_structs.free(signal);
}

}  // namespace

sighand_struct::sighand_struct(sighand_struct& from) {
    const lock_guard held(from.siglock);
    memcpy(action, from.action, sizeof(action));
}

bool signals_init() { return sigqueue_init() && sighands.init() && signal_structs.init(); }

result<> copy_signals(task_struct& child, const task_struct& parent, u32 flags) {
    sighand_struct* const sighand = share_or_copy(*parent.sighand, flags & clone_sighand);
    if (!sighand) return err{ENOMEM};
    child.signal = share_or_copy(*parent.signal, flags & clone_thread);
    if (!child.signal) {
        put_sighand(sighand);
        return err{ENOMEM};
    }
    child.sighand = sighand;
    return {};
}

result<> new_signals(task_struct& task) {
    sighand_struct* const sighand = sighands.alloc(GFP_KERNEL);
    if (!sighand) return err{ENOMEM};
    task.signal = signal_structs.alloc(GFP_KERNEL);
    if (!task.signal) {
        put_sighand(sighand);
        return err{ENOMEM};
    }
    set_first_limits(*task.signal);
    task.signal->unkillable = task.tgid == 1;
    task.sighand = sighand;
    return {};
}

// What waits for all is not left to one who will never look.
void exit_signals(task_struct& task) {
    bool last_to_stop = false;
    {
        const lock_guard held(task.sighand->siglock);
        task.flags |= PF_EXITING;
        retarget_shared_locked(task, ~task.blocked);
        if (task.jobctl & JOBCTL_STOP_PENDING) last_to_stop = leave_group_stop_locked(task);
    }
    if (last_to_stop) notify_parent_stopped(*task.group_leader, false);
    preempt_check_resched();
}

detached_signals detach_signals(task_struct& task) {
    sighand_struct* const sighand = take_sighand(task, nullptr);
    return {sighand, std::exchange(task.signal, nullptr)};
}

void free_signals(task_struct& task, const detached_signals& detached) {
    put_sighand(detached.sighand);
    flush_signals(task.pending, ~signal_set{0});
    put_signal(detached.signal);
    task.signal_pending = false;
}

result<> signals_on_exec(task_struct& task) {
    if (task.sighand->count.load(memory_order::relaxed) > 1) {
        sighand_struct* const own = sighands.alloc(GFP_KERNEL, *task.sighand);
        if (!own) return err{ENOMEM};
        put_sighand(take_sighand(task, own));
    }
    const lock_guard held(task.sighand->siglock);
    for (k_sigaction& action : task.sighand->action)
        action = {action.handler == SIG_IGN ? SIG_IGN : SIG_DFL, 0, 0, 0};
    task.restart = {};
    return {};
}
