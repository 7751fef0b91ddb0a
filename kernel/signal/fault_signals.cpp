// Exceptions of programs, as signals (spec F5, F8). The line that a deadly one leaves in the
// log is Linux's:
//
//     crash[42]: segfault at 00000000 ip 08048123 sp bffffd50 error 4
//     crash[43] trap divide error ip:08048130 sp:bffffd50 error:0
#include "arch/i386/control.hpp"
#include "arch/i386/cpu_features.hpp"
#include "arch/i386/fpu.hpp"
#include "kernel/signal/fpu_legacy.hpp"
#include "kernel/signal/oom_kill.hpp"
#include "kernel/signal/signal.hpp"
#include "kernel/signal/trap_meaning.hpp"
#include "lib/ratelimit.hpp"
#include "mm/map/kernel_fault.hpp"
#include "mm/vm/fault.hpp"

namespace {

// Whether nobody but the log will say what has happened.
bool is_unhandled(task_struct& task, u32 signal) {
    const lock_guard held(task.sighand->siglock);
    return task.tgid == 1 || task.sighand->action[signal - 1].handler <= SIG_IGN;
}

std::string_view trap_text(u32 vector) {
    switch (vector) {
        case TRAP_BREAKPOINT: return "int3";
        case TRAP_BOUNDS: return "bounds";
        case TRAP_STACK_SEGMENT: return "stack segment";
        default: return trap_name(vector);
    }
}

void log_trap(const trap_frame& frame) {
    const task_struct& task = *current_task();
    const bool general = frame.vector == TRAP_GENERAL_PROTECTION;
    pr_info_ratelimited("{}[{}] {}{} ip:{:08x} sp:{:08x} error:{:x}", task.comm, task.pid,
                        general ? "" : "trap ", trap_text(frame.vector), frame.eip,
                        frame.user_esp, frame.error_code);
}

void log_segfault(const trap_frame& frame, u32 address) {
    const task_struct& task = *current_task();
    pr_info_ratelimited("{}[{}]: segfault at {:08x} ip {:08x} sp {:08x} error {:x}", task.comm,
                        task.pid, address, frame.eip, frame.user_esp,
                        task.thread.error_code);
}

void remember(u32 trap, u32 error_code) {
    thread_struct& thread = current_task()->thread;
    thread.trap_nr = trap;
    thread.error_code = error_code;
}

void force_fault(u32 signal, s32 code, u32 address) {
    force_signal({static_cast<s32>(signal), 0, code, {address}});
}

// The registers themselves tell: they are the task's as long as it is in the kernel.
u32 fp_exceptions(u32 vector) {
    fpu_state* const state = current_task()->thread.fpu;
    if (!state) return 0;
    const irq_state before = local_irq_save();
    fpu_save(*state);
    if (!boot_decisions().use_fxsr) fpu_restore(*state);
    local_irq_restore(before);
    const auto& image = *reinterpret_cast<const fxsave_image*>(state);
    const auto& legacy = *reinterpret_cast<const fsave_header*>(state);
    if (vector == TRAP_SIMD) return sse_exceptions(image.mxcsr);
    return boot_decisions().use_fxsr ? x87_exceptions(image.status, image.control)
                                     : x87_exceptions(legacy.status, legacy.control);
}

void floating_point_trap(const trap_frame& frame) {
    remember(frame.vector, 0);
    if (const s32 code = fpe_code(fp_exceptions(frame.vector)))
        force_fault(SIGFPE, code, frame.eip);
}

// The instruction is done again, with registers of the task's own.
void first_use_of_fpu() {
    task_struct& task = *current_task();
    kassert(!task.thread.fpu, "CR0.TS is set for task {}, which has FPU registers", task.pid);
    if (!task_use_fpu(task)) wait_for_memory_or_end();
}

void debug_trap(const trap_frame& frame) {
    remember(TRAP_DEBUG, 0);
    force_fault(SIGTRAP, debug_code(read_and_clear_dr6()), frame.eip);
}

}  // namespace

void user_trap(trap_frame& frame) {
    if (frame.vector == TRAP_DEBUG) return debug_trap(frame);
    if (frame.vector == TRAP_X87 || frame.vector == TRAP_SIMD)
        return floating_point_trap(frame);
    if (frame.vector == TRAP_DEVICE_NOT_AVAILABLE && has_fpu()) return first_use_of_fpu();
    const trap_meaning meaning = meaning_of_trap(frame.vector);
    remember(frame.vector, frame.error_code);
    if (is_unhandled(*current_task(), meaning.signal)) log_trap(frame);
    force_fault(meaning.signal, meaning.code, meaning.has_address ? frame.eip : 0);
}

// Kernel threads and tests bear an error, and nobody who ends takes more. Nor is anybody killed
// for waiting in vain: a copy that ends gives back the lock that the victim may want.
bool wait_for_memory() {
    const task_struct& task = *current_task();
    if (!task.signal || (task.flags & PF_EXITING) || fatal_signal_pending()) return false;
    return out_of_memory() && !fatal_signal_pending();
}

// Which of the kernel's addresses are mapped is not told: all of them are protected.
void user_access_failed(trap_frame& frame, const fault_outcome& outcome) {
    task_struct& task = *current_task();
    if (outcome.what == fault_outcome::out_of_memory) return wait_for_memory_or_end();
    const u32 hidden = outcome.address >= TASK_SIZE ? u32{PF_PRESENT} : 0;
    remember(TRAP_PAGE_FAULT, frame.error_code | PF_USER | hidden);
    task.thread.cr2 = outcome.address;
    if (outcome.signal == SIGSEGV && is_unhandled(task, SIGSEGV))
        log_segfault(frame, outcome.address);
    force_fault(outcome.signal, outcome.code, outcome.address);
}
