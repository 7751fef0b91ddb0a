#include "kernel/sched/kthread.hpp"
#include "kernel/signal/signal.hpp"
#include "lib/log.hpp"
#include "mm/vm/fault.hpp"

void user_trap(trap_frame& frame) {
    pr_info("{}: {} at {:#x}", current_task()->comm, trap_name(frame.vector), frame.eip);
    do_exit(SIGSEGV);
}
void user_access_failed(trap_frame& frame, const fault_outcome&) { user_trap(frame); }
void do_signal(trap_frame&) {}
