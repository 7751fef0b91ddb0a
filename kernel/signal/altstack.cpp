#include "kernel/signal/altstack.hpp"

#include "kernel/syscall/syscall.hpp"

result<> set_altstack(const user_stack& wanted, u32 sp) {
    task_struct& task = *current_task();
    if (on_sig_stack(task, sp)) return err{EPERM};
    const u32 mode = wanted.ss_flags & ~SS_AUTODISARM;
    if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0) return err{EINVAL};
    const bool none = mode == SS_DISABLE;
    if (!none && wanted.ss_size < MINSIGSTKSZ) return err{ENOMEM};
    task.sas_ss_sp = none ? 0 : wanted.ss_sp;
    task.sas_ss_size = none ? 0 : wanted.ss_size;
    task.sas_ss_flags = wanted.ss_flags;
    return {};
}

SYSCALL_DEFINE(186, sigaltstack, trap_frame& frame, user_ptr<const user_stack> set,
               user_ptr<user_stack> old) {
    const task_struct& task = *current_task();
    const u32 sp = frame.user_esp;
    user_stack wanted;
    if (set)
        if (const auto read = get_user(wanted, set); !read) return read;
    const user_stack before{task.sas_ss_sp,
                            sas_ss_flags(task, sp) | (task.sas_ss_flags & SS_AUTODISARM),
                            task.sas_ss_size};
    if (set)
        if (const auto done = set_altstack(wanted, sp); !done) return done;
    if (old) return put_user(before, old);
    return 0u;
}
