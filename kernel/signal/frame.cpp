#include "kernel/signal/frame.hpp"

#include "kernel/signal/altstack.hpp"
#include "kernel/signal/fpu_frame.hpp"
#include "kernel/signal/signal.hpp"
#include "lib/ratelimit.hpp"
#include "mm/vm/user_access.hpp"

namespace {

struct place {
    u32 frame;    // 0: there is no room
    u32 fpstate;  // 0: none
};

// Below what the program has on its stack, or from the top of the alternate one. A program
// that has overflowed that one gets no frame: it would write over somebody else's memory.
place find_place(const trap_frame& frame, const k_sigaction& action, u32 bytes) {
    const task_struct& task = *current_task();
    u32 sp = frame.user_esp;
    bool on_altstack = on_sig_stack(task, sp);
    if ((action.flags & SA_ONSTACK) && sas_ss_flags(task, sp) == 0) {
        sp = task.sas_ss_sp + task.sas_ss_size;
        on_altstack = true;
    }
    const u32 fpstate = place_for_fpu(sp);
    const u32 at = align_sigframe((fpstate ? fpstate : sp) - bytes);
    if (on_altstack && !is_in_altstack(task, at)) {
        pr_info_ratelimited("{}[{}] overflowed sigaltstack", task.comm, task.pid);
        return {};
    }
    if (!access_ok(at, bytes) || (fpstate && !save_fpu_to_user(fpstate))) return {};
    return {at, fpstate};
}

void fill_context(sigcontext& context, const trap_frame& frame, u32 fpstate, signal_set mask) {
    const thread_struct& thread = current_task()->thread;
    save_registers(context, frame);
    context.trapno = thread.trap_nr;
    context.err = thread.error_code;
    context.cr2 = thread.cr2;
    context.fpstate = fpstate;
    context.oldmask = static_cast<u32>(mask);
}

u32 restorer_of(const k_sigaction& action, u32 retcode) {
    return action.flags & SA_RESTORER ? action.restorer : retcode;
}

void enter_handler(trap_frame& frame, const ksignal& signal, u32 at, u32 info, u32 context) {
    frame.eip = signal.action.handler;
    frame.user_esp = at;
    frame.eax = static_cast<u32>(signal.info.si_signo);
    frame.edx = info;
    frame.ecx = context;
    frame.ds = frame.es = frame.user_ss = USER_DS;
    frame.cs = USER_CS;
    frame.eflags &= ~(EFLAGS_DF | EFLAGS_RF | EFLAGS_TF);
}

bool setup_old_frame(trap_frame& frame, const ksignal& signal, signal_set mask) {
    const place where = find_place(frame, signal.action, sizeof(sigframe));
    if (!where.frame) return false;
    struct {
        u32 pretcode, sig;
        sigcontext sc;
    } head;
    static_assert(sizeof(head) == offsetof(sigframe, fpstate_unused));
    struct {
        u32 extramask;
        u8 retcode[8];
    } tail;
    const u32 behind = where.frame + offsetof(sigframe, extramask);
    head.pretcode = restorer_of(signal.action, behind + 4);
    head.sig = static_cast<u32>(signal.info.si_signo);
    fill_context(head.sc, frame, where.fpstate, mask);
    tail.extramask = static_cast<u32>(mask >> 32);
    memcpy(tail.retcode, retcode_of_sigreturn, sizeof(tail.retcode));
    if (copy_to_user(user_ptr<void>(where.frame), &head, sizeof(head)) > 0 ||
        copy_to_user(user_ptr<void>(behind), &tail, sizeof(tail)) > 0)
        return false;
    enter_handler(frame, signal, where.frame, 0, 0);
    return true;
}

bool setup_rt_frame(trap_frame& frame, const ksignal& signal, signal_set mask) {
    const place where = find_place(frame, signal.action, sizeof(rt_sigframe));
    if (!where.frame) return false;
    const task_struct& task = *current_task();
    const u32 info = where.frame + offsetof(rt_sigframe, info);
    const u32 context = where.frame + offsetof(rt_sigframe, uc);
    rt_sigframe made{};
    made.pretcode = restorer_of(signal.action, where.frame + offsetof(rt_sigframe, retcode));
    made.sig = static_cast<u32>(signal.info.si_signo);
    made.pinfo = info;
    made.puc = context;
    made.info.known = signal.info;
    made.uc.uc_stack = {task.sas_ss_sp, task.sas_ss_flags, task.sas_ss_size};
    fill_context(made.uc.uc_mcontext, frame, where.fpstate, mask);
    made.uc.uc_sigmask[0] = static_cast<u32>(mask);
    made.uc.uc_sigmask[1] = static_cast<u32>(mask >> 32);
    memcpy(made.retcode, retcode_of_rt_sigreturn, sizeof(made.retcode));
    if (copy_to_user(user_ptr<void>(where.frame), &made, sizeof(made)) > 0) return false;
    enter_handler(frame, signal, where.frame, info, context);
    return true;
}

}  // namespace

bool setup_frame(trap_frame& frame, const ksignal& signal, signal_set mask) {
    const bool made = signal.action.flags & SA_SIGINFO ? setup_rt_frame(frame, signal, mask)
                                                       : setup_old_frame(frame, signal, mask);
    if (made) reset_fpu();
    return made;
}
