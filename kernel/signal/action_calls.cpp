// What a program wants done about a signal: sigaction() and its older kin.
#include "kernel/signal/locked.hpp"
#include "kernel/syscall/syscall.hpp"

namespace {

// As programs pass them.
struct user_sigaction {
    u32 handler, flags, restorer;
    u32 mask[2];
};
static_assert(sizeof(user_sigaction) == 20);
struct old_sigaction {
    u32 handler, mask, flags, restorer;
};

// `wanted` null: only asked for. What is ignored from now on is not kept for later.
result<> change_action(u32 signal, const k_sigaction* wanted, k_sigaction& before) {
    if (!is_signal(signal) || (wanted && (SIG_KERNEL_ONLY & sigmask(signal))))
        return err{EINVAL};
    task_struct& task = *current_task();
    const lock_guard held(task.sighand->siglock);
    k_sigaction& action = action_of(*task.sighand, signal);
    before = action;
    if (!wanted) return {};
    action = *wanted;
    action.flags &= SA_KNOWN;
    action.mask &= ~SIG_KERNEL_ONLY;
    if (is_ignored_by(action.handler, signal))
        flush_group_signals_locked(task, sigmask(signal));
    return {};
}

}  // namespace

SYSCALL_DEFINE(174, rt_sigaction, u32 signal, user_ptr<const user_sigaction> set,
               user_ptr<user_sigaction> old, u32 bytes) {
    if (bytes != sizeof(signal_set)) return err{EINVAL};
    k_sigaction wanted{}, before{};
    if (set) {
        user_sigaction given;
        if (const auto read = get_user(given, set); !read) return read;
        wanted = {given.handler, given.flags, given.restorer,
                  given.mask[0] | u64{given.mask[1]} << 32};
    }
    if (const auto done = change_action(signal, set ? &wanted : nullptr, before); !done)
        return done;
    if (!old) return 0u;
    return put_user({before.handler, before.flags, before.restorer,
                     {static_cast<u32>(before.mask), static_cast<u32>(before.mask >> 32)}},
                    old);
}

SYSCALL_DEFINE(67, sigaction, u32 signal, user_ptr<const old_sigaction> set,
               user_ptr<old_sigaction> old) {
    k_sigaction wanted{}, before{};
    if (set) {
        old_sigaction given;
        if (const auto read = get_user(given, set); !read) return read;
        wanted = {given.handler, given.flags, given.restorer, given.mask};
    }
    if (const auto done = change_action(signal, set ? &wanted : nullptr, before); !done)
        return done;
    if (!old) return 0u;
    return put_user({before.handler, static_cast<u32>(before.mask), before.flags,
                     before.restorer},
                    old);
}

// System V's: once, and not blocked meanwhile.
SYSCALL_DEFINE(48, signal, u32 signal, u32 handler) {
    const k_sigaction wanted{handler, SA_RESETHAND | SA_NODEFER, 0, 0};
    k_sigaction before{};
    if (const auto done = change_action(signal, &wanted, before); !done) return done;
    return before.handler;
}
