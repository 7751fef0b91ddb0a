#include "mm/slab/kmalloc.hpp"
#include "kernel/process/process.hpp"
#include "lib/log.hpp"
#include "mm/vm/fault.hpp"

void user_trap(trap_frame& frame) {
    pr_info("{}: {} at {:#x}", current_task()->comm, trap_name(frame.vector), frame.eip);
    do_group_exit(SIGSEGV);
}
void user_access_failed(trap_frame& frame, const fault_outcome& o) { pr_info("fault {:#x}", o.address); user_trap(frame); }
void do_signal(trap_frame&) {}
kernel_siginfo kernel_signal(u32 n) { return {.si_signo=(s32)n,.si_errno=0,.si_code=0x80,.fields={}}; }
result<> send_signal_to_thread(task_struct&, const kernel_siginfo&) { return {}; }
result<> send_signal_to_group(task_struct&, const kernel_siginfo&) { return {}; }
result<> send_signal_to_pgrp(u32, const kernel_siginfo&) { return {}; }
result<> copy_signals(task_struct& child, const task_struct& parent, u32) {
    auto r = new_signals(child); if (!r) return r;
    child.signal->pgrp = parent.signal->pgrp; child.signal->session = parent.signal->session;
    return r;
}
result<> new_signals(task_struct& t) { t.signal = new (kmalloc(sizeof(signal_struct), GFP_KERNEL)) signal_struct; t.sighand = new (kmalloc(sizeof(sighand_struct), GFP_KERNEL)) sighand_struct; 
 for (auto& r : t.signal->rlim) { r = {~0u,~0u}; }
 t.signal->rlim[3]={8<<20,~0u}; t.signal->rlim[7]={1024,4096}; return {}; }
void release_signals(task_struct& t) { kfree(t.signal); kfree(t.sighand); t.signal = nullptr; t.sighand=nullptr;}
result<> signals_on_exec(task_struct&) { return {}; }
void recalc_sigpending(task_struct&) {}
void set_temporary_mask(signal_set) {}
bool keep_temporary_mask(bool) { return false; }
bool fatal_signal_pending(const task_struct&) { return false; }
