// Back from a handler: registers and mask are what the frame says by now.
#include "kernel/signal/altstack.hpp"
#include "kernel/signal/fpu_frame.hpp"
#include "kernel/signal/signal.hpp"
#include "kernel/syscall/syscall.hpp"
#include "lib/ratelimit.hpp"

namespace {

// A call that the signal had interrupted was dealt with when the handler was called: what
// goes on now is none, and what it might have gone on by is forgotten.
bool restore_context(trap_frame& frame, const sigcontext& context) {
    current_task()->restart = {};
    restore_registers(frame, context);
    frame.error_code = ~0u;
    return restore_fpu_from_user(context.fpstate);
}

syscall_result bad_frame(const trap_frame& frame, u32 at, const char* call) {
    const task_struct& task = *current_task();
    pr_info_ratelimited("{}[{}] bad frame in {} frame:{:08x} ip:{:08x} sp:{:08x}", task.comm,
                        task.pid, call, at, frame.eip, frame.user_esp);
    force_signal(kernel_signal(SIGSEGV));
    return 0u;
}

signal_set mask_of(u32 low, u32 high) { return low | u64{high} << 32; }

}  // namespace

SYSCALL_DEFINE(119, sigreturn, trap_frame& frame) {
    const u32 at = frame.user_esp - popped_by_sigreturn;
    sigcontext context;
    u32 high;
    const user_ptr<const sigcontext> saved(at + offsetof(sigframe, sc));
    const user_ptr<const u32> extra(at + offsetof(sigframe, extramask));
    if (!get_user(context, saved) || !get_user(high, extra))
        return bad_frame(frame, at, "sigreturn");
    set_current_blocked(mask_of(context.oldmask, high));
    if (!restore_context(frame, context)) return bad_frame(frame, at, "sigreturn");
    return frame.eax;
}

SYSCALL_DEFINE(173, rt_sigreturn, trap_frame& frame) {
    const u32 at = frame.user_esp - popped_by_rt_sigreturn;
    ucontext saved;
    if (!get_user(saved, user_ptr<const ucontext>(at + offsetof(rt_sigframe, uc))))
        return bad_frame(frame, at, "rt_sigreturn");
    set_current_blocked(mask_of(saved.uc_sigmask[0], saved.uc_sigmask[1]));
    if (!restore_context(frame, saved.uc_mcontext)) return bad_frame(frame, at, "rt_sigreturn");
    // One that is not valid is left as it is.
    static_cast<void>(set_altstack(saved.uc_stack, frame.user_esp));
    return frame.eax;
}

SYSCALL_DEFINE(0, restart_syscall) {
    restart_block block = current_task()->restart;
    current_task()->restart = {};
    if (!block.resume) return err{EINTR};
    return block.resume(block);
}
